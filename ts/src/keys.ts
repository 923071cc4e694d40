/** What a query says of its keys, in the caller's words → what operations understand. */

import type { Keys, ReadArguments } from "./operation/read.ts";
import type { Parts, Sort, SortOperator } from "./operation/query.ts";
import type { Model } from "./schema/model.ts";
import type { AnyDefinition, Input } from "./schema/types.ts";
import { isPlainObject } from "./text/json.ts";

/** The value of a key. */
export type KeyValue = string | number | bigint | boolean | Date | Uint8Array;

/** The partition of a query: the key's value, or the attributes that make it up. */
export type PartitionOf<D> = KeyValue | Partial<Input<D>> | null | undefined;

/** What a query says of the sort key: one operator, or the leading parts of its template. */
export type SortOf<D> =
  | { readonly eq: KeyValue }
  | { readonly lt: KeyValue }
  | { readonly le: KeyValue }
  | { readonly gt: KeyValue }
  | { readonly ge: KeyValue }
  | { readonly between: readonly [KeyValue, KeyValue] }
  | { readonly beginsWith: string | Uint8Array }
  | { readonly parts: Partial<Input<D>> };

/** What reads of many items take. */
export interface ScanOptions extends Omit<ReadArguments, "order"> {
  /** Cancels the read. */
  readonly signal?: AbortSignal;
}

/** What a query takes. */
export interface QueryOptions<D> extends Omit<ReadArguments, "segment"> {
  /** The partition's value, or a map of attributes: without `index` it chooses the table or the one index that it fits. */
  readonly partition?: PartitionOf<D>;
  readonly sort?: SortOf<D>;
  /** Cancels the read. */
  readonly signal?: AbortSignal;
}

const OPERATORS: Readonly<Record<string, SortOperator>> = {
  eq: "=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  between: "BETWEEN",
  beginsWith: "begins_with",
};

/** Take the keys out of a query's options. */
export function keysOf(
  model: Model<AnyDefinition>,
  { partition, sort }: { readonly partition?: unknown; readonly sort?: object | undefined },
): Keys {
  return {
    partition: isPlainObject(partition) ? { parts: partsOf(model, partition) } : { value: partition },
    sort: sort && sortOf(model, sort as Readonly<Record<string, unknown>>),
  };
}

function sortOf(model: Model<AnyDefinition>, sort: Readonly<Record<string, unknown>>): Sort {
  if (isPlainObject(sort.parts)) {
    return { parts: partsOf(model, sort.parts) };
  }
  const [[name, given] = ["", undefined]] = Object.entries(sort);
  return { operator: OPERATORS[name] ?? "=", operands: name === "between" ? (given as unknown[]) : [given] };
}

/** Give members by the names of their attributes. */
function partsOf({ attributes }: Model<AnyDefinition>, members: Readonly<Record<string, unknown>>): Parts {
  const names = new Map([...attributes.values()].map(({ property, name }) => [property, name]));
  return new Map(
    Object.entries(members).map(([property, value]) => [names.get(property) ?? property, value]),
  );
}
