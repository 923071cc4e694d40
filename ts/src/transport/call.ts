/** One request on its way through the SDK: what its attempts came to, so that a lost answer is not forgotten. */

import type { Request } from "../operation/exchange.ts";
import type { Carried } from "./edge.ts";
import { type LazyInput, lazyInput } from "./input.ts";
import type { Facts } from "./fault.ts";

/** Where a command, and the arguments made of it, keep their call. */
const CALL = Symbol("call");

/** How an attempt failed. */
export interface Failure {
  readonly error: unknown;
  readonly facts: Pick<Facts, "stage" | "type" | "status" | "requestId" | "message">;
  /** The items that failed conditions returned. */
  readonly carried?: Carried | undefined;
}

/** Errors of connecting: the request was not sent, so it cannot have been applied. */
const CONNECTING = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** One request and its attempts. */
export class Call {
  readonly request: Request;
  readonly signal: AbortSignal | undefined;
  readonly lazy: LazyInput;
  /** Whether any attempt was sent. */
  sent = false;
  /** Whether any attempt may have been applied without a readable answer. */
  lost = false;
  /** The last failure. */
  last: Failure | undefined;

  constructor(request: Request, signal: AbortSignal | undefined) {
    this.request = request;
    this.signal = signal;
    const { outline, tableName, body } = request;
    this.lazy = lazyInput(outline ?? { TableName: tableName }, body);
  }

  /** Let a command carry this call. */
  attachTo<T extends object>(command: T): T {
    return Object.assign(command, { [CALL]: this });
  }

  /** Find the call of a middleware's arguments; undefined where a middleware before it made new ones. */
  static of(args: object): Call | undefined {
    return (args as { readonly [CALL]?: Call })[CALL];
  }

  /** Give the request's text where an input still says the same; undefined where somebody changed or replaced it. */
  bodyFor(input: object): string | undefined {
    return input === this.lazy.input && !this.lazy.isChanged() ? this.request.body : undefined;
  }

  /** An attempt failed before a status came. */
  failedToSend(error: unknown, aborted: boolean): void {
    const { code, syscall } = (error ?? {}) as { readonly code?: string; readonly syscall?: string };
    const unsent =
      aborted || CONNECTING.has(code ?? "") || syscall === "connect" || syscall === "getaddrinfo";
    if (!unsent) {
      this.sent = true;
      this.lost = true;
    }
    this.last = { error, facts: { stage: "network" } };
  }

  /** An attempt got a status and no whole answer. */
  failedToRead(error: unknown, requestId: string | undefined): void {
    this.sent = true;
    this.lost = true;
    this.last = { error, facts: { stage: "network", requestId } };
  }

  /** An attempt was refused, or the server failed. */
  refused(failure: Failure): void {
    this.sent = true;
    // After a server's failure nobody knows what was done.
    this.lost ||= (failure.facts.status ?? 0) >= 500;
    this.last = failure;
  }
}
