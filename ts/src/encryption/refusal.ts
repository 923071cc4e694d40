/** What went wrong with the key service → which error. No error here, and no cause of one, holds a data key. */

import {
  Canceled,
  InvalidEncryptedEnvelope,
  KeyUnavailable,
  RETRYABLE_OF_KMS_TYPE,
} from "../errors/catalogue.ts";
import { DynamORMError, type ErrorFields } from "../errors/error.ts";

/** What an error of the SDK, or of a key service of the user's, may carry. */
interface Thrown {
  readonly name?: string;
  readonly code?: string;
  readonly $fault?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

const OK = 200;
const REFUSED = 300;
const SERVER_ERROR = 500;

/** Names that the SDK gives to answers without an error type. */
const NAMELESS: ReadonlySet<string> = new Set([
  "",
  "Error",
  "Unknown",
  "UnknownError",
  "SyntaxError",
  "TypeError",
]);

/** Give the name of KMS's refusal; undefined where there was none. */
export function refusalOf(thrown: unknown): string | undefined {
  const { name = "", $fault } = (thrown ?? {}) as Thrown;
  const bare = (name.split(":")[0] ?? "").split("#").at(-1) ?? "";
  const isKnown = Object.hasOwn(RETRYABLE_OF_KMS_TYPE, bare);
  return isKnown || ($fault !== undefined && !NAMELESS.has(bare)) ? bare : undefined;
}

/** Give the error of a call that failed. */
export function keyError(thrown: unknown, path: string, isCanceled: boolean): DynamORMError {
  if (thrown instanceof DynamORMError) {
    return thrown;
  }
  if (isCanceled || (thrown as Thrown | undefined)?.name === "AbortError") {
    return new Canceled("the call of the key service was cancelled", { cause: thrown });
  }
  const { httpStatusCode: status, requestId } = ((thrown ?? {}) as Thrown).$metadata ?? {};
  const type = refusalOf(thrown);
  if (type === undefined && (status === undefined || status < REFUSED)) {
    return unanswered(thrown, path, status !== undefined);
  }
  const fields: ErrorFields = { path, awsType: type, status, requestId, cause: causeOf(thrown, type) };
  if (type === "InvalidCiphertextException") {
    return new InvalidEncryptedEnvelope("the key service knows no such wrapped key here", fields);
  }
  const known = type === undefined ? undefined : RETRYABLE_OF_KMS_TYPE[type];
  return new KeyUnavailable(`the key service refused (${type ?? `status ${status ?? OK}`})`, {
    ...fields,
    origin: "service",
    retryable: known ?? (status ?? OK) >= SERVER_ERROR,
  });
}

/** A service that was not reached, or that gave an answer nobody can read: what was thrown then may hold the key. */
function unanswered(thrown: unknown, path: string, hasStatus: boolean): DynamORMError {
  const isAnswer =
    hasStatus || (thrown as { readonly $response?: unknown } | undefined)?.$response !== undefined;
  return new KeyUnavailable(`the key service gave no whole answer (${nameOf(thrown)})`, {
    path,
    origin: isAnswer || wasSent(thrown) ? "service" : "client",
    retryable: true,
    cause: isAnswer ? undefined : thrown,
  });
}

/** Errors of connecting: nothing was sent. */
const CONNECTING: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"],
  ...["CredentialsProviderError", "TokenProviderError"],
]);

function wasSent(thrown: unknown): boolean {
  const { code = "", name = "" } = (thrown ?? {}) as Thrown;
  return !CONNECTING.has(code) && !CONNECTING.has(name);
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}

/** A refusal is the SDK's own error, without what may hold a key; one that has no name may be a parser's, with what it read. */
function causeOf(thrown: unknown, type: string | undefined): unknown {
  if (thrown instanceof Error && type !== undefined) {
    for (const name of ["Plaintext", "$response", "$responseBodyText"]) {
      Reflect.deleteProperty(thrown, name);
    }
    return thrown;
  }
  const told = new Error("what the key service answered is not repeated here");
  told.name = nameOf(thrown);
  return told;
}
