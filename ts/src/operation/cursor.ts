/**
 * Cursors: where a read stopped, as text that every language reads; signed and hidden where secrets are set.
 *
 * The text is the unpadded base64url of canonical JSON. It is read strictly: what is not byte for byte what would have been
 * written is refused, so that one place has one cursor (spec/60-query.md, DMS-CUR).
 */

import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import type { WireItem } from "../codec/value.ts";
import { InvalidCursor, ValidationFailed } from "../errors/catalogue.ts";
import { canonicalNumber } from "../text/decimal.ts";
import { canonicalJson, isPlainObject } from "../text/json.ts";

const LABEL = "dynamorm.cursor.v1";
const KEY_LABEL = "dynamorm.cursor.key.v1";
/** The bytes of a nonce of AES-GCM. */
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The order of a query's items, by the sort key. */
export type Order = "asc" | "desc";

/** A place in a read: the key to start behind, and what kind of read it belongs to. */
export interface Cursor {
  /** The key attributes of table and index, as DynamoDB JSON. */
  readonly key: WireItem;
  readonly index?: string | undefined;
  /** The order of a query; undefined of a scan. */
  readonly order?: Order | undefined;
  /** Number and total of a scan's segment. */
  readonly segment?: readonly [number: number, total: number] | undefined;
}

/** What a signature binds a cursor to besides its own text; empty where there is nothing. */
export interface Bound {
  readonly table?: string;
  readonly index?: string;
  readonly models?: readonly string[];
  readonly condition?: string;
  readonly filter?: string;
  readonly context?: string;
}

/** How cursors are written. */
export interface SignerOptions {
  /** The first signs, all are accepted. */
  readonly secrets?: readonly (string | Uint8Array)[] | undefined;
  /** Hides the keys. */
  readonly encrypt?: boolean | undefined;
  /** Gives the 12 bytes that no two cursors share. */
  readonly nonce?: (() => Uint8Array) | undefined;
}

/** Writes and reads a client's cursors. */
export class Signer {
  readonly #secrets: readonly Buffer[];
  readonly #encrypt: boolean;
  readonly #nonce: () => Uint8Array;

  /** @throws {ValidationFailed} for an empty secret, and for encryption without one. */
  constructor({ secrets = [], encrypt = false, nonce }: SignerOptions = {}) {
    this.#secrets = secrets.map((secret) => Buffer.from(secret as string));
    this.#encrypt = encrypt;
    this.#nonce = nonce ?? noNonce;
    if (this.#secrets.some((secret) => secret.length === 0)) {
      throw new ValidationFailed("an empty cursor secret");
    }
    if (encrypt && secrets.length === 0) {
      throw new ValidationFailed("encrypted cursors need secrets");
    }
  }

  /** Whether cursors are signed. */
  get signs(): boolean {
    return this.#secrets.length > 0;
  }

  /** Give a cursor's text. */
  write(cursor: Cursor, bound: () => Bound): string {
    const text = Buffer.from(jsonOf(cursor));
    const [secret] = this.#secrets;
    if (secret === undefined) {
      return text.toString("base64url");
    }
    const payload = (this.#encrypt ? seal(text, secret, this.#nonce()) : text).toString("base64url");
    return `${payload}.${signature(secret, message(payload, bound())).toString("base64url")}`;
  }

  /** Read a cursor's text. @throws {InvalidCursor} */
  read(text: unknown, bound: () => Bound): Cursor {
    if (typeof text !== "string") {
      throw new InvalidCursor("a cursor is text that this library wrote");
    }
    if (!this.signs) {
      return parse(bytesOf(text));
    }
    const dot = text.indexOf(".");
    const [payload, given] = dot < 0 ? [text, ""] : [text.slice(0, dot), text.slice(dot + 1)];
    const signed = bytesOf(given);
    const said = message(payload, bound());
    const secret = this.#secrets.find((one) => {
      const expected = signature(one, said);
      return expected.length === signed.length && timingSafeEqual(expected, signed);
    });
    if (secret === undefined) {
      throw new InvalidCursor("the cursor has no signature of ours for this read");
    }
    const raw = bytesOf(payload);
    return parse(this.#encrypt ? unseal(raw, secret) : raw);
  }
}

