/** Sets, and lists and maps without a declaration, whose members say their types themselves. */

import { NESTING_DEPTH_MAX } from "../generated/limits.ts";
import { compareNumbers } from "../text/decimal.ts";
import { isPlainObject, setOwn } from "../text/json.ts";
import { compareUtf8, quote } from "../text/utf8.ts";
import { BINARY, decodeBytes, encodeBytes } from "./binary.ts";
import { compareBytes } from "./equal.ts";
import { PLAIN_NUMBER } from "./number.ts";
import {
  isNull,
  kindOf,
  refuse,
  refuseKind,
  refuseWire,
  tagOf,
  type ValueCodec,
  type Wire,
  within,
} from "./value.ts";

/** Text as it is; the codec of an attribute of type S without anything else. */
export const TEXT: ValueCodec = {
  encode: (value) => `{"S":${quoted(value)}}`,
  decode(wire: Wire) {
    const text = wire.S;
    return typeof text === "string" && text.isWellFormed() ? text : refuseWire("S", wire);
  },
};

function quoted(value: unknown): string {
  return typeof value === "string"
    ? (quote(value) ?? refuse("a lone surrogate is no text"))
    : refuseKind("a string", value);
}

/** The codec of every attribute of type BOOL. */
export const BOOLEAN: ValueCodec = {
  encode: (value) =>
    value === true ? '{"BOOL":true}' : value === false ? '{"BOOL":false}' : refuseKind("a boolean", value),
  decode: (wire: Wire) => (typeof wire.BOOL === "boolean" ? wire.BOOL : refuseWire("BOOL", wire)),
};

/** The codec of every attribute of type NULL: whatever is not null does not fit. */
export const NULL: ValueCodec = {
  encode: (value) => refuseKind("null", value),
  decode: (wire: Wire) => refuseWire("NULL", wire),
};

/** One kind of set: how a member is written and read, and how members are ordered. */
interface SetKind {
  readonly tag: "SS" | "NS" | "BS";
  readonly write: (member: unknown) => string;
  readonly read: (text: string) => unknown;
  readonly compare: (left: string, right: string) => number;
  /** Give the JSON text of a written member. */
  readonly json: (text: string) => string;
}

const ascii = (text: string): string => `"${text}"`;

const SETS: Record<SetKind["tag"], SetKind> = {
  SS: {
    tag: "SS",
    write: (member) => (typeof member === "string" ? member : refuseKind("a string", member)),
    read: (text) => (text.isWellFormed() ? text : undefined),
    compare: compareUtf8,
    json: quoted,
  },
  NS: { tag: "NS", ...PLAIN_NUMBER, compare: compareNumbers, json: ascii },
  BS: { tag: "BS", write: encodeBytes, read: decodeBytes, compare: compareBytes, json: ascii },
};

/** Make the codec of an attribute of type SS, NS or BS. */
export function setCodec(tag: SetKind["tag"]): ValueCodec {
  const kind = SETS[tag];
  return {
    encode: (value) => encodeSet(kind, value),
    decode(wire: Wire) {
      const members = wire[tag];
      return Array.isArray(members) ? decodeSet(kind, members, wire) : refuseWire(tag, wire);
    },
  };
}

function encodeSet(kind: SetKind, value: unknown): string | undefined {
  if (!(value instanceof Set)) {
    return refuseKind("a Set", value);
  }
  // Equal members have equal text; JavaScript's own Set tells equal bytes apart.
  const texts = new Set(Array.from(value, kind.write));
  if (texts.size === 0) {
    return undefined;
  }
  return `{"${kind.tag}":[${[...texts].sort(kind.compare).map(kind.json).join(",")}]}`;
}

function decodeSet(kind: SetKind, members: readonly unknown[], wire: Wire): Set<unknown> {
  const result = new Set<unknown>();
  // Equal bytes are different objects to JavaScript's own Set; equal members have equal text.
  for (const member of new Set(members)) {
    const value = typeof member === "string" ? kind.read(member) : undefined;
    result.add(value ?? refuseWire(kind.tag, wire));
  }
  return result;
}

// Only an attribute can be absent instead; inside a map or list the set would be lost without a word.
const NO_EMPTY_SET = "an empty set is never stored";

/** Refuse a value that stands deeper than DynamoDB stores. */
export function checkDepth(depth: number): void {
  if (depth > NESTING_DEPTH_MAX) {
    refuse(`lists and maps nest at most ${NESTING_DEPTH_MAX} deep`);
  }
}

/** The codec of what no declaration types: a value's own type decides. */
export const UNTYPED: ValueCodec = { encode: encodeUntyped, decode: decodeUntyped };

