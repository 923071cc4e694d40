/** Transactions: everything or nothing. What a call says → an operation → `client.run`. */

import { GetAction, WriteAction } from "./actions.ts";
import type { Client } from "./client.ts";
import type { Action } from "./operation/action.ts";
import { transactGet } from "./operation/transact-get.ts";
import {
  buildTransaction,
  parseTransaction,
  requestText,
  storedValue,
  type Transaction,
  transactWrite,
} from "./operation/transact-write.ts";
import { bringUpToDate } from "./stored.ts";

/** What a transaction takes beside its actions. */
export interface TransactOptions {
  /** Makes the same request happen once within ten minutes; by default each call has one of its own. */
  readonly token?: string;
  /** Cancels the transaction. */
  readonly signal?: AbortSignal | undefined;
}

/** The items of a transactional read, in the order of the reads; undefined where there is none. */
export type ItemsOf<G> = {
  -readonly [K in keyof G]: (G[K] extends { readonly item: infer I } ? I : never) | undefined;
};

/** Do all actions or none, and bring the caller's values up to date. */
export async function writeTogether(
  client: Client,
  given: Iterable<WriteAction>,
  { token, signal }: TransactOptions,
): Promise<void> {
  const actions = Array.from(given, (action) => WriteAction.of(action));
  const now = client.clock();
  const transaction = built(client, actions, token, now);
  await client.run(transactWrite(transaction, client.backoff), { signal, now });
  for (const [index, action] of actions.entries()) {
    const stored = transaction.stored[index];
    if (stored !== undefined && "value" in action) {
      bringUpToDate(action.value, storedValue(stored));
    }
  }
}

function built(
  client: Client,
  actions: readonly Action[],
  token: string | undefined,
  now: bigint,
): Transaction {
  return buildTransaction(actions, { now, token: token ?? client.tokens() });
}

/** Give the request of a transaction as text. */
export async function prepared(
  client: Client,
  given: Iterable<WriteAction>,
  { token, signal }: TransactOptions,
): Promise<string> {
  const actions = Array.from(given, (action) => WriteAction.of(action));
  const now = client.clock();
  const transaction = built(client, actions, token, now);
  const { seals } = transaction;
  return requestText(
    seals.length === 0 ? transaction : transaction.sealed(await client.seal(seals, { signal, now })),
  );
}

/** Send a request that was prepared. */
export async function sendPrepared(
  client: Client,
  request: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  client.clock();
  await client.run(transactWrite(parseTransaction(request), client.backoff), { signal });
}

/** Read items together. */
export async function readTogether(
  client: Client,
  given: Iterable<GetAction>,
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  const now = client.clock();
  const gets = Array.from(given, (get) => GetAction.of(get));
  return client.run(transactGet(gets, client.backoff), { signal, now });
}
