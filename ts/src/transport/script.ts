/** A transport that plays given answers: it pins a conversation step by step, without a server. Shipped for users' tests. */

import type { WireItem } from "../codec/value.ts";
import type { Answer, CancellationReason, Request, Response } from "../operation/exchange.ts";
import { faultError } from "./fault.ts";
import type { SendOptions, Transport } from "./transport.ts";

/** What a script answers to one request. */
export type Step =
  /** A success, in DynamoDB JSON. */
  | {
      readonly answer: Answer;
      /** Whether an earlier attempt went unanswered. */
      readonly lost?: boolean;
    }
  /** An error of DynamoDB's, by its own name; a failed condition may return an item. */
  | {
      readonly error: string;
      readonly status?: number;
      readonly message?: string;
      readonly item?: WireItem;
      /** Of a cancelled transaction one for each action. */
      readonly reasons?: readonly CancellationReason[];
      /** Whether an earlier attempt went unanswered. */
      readonly lost?: boolean;
    }
  /** No answer at all. */
  | { readonly cut: true };

/**
 * Plays steps in order, and keeps what was sent.
 *
 * @example
 * const script = new Script([{ answer: { Item: { id: { S: "1" } } } }]);
 * const client = new Client({ transport: script });
 */
export class Script implements Transport {
  /** The requests so far. */
  readonly sent: Request[] = [];
  readonly #steps: Step[];

  constructor(steps: readonly Step[]) {
    this.#steps = [...steps];
  }

  /** How many steps were not played. */
  get left(): number {
    return this.#steps.length;
  }

  /** The bodies that were sent, as JSON values. */
  get bodies(): unknown[] {
    return this.sent.map(({ body }) => JSON.parse(body) as unknown);
  }

  send(request: Request, options: SendOptions = {}): Promise<Response> {
    if (options.signal?.aborted === true) {
      return Promise.resolve(failure(request, { stage: "canceled", cause: options.signal.reason }));
    }
    this.sent.push(request);
    const step = this.#steps.shift();
    if (step === undefined) {
      return Promise.reject(new Error(`the script has no answer to another ${request.api}`));
    }
    return Promise.resolve(play(request, step));
  }
}

function play(request: Request, step: Step): Response {
  if ("answer" in step) {
    return { ok: true, answer: step.answer, requestId: undefined, lost: step.lost ?? false };
  }
  if ("cut" in step) {
    return failure(request, { stage: "network", sent: true, lost: true, cause: new Error("cut") });
  }
  const { error: type, status = 400, message, item, reasons, lost = false } = step;
  const cause = Object.assign(new Error(message ?? type), { name: type });
  return failure(
    request,
    { stage: "answered", sent: true, type, status, message, lost, cause },
    { item, reasons },
  );
}

type Fault = Omit<Parameters<typeof faultError>[1], "sent" | "lost"> & {
  readonly sent?: boolean;
  readonly lost?: boolean;
};

function failure(
  request: Request,
  fault: Fault,
  {
    item,
    reasons,
  }: {
    readonly item?: WireItem | undefined;
    readonly reasons?: readonly CancellationReason[] | undefined;
  } = {},
): Response {
  const facts = { sent: false, lost: false, ...fault };
  return { ok: false, error: faultError(request, facts), item, reasons, lost: facts.lost };
}