function encodeUntyped(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case "string":
      return `{"S":${quoted(value)}}`;
    case "number":
      return `{"N":"${PLAIN_NUMBER.write(value)}"}`;
    case "boolean":
      return value ? '{"BOOL":true}' : '{"BOOL":false}';
    case "object":
      return value === null ? '{"NULL":true}' : encodeObject(value, depth);
    default:
      return refuse(`an untyped value cannot be a ${typeof value}`);
  }
}

function encodeObject(value: object, depth: number): string | undefined {
  if (Array.isArray(value)) {
    return encodeList(UNTYPED, value, depth);
  }
  if (value instanceof Uint8Array) {
    return BINARY.encode(value, depth);
  }
  if (value instanceof Set) {
    return encodeUntypedSet(value);
  }
  return isPlainObject(value)
    ? encodeUntypedMap(value, depth)
    : refuse(`an untyped value cannot be a ${kindOf(value)}; maps are plain objects`);
}

function encodeUntypedSet(value: ReadonlySet<unknown>): string | undefined {
  const [first] = value;
  if (typeof first === "string" || value.size === 0) {
    return encodeSet(SETS.SS, value);
  }
  return encodeSet(typeof first === "number" ? SETS.NS : SETS.BS, value);
}

function encodeUntypedMap(value: Readonly<Record<string, unknown>>, depth: number): string {
  let text = "";
  for (const key of Object.keys(value).sort(compareUtf8)) {
    const member = value[key];
    if (member === undefined) {
      continue;
    }
    text += `${text === "" ? "" : ","}${quoted(key)}:${encodeMember(key, member, depth)}`;
  }
  return `{"M":{${text}}}`;
}

function encodeMember(key: string, member: unknown, depth: number): string {
  try {
    checkDepth(depth + 1);
    return encodeUntyped(member, depth + 1) ?? refuse(NO_EMPTY_SET);
  } catch (fault) {
    return within(key, fault);
  }
}

/** Write a list, each element by one codec; an empty set is no element, for it is never stored. */
export function encodeList(items: ValueCodec, value: unknown, depth: number): string {
  if (!Array.isArray(value)) {
    return refuseKind("an array", value);
  }
  let text = "";
  for (let index = 0; index < value.length; index++) {
    text += (index === 0 ? "" : ",") + encodeElement(items, value[index], index, depth);
  }
  return `{"L":[${text}]}`;
}

function encodeElement(items: ValueCodec, element: unknown, index: number, depth: number): string {
  try {
    checkDepth(depth + 1);
    if (element === null && items === UNTYPED) {
      return '{"NULL":true}';
    }
    if (element === null || element === undefined) {
      return refuseKind("an element", element);
    }
    return items.encode(element, depth + 1) ?? refuse(NO_EMPTY_SET);
  } catch (fault) {
    return within(index, fault);
  }
}

/** Read a list, each element by one codec. */
export function decodeList(items: ValueCodec, wire: Wire): unknown[] {
  const elements = wire.L;
  if (!Array.isArray(elements)) {
    return refuseWire("L", wire);
  }
  const result = new Array<unknown>(elements.length);
  for (let index = 0; index < elements.length; index++) {
    result[index] = decodeElement(items, elements[index] as Wire | null, index);
  }
  return result;
}

function decodeElement(items: ValueCodec, element: Wire | null, index: number): unknown {
  try {
    return items.decode(element ?? refuse("expected a value, found nothing"));
  } catch (fault) {
    return within(index, fault);
  }
}

const DECODERS: Readonly<Record<string, (wire: Wire) => unknown>> = {
  S: TEXT.decode,
  N: decodePlainNumber,
  B: BINARY.decode,
  BOOL: BOOLEAN.decode,
  NULL: (wire) => (isNull(wire) ? null : refuseWire("NULL", wire)),
  L: (wire) => decodeList(UNTYPED, wire),
  M: decodeUntypedMap,
  SS: setCodec("SS").decode,
  NS: setCodec("NS").decode,
  BS: setCodec("BS").decode,
};

function decodePlainNumber(wire: Wire): unknown {
  const value = typeof wire.N === "string" ? PLAIN_NUMBER.read(wire.N) : undefined;
  return value ?? refuseWire("N", wire, "N that a JavaScript number holds exactly");
}

function decodeUntyped(wire: Wire): unknown {
  return (DECODERS[tagOf(wire)] ?? ((value: Wire) => refuseWire("S", value, "a value")))(wire);
}

function decodeUntypedMap(wire: Wire): Record<string, unknown> {
  const members = wire.M;
  if (!isPlainObject(members)) {
    return refuseWire("M", wire);
  }
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(members)) {
    try {
      setOwn(result, key, decodeUntyped(members[key] as Wire));
    } catch (fault) {
      within(key, fault);
    }
  }
  return result;
}
