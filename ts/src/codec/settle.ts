/** What becomes of a written value before it is sent: left out where it is empty, refused where it is no key. */

import type { Attribute, AttributeType } from "../schema/model.ts";
import { utf8Length } from "../text/utf8.ts";
import { refuse } from "./value.ts";

/**
 * Decide what becomes of a written value: undefined where `omit_empty` leaves it out.
 *
 * Keys of the table and of indexes that stay are not empty, and not larger than DynamoDB takes.
 */
export function settle(attribute: Attribute, text: string | undefined): string | undefined {
  if (text === undefined || (attribute.omitEmpty && isEmpty(attribute, text))) {
    return undefined;
  }
  if (attribute.keyMaxBytes !== undefined) {
    checkKey(text, attribute.type, attribute.keyMaxBytes);
  }
  return text;
}

/** Tell whether `omit_empty` leaves out a native value before its text is looked at: `""` is empty whatever the format. */
export function leaves(attribute: Attribute, value: unknown): boolean {
  return attribute.omitEmpty && attribute.type === "S" && attribute.format === undefined && value === "";
}

/** Refuse a key that is empty or larger than DynamoDB takes. */
export function checkKey(text: string, type: AttributeType, maxBytes: number): void {
  if (type === "N") {
    return;
  }
  const value = Object.values(JSON.parse(text) as Record<string, string>)[0] ?? "";
  const bytes = type === "B" ? Buffer.byteLength(value, "base64") : utf8Length(value);
  if (bytes === 0) {
    refuse("a key must not be empty");
  }
  if (bytes > maxBytes) {
    refuse(`a key of this kind has at most ${maxBytes} bytes`);
  }
}

/** What `omit_empty` leaves out, as wire values, by type. */
const EMPTY: Partial<Record<AttributeType, string>> = {
  S: '{"S":""}',
  N: '{"N":"0"}',
  B: '{"B":""}',
  BOOL: '{"BOOL":false}',
  L: '{"L":[]}',
  M: '{"M":{}}',
};

const EMPTY_FORMATS: Readonly<Record<string, string>> = {
  timestamp: '{"S":"0001-01-01T00:00:00.000000Z"}',
  rfc3339nano: '{"S":"0001-01-01T00:00:00.000000000Z"}',
  bool_string: '{"S":"false"}',
};

const EMPTY_JSON: ReadonlySet<string> = new Set(
  ['\\"\\"', "0", "false", "[]", "{}"].map((text) => `{"S":"${text}"}`),
);

/** Tell whether a wire value is one that `omit_empty` leaves out. */
function isEmpty(attribute: Attribute, text: string): boolean {
  if (attribute.json) {
    return EMPTY_JSON.has(text);
  }
  const byFormat = attribute.format && EMPTY_FORMATS[attribute.format];
  return text === (byFormat ?? EMPTY[attribute.type]);
}
