/** Whether two items are equal: numbers by value, sets in any order. */

import { canonicalNumber } from "../text/decimal.ts";
import { canonicalJson } from "../text/json.ts";
import { compareUtf8 } from "../text/utf8.ts";
import type { AttributeValue, WireItem } from "./value.ts";

/** Tell whether two items of DynamoDB JSON are equal. */
export function sameItem(left: WireItem, right: WireItem): boolean {
  return canonicalJson(normalItem(left)) === canonicalJson(normalItem(right));
}

function normalItem(item: WireItem): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, normalValue(value)]));
}

function normalValue(value: AttributeValue): unknown {
  if ("N" in value) {
    return { N: normalNumber(value.N) };
  }
  if ("SS" in value) {
    return { SS: [...value.SS].sort(compareUtf8) };
  }
  if ("NS" in value) {
    return { NS: value.NS.map(normalNumber).sort(compareUtf8) };
  }
  if ("BS" in value) {
    return { BS: [...value.BS].sort(compareUtf8) };
  }
  if ("L" in value) {
    return { L: value.L.map(normalValue) };
  }
  return "M" in value ? { M: normalItem(value.M) } : value;
}

function normalNumber(text: string): string {
  return canonicalNumber(text) ?? text;
}