function noNonce(): never {
  throw new ValidationFailed("encrypted cursors need a source of nonces");
}

function jsonOf({ key, index, order, segment }: Cursor): string {
  return canonicalJson({
    v: 1,
    k: Object.fromEntries(Object.entries(key).map(([name, value]) => [name, canonical(value)])),
    ...(index === undefined ? {} : { i: index }),
    ...(order === undefined ? {} : { s: order === "asc" ? "ASC" : "DESC" }),
    ...(segment === undefined ? {} : { g: [...segment] }),
  });
}

function canonical(value: object): object {
  const { N: number, B: bytes } = value as { readonly N?: string; readonly B?: string };
  if (number !== undefined) {
    return { N: canonicalNumber(number) ?? invalid("the cursor holds no number") };
  }
  return bytes === undefined ? value : { B: Buffer.from(bytes, "base64").toString("base64") };
}

const ORDERS: ReadonlyMap<unknown, Order | undefined> = new Map([
  ["ASC", "asc"],
  ["DESC", "desc"],
  [undefined, undefined],
]);

/** Read a cursor's JSON; whatever would have been written otherwise is refused. */
function parse(raw: Buffer): Cursor {
  const text = raw.toString("utf8");
  const members = membersOf(text);
  const { k: key, i: index, s: order, g: segment } = members;
  if (!isPlainObject(key) || !Object.values(key).every(isKeyValue) || !ORDERS.has(order)) {
    return invalid("the cursor holds no key");
  }
  if ((index !== undefined && typeof index !== "string") || !isSegment(segment)) {
    return invalid("the cursor is of no read");
  }
  const cursor: Cursor = { key: key as WireItem, index, order: ORDERS.get(order), segment };
  if (!text.isWellFormed() || !Buffer.from(text).equals(raw) || spelling(cursor) !== text) {
    return invalid("the cursor is spelled otherwise than this library does");
  }
  return cursor;
}

/** Give a cursor's JSON; undefined where its texts are none, half a pair of UTF-16, say. */
function spelling(cursor: Cursor): string | undefined {
  try {
    return jsonOf(cursor);
  } catch {
    return undefined;
  }
}

function membersOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : invalid("the cursor is no object");
  } catch {
    return invalid("the cursor cannot be read");
  }
}

function isKeyValue(value: unknown): boolean {
  return (
    isPlainObject(value) &&
    Object.keys(value).length === 1 &&
    Object.values(value).every((body) => typeof body === "string")
  );
}

function isSegment(value: unknown): value is readonly [number, number] | undefined {
  return (
    value === undefined ||
    (Array.isArray(value) && value.length === 2 && value.every((one) => Number.isSafeInteger(one)))
  );
}

function bytesOf(text: string): Buffer {
  const raw = Buffer.from(text, "base64url");
  return raw.length > 0 && raw.toString("base64url") === text ? raw : invalid("the cursor is no base64url");
}

function message(payload: string, bound: Bound): Buffer {
  const { table = "", index = "", models = [], condition = "", filter = "", context = "" } = bound;
  const parts = [LABEL, payload, table, index, canonicalJson([...models]), condition, filter, context];
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function signature(secret: Buffer, said: Buffer | string): Buffer {
  return createHmac("sha256", secret).update(said).digest();
}

function seal(text: Buffer, secret: Buffer, nonce: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", signature(secret, KEY_LABEL), nonce);
  cipher.setAAD(Buffer.from(LABEL));
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

function unseal(sealed: Buffer, secret: Buffer): Buffer {
  try {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", signature(secret, KEY_LABEL), nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(LABEL));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return invalid("the cursor cannot be opened");
  }
}

function invalid(fact: string): never {
  throw new InvalidCursor(fact);
}
