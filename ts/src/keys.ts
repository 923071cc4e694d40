/** What a query says of its keys, in the caller's words → what operations understand. */

import type { Keys } from "./operation/read.ts";
import type { ReadArguments } from "./operation/read-options.ts";
import type { Parts, Sort, SortOperator } from "./operation/query.ts";
import type { Model } from "./schema/model.ts";
import type { AnyDefinition, Input } from "./schema/types.ts";
import { isPlainObject } from "./text/json.ts";

/** The value of a key. */
export type KeyValue = string | number | bigint | boolean | Date | Uint8Array;

/** The partition of a query: the key's value, or the attributes that make it up. */
export type PartitionOf<D> = KeyValue | Partial<Input<D>> | null | undefined;

interface Sorts<D> {
  eq: KeyValue;
  lt: KeyValue;
  le: KeyValue;
  gt: KeyValue;
  ge: KeyValue;
  between: readonly [low: KeyValue, high: KeyValue];
  beginsWith: string | Uint8Array;
  parts: Partial<Input<D>>;
}

/** What a query says of the sort key: one operator and no more, or the leading parts of its template. */
export type SortOf<D> = {
  [K in keyof Sorts<D>]: { readonly [P in K]: Sorts<D>[P] } & {
    readonly [P in Exclude<keyof Sorts<D>, K>]?: never;
  };
}[keyof Sorts<D>];

/** What reads of many items take. */
export interface ScanOptions extends Omit<ReadArguments, "order"> {
  /** Cancels the read. */
  readonly signal?: AbortSignal | undefined;
}

/** What a query takes. */
export interface QueryOptions<D> extends Omit<ReadArguments, "segment"> {
  /** The partition's value, or a map of attributes: without `index` it chooses the table or the one index that it fits. */
  readonly partition?: PartitionOf<D>;
  readonly sort?: SortOf<D> | null | undefined;
  /** Cancels the read. */
  readonly signal?: AbortSignal | undefined;
}

const OPERATORS: ReadonlyMap<string, SortOperator> = new Map([
  ["eq", "="],
  ["lt", "<"],
  ["le", "<="],
  ["gt", ">"],
  ["ge", ">="],
  ["between", "BETWEEN"],
  ["beginsWith", "begins_with"],
]);

/** Take the keys out of a query's options. */
export function keysOf(
  model: Model<AnyDefinition>,
  { partition, sort }: { readonly partition?: unknown; readonly sort?: object | null | undefined },
): Keys {
  return {
    partition: isPlainObject(partition) ? { parts: partsOf(model, partition) } : { value: partition },
    sort: (sort ?? null) === null ? undefined : sortOf(model, sort as Readonly<Record<string, unknown>>),
  };
}

function sortOf(model: Model<AnyDefinition>, sort: Readonly<Record<string, unknown>>): Sort {
  const [[name, given] = ["", undefined], ...others] = Object.entries(sort);
  if (name === "parts" && isPlainObject(given) && others.length === 0) {
    return { parts: partsOf(model, given) };
  }
  return {
    operator: others.length === 0 ? OPERATORS.get(name) : undefined,
    operands: name === "between" && Array.isArray(given) ? given : [given],
  };
}

/** Give members by the names of their attributes. */
function partsOf({ attributes }: Model<AnyDefinition>, members: Readonly<Record<string, unknown>>): Parts {
  const names = new Map([...attributes.values()].map(({ property, name }) => [property, name]));
  return new Map(
    Object.entries(members).map(([property, value]) => [names.get(property) ?? property, value]),
  );
}
