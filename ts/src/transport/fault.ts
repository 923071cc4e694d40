/** What went wrong → which code. What the SDK threw is known by `sdk.ts`; here it is facts. */

import {
  AccessDenied,
  Canceled,
  CODE_OF_AWS_TYPE,
  ERROR_CLASSES,
  type ErrorCode,
  NetworkError,
  RETRYABLE_OF_AWS_TYPE,
  ServiceError,
  ValidationFailed,
} from "../errors/catalogue.ts";
import type { DynamORMError, ErrorFields } from "../errors/error.ts";
import { isAboutSize } from "../errors/size.ts";
import type { Request } from "../operation/exchange.ts";

/** What is known of a failed request. */
export interface Facts {
  /** How far it came: refused before it was sent, cancelled, without a whole answer, or answered. */
  readonly stage: "unsent" | "credentials" | "canceled" | "network" | "answered";
  /** Whether any attempt was sent. */
  readonly sent: boolean;
  /** Whether any attempt may have been applied without a readable answer. */
  readonly lost: boolean;
  /** DynamoDB's own name of the error, without its name space. */
  readonly type?: string | undefined;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  /** The service's words; looked at, never repeated, for they may hold values. */
  readonly message?: string | undefined;
  readonly cause: unknown;
}

/** What was asked for. */
export type Asked = Pick<Request, "tableName" | "writes"> & { readonly api: string };

const SERVER_ERROR = 500;

/** Give the error of a failed request. */
export function faultError(request: Asked, facts: Facts): DynamORMError {
  const fields: ErrorFields = {
    origin: facts.sent ? "service" : "client",
    awsType: facts.type,
    status: facts.status,
    requestId: facts.requestId,
    maybeApplied: request.writes && facts.lost,
    cause: facts.cause,
  };
  const what = `${request.api} on ${request.tableName}`;
  switch (facts.stage) {
    case "unsent":
      return new ValidationFailed(`${what} could not be sent (${nameOf(facts.cause)})`, fields);
    case "credentials":
      return new AccessDenied(`${what} has no credentials`, fields);
    case "canceled":
      return new Canceled(`${what} was cancelled`, fields);
    case "network":
      return new NetworkError(`${what} got no whole answer (${nameOf(facts.cause)})`, fields);
    default:
      return answeredError(what, facts, fields);
  }
}

function answeredError(what: string, facts: Facts, fields: ErrorFields): DynamORMError {
  const { type, status = 0 } = facts;
  const code = codeOf(type, facts.message);
  const unknown = code === undefined || code === "ServiceError";
  const retryable =
    type !== undefined && Object.hasOwn(RETRYABLE_OF_AWS_TYPE, type)
      ? RETRYABLE_OF_AWS_TYPE[type]
      : unknown
        ? status >= SERVER_ERROR
        : undefined;
  const make = code === undefined ? ServiceError : ERROR_CLASSES[code];
  return new make(`${what} was refused (${type ?? `status ${status}`})`, {
    ...fields,
    origin: "service",
    retryable,
  });
}

function codeOf(type: string | undefined, message: string | undefined): ErrorCode | undefined {
  if (type === "ValidationException" && isAboutSize(message)) {
    return "ItemTooLarge";
  }
  return type !== undefined && Object.hasOwn(CODE_OF_AWS_TYPE, type) ? CODE_OF_AWS_TYPE[type] : undefined;
}

function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : typeof cause;
}

/** Give DynamoDB's name of an error without name space and address: `com.amazonaws…#ValidationException:http://…`. */
export function bareType(type: string): string {
  return (type.split(":")[0] ?? "").split("#").at(-1) ?? type;
}
