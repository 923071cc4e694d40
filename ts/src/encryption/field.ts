/**
 * One value under a data key: its additional data, its envelope, and back. AES-256-GCM; where keys come from is known by
 * `keys.ts` (spec/86-encryption.md, DMS-CRY).
 */

import { createCipheriv, createDecipheriv } from "node:crypto";
import { decodeBytes, encodeBytes } from "../codec/binary.ts";
import { isValue } from "../codec/equal.ts";
import type { Home, KeyValues } from "../codec/seal.ts";
import type { AttributeValue } from "../codec/value.ts";
import { InvalidEncryptedEnvelope, ValidationFailed } from "../errors/catalogue.ts";
import { formatPath } from "../errors/path.ts";
import {
  DATA_KEY_BYTES,
  ENVELOPE_NONCE_BYTES,
  ENVELOPE_TAG_BYTES,
  KMS_CIPHERTEXT_MAX_BYTES,
} from "../generated/limits.ts";
import { canonicalNumber } from "../text/decimal.ts";
import { canonicalJson, isPlainObject } from "../text/json.ts";

const LABEL = "dynamorm.envelope.v1";
const VERSION = "1";
const CIPHER = "aes-256-gcm";

/** What an envelope is bound to, so that it opens nowhere else. */
export interface EnvelopeContext {
  /** The namespace of the model's document. */
  readonly namespace?: string | undefined;
  readonly model: string;
  readonly attribute: string;
  /** The client's own context. */
  readonly client?: Readonly<Record<string, string>> | undefined;
  /** The values of the item's key, the partition key first. */
  readonly key: KeyValues;
}

/** An envelope, taken apart. */
export interface Envelope {
  readonly wrappedKey: Uint8Array;
  readonly nonce: Uint8Array;
  /** The ciphertext, and its tag behind it. */
  readonly sealed: Uint8Array;
}

/** Give the context of a value's home for a client. */
export function contextOf(
  { namespace, model, attribute, key }: Home,
  client: EnvelopeContext["client"],
): EnvelopeContext {
  return { namespace, model, attribute, client, key };
}

/**
 * Give the additional data of an envelope: each part behind its length in four bytes.
 *
 * @throws {ValidationFailed} where a key is no key, or a text no text.
 */
