/**
 * The seam between an attribute and how its value is written: one codec for each declaration, picked by type and format.
 *
 * An encrypted attribute is written and read as the plain one it is before and behind its envelope; without a key it refuses.
 */

import type { Attribute, AttributeType } from "../schema/model.ts";
import { BINARY } from "./binary.ts";
import { BOOLEAN, decodeList, encodeList, NULL, setCodec, TEXT, UNTYPED } from "./collection.ts";
import { JSON_TEXT } from "./json.ts";
import { type AttributeCodec, membersCodec } from "./members.ts";
import { numberCodec } from "./number.ts";
import { formattedCodec } from "./time.ts";
import { settle } from "./settle.ts";
import { refuse, refuseKind, refuseWire, ValueFault, type ValueCodec } from "./value.ts";

/** Make the codec of an attribute, or of the elements of a list; without a key, that of an encrypted one refuses. */
export function attributeCodec(attribute: Attribute): AttributeCodec {
  return attribute.encrypted ? lockedCodec(attribute) : plainCodec(attribute);
}

/** Make the codec of an attribute, whether it is encrypted or not. */
export function plainCodec(attribute: Attribute): AttributeCodec {
  return attribute.members === undefined
    ? (listCodec(attribute) ?? leaf(scalarCodec(attribute)))
    : membersCodec(attribute.members, attributeCodec);
}

function leaf(codec: ValueCodec): AttributeCodec {
  return { ...codec, decodePartial: codec.decode };
}

function listCodec(attribute: Attribute): AttributeCodec | undefined {
  if (attribute.items === undefined) {
    return undefined;
  }
  const items = attributeCodec(attribute.items);
  const partial = { ...items, decode: items.decodePartial };
  return {
    encode: (value, depth) => encodeList(items, value, depth),
    decode: (wire) => decodeList(items, wire),
    decodePartial: (wire) => decodeList(partial, wire),
  };
}

const SCALARS: Record<AttributeType, (attribute: Attribute) => ValueCodec> = {
  S: textCodec,
  N: numberCodec,
  B: () => BINARY,
  BOOL: () => BOOLEAN,
  NULL: () => NULL,
  L: () => ofType("L", "an array", Array.isArray),
  M: () => ofType("M", "an object", (value) => !Array.isArray(value) && !(value instanceof Set)),
  SS: () => setCodec("SS"),
  NS: () => setCodec("NS"),
  BS: () => setCodec("BS"),
};

function scalarCodec(attribute: Attribute): ValueCodec {
  return SCALARS[attribute.type](attribute);
}

function textCodec(attribute: Attribute): ValueCodec {
  if (attribute.json) {
    return JSON_TEXT;
  }
  return attribute.enum === undefined ? (formattedCodec(attribute) ?? TEXT) : enumCodec(attribute.enum);
}

function enumCodec(values: readonly string[]): ValueCodec {
  const allowed = new Set<unknown>(values);
  const check = <T>(value: T): T =>
    allowed.has(value) ? value : refuse(`expected one of the ${allowed.size} values of the enumeration`);
  return {
    encode: (value, depth) => TEXT.encode(typeof value === "string" ? check(value) : value, depth),
    decode: (wire) => check(TEXT.decode(wire)),
  };
}

/** A list or map without a declaration: its elements are untyped, it itself is not. */
function ofType(tag: "L" | "M", expected: string, fits: (value: unknown) => boolean): ValueCodec {
  return {
    encode(value, depth) {
      const text = typeof value === "object" && fits(value) ? UNTYPED.encode(value, depth) : undefined;
      return text?.startsWith(`{"${tag}":`) === true ? text : refuseKind(expected, value);
    },
    decode: (wire) => (wire[tag] === undefined ? refuseWire(tag, wire) : UNTYPED.decode(wire)),
  };
}

function sealed(): never {
  throw new ValueFault("the attribute is encrypted and no key is configured", "EncryptionNotConfigured");
}

/** Refuse what would be stored, or read, of an encrypted attribute; what would not be stored needs no key. */
function lockedCodec(attribute: Attribute): AttributeCodec {
  const { encode } = plainCodec(attribute);
  return {
    encode(value, depth) {
      const text = encode(value, depth);
      return settle(attribute, text) === undefined ? text : sealed();
    },
    decode: sealed,
    decodePartial: sealed,
  };
}
