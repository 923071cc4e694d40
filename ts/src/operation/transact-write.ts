/** TransactWriteItems: all actions or none, in one request that is built once and sent with the same bytes again. */

import type { ModelCodec } from "../codec/item.ts";
import { type Draft, fill, plainText, type Seal } from "../codec/seal.ts";
import { itemSize } from "../codec/size.ts";
import type { WireItem } from "../codec/value.ts";
import { ValidationFailed } from "../errors/catalogue.ts";
import { actionsOf } from "../expression/change.ts";
import { TOKEN_MAX, TRANSACT_MAX, TRANSACT_MAX_BYTES } from "../generated/limits.ts";
import { canonicalJson, isPlainObject } from "../text/json.ts";
import { quote } from "../text/utf8.ts";
import type { Action } from "./action.ts";
import type { Backoff } from "./backoff.ts";
import { transacting } from "./canceled.ts";
import type { Attempt, Entry } from "./conditional.ts";
import { keyEntry } from "./delete.ts";
import type { Exchange } from "./exchange.ts";
import { ItemRef } from "./key.ts";
import { putEntry, sealedItem } from "./put.ts";
import { updateEntry } from "./update.ts";

/** What a transaction is told beside its actions. */
export interface TransactOptions {
  /** The clock's reading, in nanoseconds since the epoch. */
  readonly now: bigint;
  readonly token: string;
}

/** One built action. */
interface Built {
  readonly ref: ItemRef;
  readonly attempt: Attempt;
  /** The entry's JSON text. */
  readonly text: string;
  /** What counts for the transaction's size: the item of a put, else the key. */
  readonly counted: string;
  readonly seals: readonly Seal[];
  /** What a put stores. */
  readonly draft: Draft | undefined;
}

/** The names of entries in a request. */
const ENTRY_OF = {
  put: "Put",
  create: "Put",
  save: "Put",
  update: "Update",
  delete: "Delete",
  check: "ConditionCheck",
} as const;

/** A transaction that is built. */
export interface Transaction {
  readonly body: string;
  /** The names of its tables. */
  readonly tableName: string;
  /** The request with nothing but the names of its tables. */
  readonly outline: object;
  /** How to tell each action's reasons apart; empty for a request that was built elsewhere. */
  readonly attempts: readonly Attempt[];
  /** What each put stores; undefined for other actions. */
  readonly stored: readonly (Stored | undefined)[];
  /** What is still to be sealed. */
  readonly seals: readonly Seal[];
  /** Give the transaction with its envelopes. @throws {ItemTooLarge | ValidationFailed} */
  readonly sealed: (envelopes: readonly string[]) => Transaction;
}

/** What a put stores. */
export interface Stored {
  readonly codec: ModelCodec;
  readonly draft: Draft;
}

/** Build a transaction. @throws {DynamORMError} that of the first action that is refused */
export function buildTransaction(actions: readonly Action[], options: TransactOptions): Transaction {
  checkCount(actions.length);
  checkToken(options.token);
  const built = actions.map((action) => buildAction(action, options.now));
  if (new Set(built.map(({ ref }) => ref.id)).size < built.length) {
    throw new ValidationFailed("two actions of the transaction are on one item");
  }
  return transactionOf(actions, built, options.token);
}

function transactionOf(actions: readonly Action[], built: readonly Built[], given: string): Transaction {
  checkBytes(built);
  const token = quote(given) ?? '""';
  return {
    body: `{"TransactItems":[${built.map(({ text }) => text).join(",")}],"ClientRequestToken":${token}}`,
    tableName: namesOf(actions.map(({ tableName }) => tableName)),
    outline: {
      TransactItems: actions.map(({ verb, tableName }) => ({ [ENTRY_OF[verb]]: { TableName: tableName } })),
    },
    attempts: built.map(({ attempt }) => attempt),
    stored: built.map(({ ref, draft }) => (draft === undefined ? undefined : { codec: ref.codec, draft })),
    seals: built.flatMap(({ seals }) => seals),
    sealed: (envelopes) => transactionOf(actions, allSealed(built, envelopes), given),
  };
}

/** Give the actions with their envelopes, which stand in the order of the seals. */
function allSealed(built: readonly Built[], envelopes: readonly string[]): readonly Built[] {
  let taken = 0;
  return built.map((one) => {
    const { seals, text, draft } = one;
    const own = envelopes.slice(taken, taken + seals.length);
    taken += seals.length;
    const counted = draft === undefined ? one.counted : sealedItem(draft, own);
    return { ...one, text: fill(text, seals, own), counted, seals: [] };
  });
}

/** Refuse a transaction of nothing, or of more than DynamoDB takes. @throws {ValidationFailed} */
export function checkCount(count: number): void {
  if (count < 1 || count > TRANSACT_MAX) {
    throw new ValidationFailed(`a transaction has 1 to ${TRANSACT_MAX} actions`);
  }
}