export function additionalData({ namespace, model, attribute, client, key }: EnvelopeContext): Uint8Array {
  const parts = [LABEL, VERSION, namespace ?? "", model, attribute, canonicalJson(client ?? {})];
  const bytes = [
    ...parts.map(textBytes),
    ...key.flatMap(([name, value]) => [textBytes(name), ...keyBytes(value)]),
  ];
  return Buffer.concat(
    bytes.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}

function textBytes(text: string): Uint8Array {
  return typeof text === "string" && text.isWellFormed() ? Buffer.from(text) : refuse("a name is text");
}

/** Give the type of a key's value and its bytes. */
function keyBytes(value: AttributeValue): readonly [Uint8Array, Uint8Array] {
  if ("S" in value && typeof value.S === "string") {
    return [Buffer.from("S"), textBytes(value.S)];
  }
  if ("N" in value && typeof value.N === "string") {
    return [Buffer.from("N"), Buffer.from(canonicalNumber(value.N) ?? refuse("a key of N is a number"))];
  }
  const bytes = "B" in value && typeof value.B === "string" ? decodeBytes(value.B) : undefined;
  return [Buffer.from("B"), bytes ?? refuse("a key is of S, N or B")];
}

function refuse(fact: string): never {
  throw new ValidationFailed(fact);
}

/** Encrypt by AES-256-GCM; the tag stands behind the ciphertext. Nobody encrypts twice with one nonce and one key. */
export function encrypt(
  plaintext: Uint8Array,
  dataKey: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(CIPHER, dataKey, nonce);
  cipher.setAAD(data);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Decrypt what `encrypt` gave; undefined where key, nonce, data or tag do not fit. */
export function decrypt(
  sealed: Uint8Array,
  dataKey: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
): Uint8Array | undefined {
  try {
    const decipher = createDecipheriv(CIPHER, dataKey, nonce, { authTagLength: ENVELOPE_TAG_BYTES });
    decipher.setAAD(data);
    decipher.setAuthTag(sealed.subarray(-ENVELOPE_TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -ENVELOPE_TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Decrypt by the primitive alone, for tests of it. @throws {InvalidEncryptedEnvelope} */
export function openGcm(
  sealed: Uint8Array,
  dataKey: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  return decrypt(sealed, dataKey, nonce, data) ?? invalid("the ciphertext cannot be opened", undefined);
}

/** Seal the canonical JSON of a value. */
export function sealText(
  plaintext: string,
  dataKey: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  return encrypt(Buffer.from(plaintext), dataKey, nonce, data);
}

/** Give the stored value of an envelope. */
export function envelopeValue({ wrappedKey, nonce, sealed }: Envelope): AttributeValue {
  return {
    M: {
      ct: { B: encodeBytes(sealed) },
      edk: { B: encodeBytes(wrappedKey) },
      nonce: { B: encodeBytes(nonce) },
      v: { N: VERSION },
    },
  };
}

/**
 * Make the envelope of a value, in DynamoDB JSON as the codec writes it, for those who write items by other means. A nonce is
 * never used again.
 *
 * @param wrappedKey what KMS gave beside the data key
 * @throws {ValidationFailed} where a part has not its length, or the value is none.
 */
export function sealValue(
  value: AttributeValue,
  dataKey: Uint8Array,
  nonce: Uint8Array,
  wrappedKey: Uint8Array,
  context: EnvelopeContext,
): AttributeValue {
  checkBytes("a data key", dataKey, DATA_KEY_BYTES);
  checkBytes("a nonce", nonce, ENVELOPE_NONCE_BYTES);
  if (!(wrappedKey instanceof Uint8Array) || !fitsWrapped(wrappedKey)) {
    refuse(`a wrapped key has 1 to ${KMS_CIPHERTEXT_MAX_BYTES} bytes`);
  }
  const text = isValue(value) ? canonicalJson(value) : refuse("expected a value in DynamoDB JSON");
  return envelopeValue({
    wrappedKey,
    nonce,
    sealed: sealText(text, dataKey, nonce, additionalData(context)),
  });
}

function checkBytes(what: string, bytes: unknown, length: number): void {
  if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
    refuse(`${what} has ${length} bytes`);
  }
}

function fitsWrapped({ length }: Uint8Array): boolean {
  return length >= 1 && length <= KMS_CIPHERTEXT_MAX_BYTES;
}

/**
 * Open an envelope, for those who read items by other means.
 *
 * @throws {InvalidEncryptedEnvelope} where it is none, was changed, or belongs elsewhere.
 */
export function openEnvelope(
  envelope: AttributeValue,
  dataKey: Uint8Array,
  context: EnvelopeContext,
): AttributeValue {
  const path = formatPath([context.attribute]);
  return openParts(envelopeOf(envelope, path), dataKey, additionalData(context), path);
}

const MEMBERS = ["ct", "edk", "nonce", "v"];

/** Tell whether a stored value has the four names of an envelope, whatever stands behind them. */
export function hasEnvelopeNames(stored: unknown): boolean {
  const members = isPlainObject(stored) ? stored.M : undefined;
  return isPlainObject(members) && Object.keys(members).sort().join() === MEMBERS.join();
}

/** Take an envelope apart. @throws {InvalidEncryptedEnvelope} where the stored value is none. */
export function envelopeOf(stored: unknown, path: string): Envelope {
  if (!isPlainObject(stored) || Object.keys(stored).length !== 1 || !hasEnvelopeNames(stored)) {
    return invalid("the stored value is no envelope", path);
  }
  const { v: version, edk, nonce: once, ct } = stored.M as Readonly<Record<string, unknown>>;
  const number = only(version, "N");
  if (number === undefined || canonicalNumber(number) !== VERSION) {
    return invalid("the envelope has another version", path);
  }
  const [wrappedKey, nonce, sealed] = [bytesOf(edk), bytesOf(once), bytesOf(ct)];
  const isWhole =
    fitsWrapped(wrappedKey) && nonce.length === ENVELOPE_NONCE_BYTES && sealed.length >= ENVELOPE_TAG_BYTES;
  return isWhole
    ? { wrappedKey, nonce, sealed }
    : invalid("a member of the envelope has not its length", path);
}

/** Give the text of a stored value that has one tag and no other. */
function only(value: unknown, tag: "N" | "B"): string | undefined {
  const text = isPlainObject(value) && Object.keys(value).length === 1 ? value[tag] : undefined;
  return typeof text === "string" ? text : undefined;
}

/** No member of an envelope is empty. */
const NO_BYTES = new Uint8Array();

function bytesOf(value: unknown): Uint8Array {
  const text = only(value, "B");
  return (text === undefined ? undefined : decodeBytes(text)) ?? NO_BYTES;
}

/** Open an envelope that was taken apart. @throws {InvalidEncryptedEnvelope} */
export function openParts(
  { nonce, sealed }: Envelope,
  dataKey: Uint8Array,
  data: Uint8Array,
  path: string,
): AttributeValue {
  const plaintext = dataKey.length === DATA_KEY_BYTES ? decrypt(sealed, dataKey, nonce, data) : undefined;
  const value = plaintext && valueOf(plaintext);
  return isValue(value) ? value : invalid("the envelope cannot be opened here", path);
}

/** Read the plaintext, which a parser's own error would repeat. */
function valueOf(plaintext: Uint8Array): unknown {
  try {
    return JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext),
    ) as unknown;
  } catch {
    return undefined;
  }
}

function invalid(fact: string, path: string | undefined): never {
  throw new InvalidEncryptedEnvelope(fact, { path });
}
