/** Batches: many items at once, each with a fate of its own. What a call says → an operation → `client.run`. */

import { GetAction, type NameOf } from "./actions.ts";
import type { Client } from "./client.ts";
import { plainText } from "./codec/seal.ts";
import type { ItemKey } from "./errors/parts.ts";
import type { Action, Get } from "./operation/action.ts";
import { batchGet } from "./operation/batch-get.ts";
import { batchWrite, type Written } from "./operation/batch-write.ts";
import type { AnyDefinition, Key } from "./schema/types.ts";
import { bringUpToDate } from "./stored.ts";

/** What a batch get gives. */
export interface Fetched<T, K> {
  /** What was found, in the order of the keys. */
  readonly items: T[];
  /** The keys without an item, each once. */
  readonly missing: K[];
}

/** What batches of writes take. */
export interface BatchOptions {
  /** Of several writes of one item the last one is done; else they are refused. */
  readonly lastWins?: boolean;
  /** Leaves out what a batch cannot check: conditions, versions, the model of a deleted item. */
  readonly unchecked?: boolean;
  /** Cancels the batch. */
  readonly signal?: AbortSignal | undefined;
}

/** An item of a batch get over several models, told apart by `model`. */
export type FoundOf<G> =
  G extends GetAction<infer D, infer I> ? { readonly model: NameOf<D>; readonly item: I } : never;

/** A key without an item, of a batch get over several models. */
export type MissingOf<G> =
  G extends GetAction<infer D extends AnyDefinition>
    ? { readonly model: NameOf<D>; readonly key: Key<D> }
    : never;

/** Read items; `make` gives what stands in the result. */
export async function fetchAll(
  client: Client,
  gets: readonly Get[],
  signal: AbortSignal | undefined,
  make: (value: Record<string, unknown>, index: number) => unknown,
): Promise<Fetched<unknown, ItemKey>> {
  const now = client.clock();
  const { items, missing } = await client.run(batchGet(gets, client.backoff, make), { signal, now });
  return { items, missing: missing.map((ref) => ref.key()) };
}

/** Write items; the caller's values of those that were written are brought up to date, also where others were not. */
export async function writeAll(
  client: Client,
  actions: readonly Action[],
  { signal, ...options }: BatchOptions,
): Promise<Written> {
  const now = client.clock();
  const exchange = batchWrite(actions, { ...options, now }, client.backoff);
  try {
    return await client.run(exchange, { signal, now });
  } finally {
    for (const { ref, value, draft } of exchange.done) {
      if (value !== undefined && draft !== undefined && !Object.isFrozen(value)) {
        bringUpToDate(value, ref.codec.decodeWritten(plainText(draft)));
      }
    }
  }
}