/** Name each table once. */
export function namesOf(tables: readonly string[]): string {
  return [...new Set(tables)].join(", ");
}

function checkToken(token: unknown): void {
  const length = typeof token === "string" && token.isWellFormed() ? Array.from(token).length : 0;
  if (length < 1 || length > TOKEN_MAX) {
    throw new ValidationFailed(`a token has 1 to ${TOKEN_MAX} characters`);
  }
}

/** No text is shorter than a third of what it counts, so most transactions need no count. */
function checkBytes(built: readonly Built[]): void {
  const units = built.reduce((total, { counted }) => total + counted.length, 0);
  if (units * 3 <= TRANSACT_MAX_BYTES) {
    return;
  }
  const bytes = built.reduce((total, { counted }) => total + itemSize(JSON.parse(counted) as WireItem), 0);
  if (bytes > TRANSACT_MAX_BYTES) {
    throw new ValidationFailed(`a transaction has at most ${TRANSACT_MAX_BYTES} bytes of items`);
  }
}

function buildAction(action: Action, now: bigint): Built {
  const { codec, tableName } = action;
  const entry = entryOf(action, now);
  const ref = new ItemRef(codec, tableName, "value" in action ? action.value : action.key);
  return {
    ref,
    attempt: entry.attempt,
    text: `{"${ENTRY_OF[action.verb]}":{${entry.members}}}`,
    counted: entry.draft === undefined ? ref.text : plainText(entry.draft),
    seals: entry.seals,
    draft: entry.draft,
  };
}

function entryOf(action: Action, now: bigint): Entry & { readonly draft?: Draft } {
  const { codec, tableName } = action;
  switch (action.verb) {
    case "put":
    case "create":
    case "save": {
      const mode = action.adopt === true ? "adopt" : action.verb;
      return putEntry(codec, tableName, action.value, { mode, now, condition: action.condition });
    }
    case "update": {
      const { key, changes, condition, expectedVersion, upsert } = action;
      const actions = actionsOf(changes);
      return updateEntry(codec, tableName, key, { now, actions, condition, expectedVersion, upsert });
    }
    case "delete":
      return keyEntry(codec, tableName, action.key, action);
    case "check": {
      const entry = keyEntry(codec, tableName, action.key, action);
      if (entry.attempt.guard.kind === "none" && !entry.attempt.conditional) {
        throw new ValidationFailed("a check has a condition, an expected version, or mustExist");
      }
      return entry;
    }
  }
}

/** Give a transaction's request as canonical text. */
export function requestText({ body }: Transaction): string {
  return canonicalJson(JSON.parse(body));
}

/** Read a request's text, which is sent as it is. @throws {ValidationFailed} where it is no transaction with a token. */
export function parseTransaction(text: unknown): Transaction {
  const request = jsonOf(text);
  const items = isPlainObject(request) ? request.TransactItems : undefined;
  const entries = Array.isArray(items) ? items.map(entryAt) : [undefined];
  const known = entries.filter((entry) => entry !== undefined);
  if (!isPlainObject(request) || known.length < entries.length) {
    throw new ValidationFailed("the text is not the request of a transaction");
  }
  checkCount(entries.length);
  checkToken(request.ClientRequestToken);
  return {
    body: text as string,
    tableName: namesOf(known.map(({ tableName }) => tableName)),
    outline: { TransactItems: known.map(({ name, tableName }) => ({ [name]: { TableName: tableName } })) },
    attempts: [],
    stored: [],
    seals: [],
    sealed: none,
  };
}

function none(): never {
  throw new Error("a request that was prepared has nothing to be sealed");
}

function jsonOf(text: unknown): unknown {
  try {
    return typeof text === "string" ? (JSON.parse(text) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

const ENTRIES: ReadonlySet<string> = new Set(Object.values(ENTRY_OF));

/** Tell what one entry is, and of which table; undefined where it is none. */
function entryAt(item: unknown): { readonly name: string; readonly tableName: string } | undefined {
  const [[name, entry] = ["", undefined], ...others] = isPlainObject(item) ? Object.entries(item) : [];
  const tableName = isPlainObject(entry) ? entry.TableName : undefined;
  return ENTRIES.has(name) && others.length === 0 && typeof tableName === "string"
    ? { name, tableName }
    : undefined;
}

/** Send a transaction. */
export function transactWrite(transaction: Transaction, backoff: Backoff): Exchange<void> {
  const { body, tableName, outline, attempts, seals, sealed } = transaction;
  const request = { api: "TransactWriteItems", tableName, outline, body, writes: true } as const;
  return transacting(request, attempts, backoff, () => undefined, {
    seals,
    sealed: (envelopes) => sealed(envelopes).body,
  });
}

/** Give what a put stored, as its caller sees it. */
export function storedValue({ codec, draft }: Stored): Record<string, unknown> {
  return codec.decodeWritten(plainText(draft));
}
