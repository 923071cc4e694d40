/** Models and helpers for the tests of batches and transactions. */

import { Client, type ClientOptions } from "../src/client.ts";
import { codecOf, type ModelCodec } from "../src/codec/item.ts";
import type { Backoff } from "../src/operation/backoff.ts";
import type { Answer, Exchange, Response } from "../src/operation/exchange.ts";
import { BatchIncomplete, TransactionCanceled } from "../src/errors/catalogue.ts";
import { defineModel } from "../src/schema/declare.ts";
import type { Table } from "../src/table.ts";
import { Script, type Step, testClock, testRandom, testSleeper, testTokens } from "../src/testing.ts";
import { faultError } from "../src/transport/fault.ts";

export const NOW = 1_767_323_045_000_006_000n;

/** A key that has more than one way to be written. */
export const Note = defineModel({
  name: "Note",
  table: "notes",
  keys: { partition: "id" },
  attributes: { id: { type: "N", format: "decimal" }, text: { type: "S" } },
  views: { Short: ["id"] },
});

/** Times and a version. */
export const Ledger = defineModel({
  name: "Ledger",
  table: "ledgers",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    owner: { type: "S", field: "owned_by" },
    at: { type: "S", format: "timestamp", roles: ["updated_at"] },
    version: { type: "N", roles: ["version"] },
  },
});

const pk = { type: "S", template: "CUSTOMER#{customer_id}" } as const;

/** Two models in one table, told apart by a discriminator. */
export const Customer = defineModel({
  name: "Customer",
  table: "shop",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "_type", value: "Customer" },
  attributes: { pk, sk: { type: "S", template: "PROFILE" }, customer_id: { type: "S" }, name: { type: "S" } },
});

export const Purchase = defineModel({
  name: "Purchase",
  table: "shop",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "_type", value: "Purchase" },
  attributes: {
    pk,
    sk: { type: "S", template: "ORDER#{number:04d}" },
    customer_id: { type: "S" },
    number: { type: "N", format: "int" },
    total: { type: "N" },
  },
});

export const notes: ModelCodec = codecOf(Note);
export const ledgers: ModelCodec = codecOf(Ledger);

/** Attempts without end of a wait that is easy to tell, unless a test says otherwise. */
export function backoff(options: Partial<Backoff> = {}): Backoff {
  return { maxAttempts: 10, baseMs: 50, capMs: 5000, random: testRandom(), ...options };
}

/** Make a response of an answer, or of an error's name. */
export function responseTo(
  api: "BatchWriteItem" | "BatchGetItem",
  what: Answer | string,
  lost = false,
): Response {
  if (typeof what !== "string") {
    return { ok: true, answer: what, requestId: "r", lost };
  }
  const request = { api, tableName: "t", body: "", writes: api === "BatchWriteItem", delayMs: undefined };
  const cause = new Error(what);
  const facts = {
    stage: "answered",
    sent: true,
    lost,
    type: what,
    status: 400,
    requestId: "r",
    cause,
  } as const;
  return { ok: false, error: faultError(request, facts), item: undefined, lost };
}

/** Ask for the next request, and give its body and wait. */
export function asked(exchange: Exchange<unknown>): {
  readonly body: unknown;
  readonly delayMs: number | undefined;
} {
  const request = exchange.next();
  return { body: request && JSON.parse(request.body), delayMs: request?.delayMs };
}

/** A client over a script, with everything that is left to chance decided. */
export function scripted(
  steps: readonly Step[],
  options: ClientOptions = {},
): {
  readonly client: Client;
  readonly script: Script;
  readonly slept: number[];
  readonly notes: Table<(typeof Note)["definition"]>;
  readonly ledgers: Table<(typeof Ledger)["definition"]>;
  readonly customers: Table<(typeof Customer)["definition"]>;
  readonly purchases: Table<(typeof Purchase)["definition"]>;
} {
  const script = new Script(steps);
  const { sleeper, slept } = testSleeper();
  const client = new Client({
    transport: script,
    clock: testClock(NOW),
    sleeper,
    random: testRandom(),
    tokens: testTokens(["token-1", "token-2"]),
    ...options,
  });
  return {
    ...{ client, script, slept },
    notes: client.table(Note),
    ledgers: client.table(Ledger),
    customers: client.table(Customer),
    purchases: client.table(Purchase),
  };
}

/** Count from one. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Take an error for a batch that is not complete. */
export function incompleteOf(error: unknown): BatchIncomplete {
  return demanded(error, error instanceof BatchIncomplete ? error : undefined);
}

/** Take an error for a cancelled transaction. */
export function canceledOf(error: unknown): TransactionCanceled {
  return demanded(error, error instanceof TransactionCanceled ? error : undefined);
}

function demanded<T>(error: unknown, found: T | undefined): T {
  if (found === undefined) {
    throw new Error("another error", { cause: error });
  }
  return found;
}
