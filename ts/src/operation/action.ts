/** What batches and transactions are told: single operations with their arguments, of which nothing is evaluated yet. */

import type { ModelCodec } from "../codec/item.ts";
import type { Condition } from "../expression/node.ts";
import type { DeleteOptions } from "./delete.ts";
import type { ReadOptions } from "./get.ts";

/** Which model and table an action is about. */
interface Target {
  readonly codec: ModelCodec;
  /** The real name of the table. */
  readonly tableName: string;
}

/** A write of a whole item. */
interface PutAction extends Target {
  readonly verb: "put" | "create" | "save";
  readonly value: object;
  readonly condition?: Condition | undefined;
  readonly adopt?: boolean | undefined;
}

/** An update of parts of an item. */
interface UpdateAction extends Target {
  readonly verb: "update";
  readonly key: unknown;
  /** What to change, in the caller's words. */
  readonly changes: object;
  readonly condition?: Condition | undefined;
  readonly expectedVersion?: unknown;
  readonly upsert?: boolean | undefined;
}

/** A delete, or a check of what has to hold. */
interface KeyAction extends Target, Omit<DeleteOptions, "returnOld"> {
  readonly verb: "delete" | "check";
  readonly key: unknown;
}

/** One write of a batch or transaction. */
export type Action = PutAction | UpdateAction | KeyAction;

/** One read of a batch or transaction. */
export interface Get extends Target, ReadOptions {
  readonly key: unknown;
}
