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
import type { DynamORMError, ErrorFields } from "../errors/error.ts";
import { isAboutSize } from "../errors/size.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import { type Attempt, conditionFailed } from "./conditional.ts";
import type { Answer, CancellationReason, Exchange, Request, Response } from "./exchange.ts";

/** Send a transaction; `attempts` tell the reasons of its actions apart. */
export function transacting<R>(
  request: Omit<Request, "delayMs">,
  attempts: readonly Attempt[],
  backoff: Backoff,
  read: (answer: Answer) => R,
): Exchange<R> {
  let sent = 0;
  // Whether any attempt so far may have been applied: a later answer does not take that back.
  let isDoubtful = false;
  let outcome: { readonly result: R } | undefined;
  return {
    next() {
      if (outcome !== undefined) {
        return undefined;
      }
      const delayMs = sent === 0 ? undefined : backoffMs(backoff, sent);
      sent += 1;
      return { ...request, delayMs };
    },
    receive(response) {
      if (response.ok) {
        outcome = { result: read(response.answer) };
        return;
      }
      isDoubtful ||= response.error.maybeApplied;
      const error = canceled(response, attempts, isDoubtful);
      if (error.code !== "TransactionCanceled" || !error.retryable || sent >= backoff.maxAttempts) {
        throw error;
      }
    },
    result() {
      if (outcome === undefined) {
        throw new Error("the conversation is not over");
      }
      return outcome.result;
    },
  };
}

/** Give the error of a transaction that failed; a cancelled one has its reasons. */
function canceled(
  { error, reasons: given = [] }: Extract<Response, { readonly ok: false }>,
  attempts: readonly Attempt[],
  isDoubtful: boolean,
): DynamORMError {
  if (error.code !== "TransactionCanceled") {
    return isDoubtful ? Object.assign(error, { maybeApplied: true }) : error;
  }
  const reasons = given.map((reason, index) => reasonOf(reason, attempts[index], error));
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
): DynamORMError | null {
  if (type === undefined || type === NO_REASON) {
    return null;
  }
  const said: ErrorFields = { origin: "service", awsType: type, requestId, status };
  const { code, kind } = codeOf(type, message);
  if (code === "ConditionFailed" && kind === undefined && attempt !== undefined) {
    return conditionFailed(attempt, said, item ?? undefined);
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
