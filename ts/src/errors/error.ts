/**
 * The one shape of an error.
 *
 * DynamORMError
 * ├─ the caller's mistake, before anything was sent: InvalidModel, ValidationFailed, MissingPrimaryKey, InvalidOperator, …
 * ├─ what DynamoDB answered: ItemNotFound, ConditionFailed (AlreadyExists, VersionConflict), TableNotFound, Throttled, …
 * ├─ work in parts (`parts.ts`): TransactionCanceled with its reasons, BatchIncomplete with what is left
 * ├─ an answer that did not arrive: NetworkError, Canceled
 * └─ an answer that does not fit the model: DecodeFailed
 *
 * The codes themselves are generated (`catalogue.ts`). No text here ever holds the value of an attribute.
 */

import type { ErrorCode, ErrorKind } from "./catalogue.ts";
import type { TableDifference } from "./mismatch.ts";
import type { Parts } from "./parts.ts";

/** Where an error arose: `client` where nothing was sent or the answer was well, else `service`. */
export type Origin = "client" | "service";

/** What an error carries beside its code and message. */
export interface ErrorFields {
  /** A finer kind of the code. */
  readonly kind?: ErrorKind | undefined;
  /** Where it arose; `client` unless given. */
  readonly origin?: Origin | undefined;
  /** Whether the same call can succeed later; that of the code unless given. */
  readonly retryable?: boolean | undefined;
  /** DynamoDB's own name of the error, without its name space. */
  readonly awsType?: string | undefined;
  /** The service's request id. */
  readonly requestId?: string | undefined;
  /** The HTTP status of the answer. */
  readonly status?: number | undefined;
  /** The attribute concerned, as a path; for `InvalidModel` the JSON Pointer of the entry. */
  readonly path?: string | undefined;
  /** Whether a write that failed may have been applied all the same. */
  readonly maybeApplied?: boolean | undefined;
  /** Gives the item that a failed condition returned, decoded when asked for. */
  readonly item?: (() => unknown) | undefined;
  /** What became of the parts of a batch. */
  readonly parts?: Parts | undefined;
  /** Why each action of a transaction was refused. */
  readonly reasons?: readonly (DynamORMError | null)[] | undefined;
  /** How a table differs from its models. */
  readonly differences?: readonly TableDifference[] | undefined;
  /** The error of the SDK; of a batch the failure that ended it. */
  readonly cause?: unknown;
}

/** Makes the error of one code. */
export type ErrorInit = new (fact: string, fields?: ErrorFields) => DynamORMError;

/** Every failure of this library. */
export class DynamORMError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind | undefined;
  readonly origin: Origin;
  readonly retryable: boolean;
  readonly awsType: string | undefined;
  readonly requestId: string | undefined;
  readonly status: number | undefined;
  readonly path: string | undefined;
  readonly maybeApplied: boolean;
  readonly #item: (() => unknown) | undefined;

  constructor(code: ErrorCode, retryable: boolean, fact: string, fields: ErrorFields = {}) {
    const what = fields.kind === undefined ? code : `${code} (${fields.kind})`;
    const where = fields.path === undefined ? "" : ` at ${fields.path === "" ? '""' : fields.path}`;
    super(`${what}${where}: ${fact}`, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = code;
    this.code = code;
    this.kind = fields.kind;
    this.origin = fields.origin ?? "client";
    this.retryable = fields.retryable ?? retryable;
    this.awsType = fields.awsType;
    this.requestId = fields.requestId;
    this.status = fields.status;
    this.path = fields.path;
    this.maybeApplied = fields.maybeApplied ?? false;
    this.#item = fields.item;
  }

  /**
   * Give the item that a failed condition returned, decoded by the model; undefined where none came.
   *
   * @throws {DecodeFailed} where the stored item does not fit the model.
   */
  item(): unknown {
    return this.#item?.();
  }

  /** Print without the cause's own members: the SDK's errors hold items, and ours promise to hold no values. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const text = this.stack ?? String(this);
    return this.cause instanceof Error ? `${text}\n  [cause]: ${this.cause.name}` : text;
  }
}
