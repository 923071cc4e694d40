/** The size of an item by DynamoDB's rules: names and values, in bytes. */

import { parseDecimal } from "../text/decimal.ts";
import { utf8Length } from "../text/utf8.ts";
import type { AttributeValue, WireItem } from "./value.ts";

/**
 * Give an item's size in bytes.
 *
 * @example
 * itemSize({ id: { S: "e" }, price: { N: "1200" } }) // 3 + 7
 */
export function itemSize(item: WireItem): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    bytes += utf8Length(name) + valueSize(value);
  }
  return bytes;
}

function valueSize(value: AttributeValue): number {
  if ("S" in value) {
    return utf8Length(value.S);
  }
  if ("N" in value) {
    return numberSize(value.N);
  }
  if ("B" in value) {
    return bytesSize(value.B);
  }
  if ("L" in value) {
    return value.L.reduce((bytes, element) => bytes + 1 + valueSize(element), 3);
  }
  if ("M" in value) {
    return 3 + Object.keys(value.M).length + itemSize(value.M);
  }
  return setSize(value);
}

function setSize(value: AttributeValue): number {
  if ("SS" in value) {
    return sum(value.SS.map(utf8Length));
  }
  if ("NS" in value) {
    return sum(value.NS.map(numberSize));
  }
  // BOOL and NULL take one byte.
  return "BS" in value ? sum(value.BS.map(bytesSize)) : 1;
}

/** One byte for every two significant digits, rounded up, and one; zero has no significant digit. */
function numberSize(text: string): number {
  return Math.ceil((parseDecimal(text)?.digits.length ?? 0) / 2) + 1;
}

function bytesSize(base64: string): number {
  return Buffer.byteLength(base64, "base64");
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
