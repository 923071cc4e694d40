/**
 * What transactions share: one request, built once, sent again as it is where its reasons pass; and DynamoDB's reasons →
 * errors, one for each action.
 */

import {
  CODE_OF_REASON,
  ERROR_CLASSES,
  type ErrorCode,
  type ErrorKind,
  TransactionCanceled,
} from "../errors/catalogue.ts";
import type { Open, Seal } from "../codec/seal.ts";
import type { DynamORMError, ErrorFields } from "../errors/error.ts";
import { isAboutSize } from "../errors/size.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import { type Attempt, conditionFailed } from "./conditional.ts";
import {
  type Answer,
  type CancellationReason,
  type Exchange,
  type Held,
  holding,
  type Request,
  type Response,
  type Secrets,
} from "./exchange.ts";

/** What a transaction has of secrets. */
export interface Sealed {
  readonly seals?: readonly Seal[];
  /** Gives the request's text with its envelopes. */
  readonly sealed?: (envelopes: readonly string[]) => string;
  readonly held?: (answer: Answer) => readonly Held[];
}

/** Name the items that failed conditions returned. */
function heldByReasons(
  attempts: readonly Attempt[],
  reasons: readonly CancellationReason[] = [],
): readonly Held[] {
  return reasons.flatMap(({ Item: item }, index) => {
    const attempt = attempts[index];
    return attempt === undefined ? [] : holding(attempt.codec, item);
  });
}

/** Send a transaction; `attempts` tell the reasons of its actions apart. */
export function transacting<R>(
  request: Omit<Request, "delayMs">,
  attempts: readonly Attempt[],
  backoff: Backoff,
  read: (answer: Answer, open: Open | undefined) => R,
  sealed: Sealed = {},
): Exchange<R> {
  return new Transacting({ request, attempts, backoff, read, sealed });
}

interface Parts<R> {
  readonly request: Omit<Request, "delayMs">;
  readonly attempts: readonly Attempt[];
  readonly backoff: Backoff;
  readonly read: (answer: Answer, open: Open | undefined) => R;
  readonly sealed: Sealed;
}

class Transacting<R> implements Exchange<R> {
  readonly secrets: Secrets;
  readonly #parts: Parts<R>;
  #body: string;
  #sent = 0;
  /** Whether any attempt so far may have been applied: a later answer does not take that back. */
  #isDoubtful = false;
  #outcome: { readonly result: R } | undefined;

  constructor(parts: Parts<R>) {
    const { request, attempts, sealed } = parts;
    this.#parts = parts;
    this.#body = request.body;
    this.secrets = {
      seals: sealed.seals ?? [],
      fill: (envelopes) => {
        this.#body = sealed.sealed?.(envelopes) ?? this.#body;
      },
      held: (response) =>
        response.ok ? (sealed.held?.(response.answer) ?? []) : heldByReasons(attempts, response.reasons),
    };
  }

  next(): Request | undefined {
    if (this.#outcome !== undefined) {
      return undefined;
    }
    const delayMs = this.#sent === 0 ? undefined : backoffMs(this.#parts.backoff, this.#sent);
    this.#sent += 1;
    return { ...this.#parts.request, body: this.#body, delayMs };
  }

  receive(response: Response, open?: Open): void {
    const { attempts, backoff, read } = this.#parts;
    if (response.ok) {
      this.#outcome = { result: read(response.answer, open) };
      return;
    }
    this.#isDoubtful ||= response.error.maybeApplied;
    const error = canceled(response, attempts, this.#isDoubtful, open);
    if (error.code !== "TransactionCanceled" || !error.retryable || this.#sent >= backoff.maxAttempts) {
      throw error;
    }
  }

  result(): R {
    if (this.#outcome === undefined) {
      throw new Error("the conversation is not over");
    }
    return this.#outcome.result;
  }
}

/** Give the error of a transaction that failed; a cancelled one has its reasons. */
function canceled(
  { error, reasons: given = [] }: Extract<Response, { readonly ok: false }>,
  attempts: readonly Attempt[],
  isDoubtful: boolean,
  open: Open | undefined,
): DynamORMError {
  if (error.code !== "TransactionCanceled") {
    return isDoubtful ? Object.assign(error, { maybeApplied: true }) : error;
  }
  const reasons = given.map((reason, index) => reasonOf(reason, attempts[index], error, open));
  const failed = reasons.filter((reason) => reason !== null);
  const { awsType, requestId, status, cause } = error;
  return new TransactionCanceled("the transaction was cancelled, and none of its actions was done", {
    origin: "service",
    retryable: failed.length > 0 && failed.every(({ retryable }) => retryable),
    reasons,
    ...{ awsType, requestId, status, maybeApplied: isDoubtful, cause },
  });
}

/** What an action that did not fail has for a code. */
const NO_REASON = "None";

function reasonOf(
  { Code: type, Item: item, Message: message }: CancellationReason,
  attempt: Attempt | undefined,
  { requestId, status }: DynamORMError,
  open: Open | undefined,
): DynamORMError | null {
  if (type === undefined || type === NO_REASON) {
    return null;
  }
  const said: ErrorFields = { origin: "service", awsType: type, requestId, status };
  const { code, kind } = codeOf(type, message);
  if (code === "ConditionFailed" && kind === undefined && attempt !== undefined) {
    return conditionFailed(attempt, said, item ?? undefined, open);
  }
  return new ERROR_CLASSES[code](`the action was refused (${type})`, { ...said, kind });
}

interface Told {
  readonly code: ErrorCode;
  readonly kind?: ErrorKind | undefined;
}

const UNKNOWN: Told = { code: "ServiceError" };

function codeOf(type: string, message: string | null | undefined): Told {
  const told = (Object.hasOwn(CODE_OF_REASON, type) ? CODE_OF_REASON[type] : undefined) ?? UNKNOWN;
  return told.code === "ValidationFailed" && isAboutSize(message) ? { code: "ItemTooLarge" } : told;
}
