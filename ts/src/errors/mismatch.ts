/** A table that does not fit its models: what differs, as what is expected and what was found. */

import type { ErrorCode } from "./catalogue.ts";
import { DynamORMError, type ErrorFields } from "./error.ts";

/** A key attribute of a table or an index. */
export interface TableKey {
  readonly attribute: string;
  /** S, N or B; undefined where DynamoDB does not say it. */
  readonly type: string | undefined;
  /** HASH or RANGE. */
  readonly kind: string;
}

/** What an index carries beside the keys. */
export interface TableProjection {
  /** ALL, KEYS_ONLY or INCLUDE. */
  readonly type: string;
  /** Of INCLUDE the attributes, by the bytes of their names. */
  readonly fields?: readonly string[];
}

/** What makes up an index. */
export interface IndexShape {
  readonly type: "GSI" | "LSI";
  readonly keys: readonly TableKey[];
  readonly projection: TableProjection;
}

interface Differs<W extends string, T> {
  readonly what: W;
  readonly kind: "missing" | "extra" | "different";
  /** What models and settings say; undefined of what is extra. */
  readonly expected?: T;
  /** What the table has; undefined of what is missing. */
  readonly found?: T;
}

interface IndexDiffers<W extends string, T> extends Differs<W, T> {
  /** The name of the index. */
  readonly index: string;
}

/** One difference between a table and its models and settings. */
export type TableDifference =
  | Differs<"keys", readonly TableKey[]>
  | Differs<"billing" | "stream" | "table_class" | "ttl", string>
  | Differs<"deletion_protection", boolean>
  | Differs<"sse", { readonly key?: string }>
  | IndexDiffers<"index", IndexShape>
  | IndexDiffers<"index_type", string>
  | IndexDiffers<"index_keys", readonly TableKey[]>
  | IndexDiffers<"index_projection", TableProjection>;

/** A table that does not fit. */
export class MismatchError extends DynamORMError {
  /** What differs, in the order of the settings and then of the indexes. */
  readonly differences: readonly TableDifference[];

  constructor(code: ErrorCode, retryable: boolean, fact: string, fields: ErrorFields = {}) {
    super(code, retryable, fact, fields);
    this.differences = Object.freeze([...(fields.differences ?? [])]);
  }
}
