/** Values of DynamoDB JSON by themselves: what is one, and what equal ones have in common. */

import { NESTING_DEPTH_MAX } from "../generated/limits.ts";
import { canonicalNumber, compareNumbers } from "../text/decimal.ts";
import { canonicalJson, isPlainObject, setOwn } from "../text/json.ts";
import { compareUtf8 } from "../text/utf8.ts";
import { decodeBytes } from "./binary.ts";
import type { AttributeValue, WireItem } from "./value.ts";

/** Tell whether two items of DynamoDB JSON are equal: numbers by value, sets in any order. */
export function sameItem(left: WireItem, right: WireItem): boolean {
  return canonicalJson(canonicalItem(left)) === canonicalJson(canonicalItem(right));
}

function canonicalItem(item: WireItem): WireItem {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(item)) {
    setOwn(result, name, canonicalValue(value));
  }
  return result as unknown as WireItem;
}

/** Give a value as the codec writes it: numbers in canonical text, the members of sets in their order. */
export function canonicalValue(value: AttributeValue): AttributeValue {
  if ("N" in value) {
    return { N: canonicalText(value.N) };
  }
  if ("SS" in value) {
    return { SS: [...value.SS].sort(compareUtf8) };
  }
  if ("NS" in value) {
    return { NS: value.NS.map(canonicalText).sort(compareNumbers) };
  }
  if ("BS" in value) {
    return { BS: [...value.BS].sort(compareBytes) };
  }
  if ("L" in value) {
    return { L: value.L.map(canonicalValue) };
  }
  return "M" in value ? { M: canonicalItem(value.M) } : value;
}

function canonicalText(text: string): string {
  return canonicalNumber(text) ?? text;
}

/** Compare the base64 text of bytes by the bytes. */
export function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left, "base64"), Buffer.from(right, "base64"));
}

const isText = (body: unknown): boolean => typeof body === "string" && body.isWellFormed();
const isNumber = (body: unknown): boolean => typeof body === "string" && canonicalNumber(body) !== undefined;
const isBytes = (body: unknown): boolean => typeof body === "string" && decodeBytes(body) !== undefined;

type Fits = (body: unknown, depth: number) => boolean;

const isListOf =
  (fits: Fits): Fits =>
  (body, depth) =>
    Array.isArray(body) && body.every((element) => fits(element, depth + 1));

const FITS: Readonly<Record<string, Fits>> = {
  S: isText,
  N: isNumber,
  B: isBytes,
  BOOL: (body) => typeof body === "boolean",
  NULL: (body) => body === true,
  SS: isListOf(isText),
  NS: isListOf(isNumber),
  BS: isListOf(isBytes),
  L: isListOf(isValue),
  M: (body, depth) => isPlainObject(body) && isListOf(isValue)(Object.values(body), depth),
};

/** Tell whether something is one value of DynamoDB JSON. */
export function isValue(value: unknown, depth = 0): value is AttributeValue {
  if (!isPlainObject(value) || depth > NESTING_DEPTH_MAX) {
    return false;
  }
  const [[tag, body] = ["", undefined], ...others] = Object.entries(value);
  return others.length === 0 && Object.hasOwn(FITS, tag) && FITS[tag]?.(body, depth) === true;
}
