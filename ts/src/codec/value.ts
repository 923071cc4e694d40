/** The wire value: its tags and nothing else, and what it means that a value does not fit. */

import type { ErrorCode } from "../errors/catalogue.ts";
import type { Segment } from "../errors/path.ts";
import type { AttributeType } from "../schema/model.ts";

/** A value in DynamoDB JSON; binary is base64 text. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: WireItem };

/** An item in DynamoDB JSON. */
export interface WireItem {
  readonly [attribute: string]: AttributeValue;
}

/** A wire value before anyone looked at it: what came over the network is not to be trusted. */
export type Wire = Readonly<Partial<Record<AttributeType, unknown>>>;

/** One attribute's way to the wire and back; null is dealt with where members and elements are. */
export interface ValueCodec {
  /** Give the wire value's JSON text; undefined for what is never stored, the empty set. */
  readonly encode: (value: unknown, depth: number) => string | undefined;
  /** Give the native value. */
  readonly decode: (wire: Wire) => unknown;
}

/** A value does not fit: why, and the way to it, which grows while the stack unwinds. Never shown to users. */
export class ValueFault {
  readonly fact: string;
  readonly code: ErrorCode | undefined;
  readonly segments: Segment[];

  constructor(fact: string, code?: ErrorCode, segments: readonly Segment[] = []) {
    this.fact = fact;
    this.code = code;
    this.segments = [...segments];
  }
}

/** Refuse a value, by a fact that names types and never the value. */
export function refuse(fact: string): never {
  throw new ValueFault(fact);
}

/** Rethrow what went wrong inside a member or element, with one more step of the way to it. */
export function within(segment: Segment, fault: unknown): never {
  if (fault instanceof ValueFault) {
    fault.segments.unshift(segment);
  }
  throw fault;
}

/** Refuse a native value that is not of the attribute's type. */
export function refuseKind(expected: string, value: unknown): never {
  return refuse(`expected ${expected}, found ${kindOf(value)}`);
}

/** Refuse a wire value: its tag where that is wrong, else the text behind it. */
export function refuseWire(tag: AttributeType, wire: Wire, what: string = tag): never {
  const found = tagOf(wire);
  return refuse(
    found === tag ? `expected ${what}, found another ${tag}` : `expected ${what}, found ${found}`,
  );
}

/** Name the tag of a wire value. */
export function tagOf(wire: unknown): string {
  const [tag] = typeof wire === "object" && wire !== null ? Object.keys(wire) : [];
  return tag !== undefined && TAGS.has(tag) ? tag : "no value";
}

const TAGS: ReadonlySet<string> = new Set<AttributeType>([
  ...(["S", "N", "B", "BOOL", "NULL"] as const),
  ...(["L", "M", "SS", "NS", "BS"] as const),
]);

/** Tell whether a wire value is NULL. */
export function isNull(wire: Wire | null): boolean {
  return wire === null || wire.NULL !== undefined;
}

/** Name what a native value is, for a text that must not show it. */
export function kindOf(value: unknown): string {
  if (typeof value !== "object") {
    return typeof value;
  }
  if (value === null) {
    return "null";
  }
  const special = [Array, Set, Map, Date, Uint8Array].find((type) => value instanceof type);
  return special === undefined ? "object" : special.name;
}
