/** Tagged values of the pipe ↔ native values of the library, by the attribute they belong to. It judges nothing. */

import type { Attribute } from "../../../ts/src/index.ts";
import { MEMBER_NAMES } from "./models-fields.ts";

/** A tagged value. */
export type Tagged = Readonly<Record<string, unknown>>;

/** Tagged values by attribute. */
export type TaggedMap = Readonly<Record<string, Tagged>>;

/** What has members: a model, or a typed map. */
type Members = ReadonlyMap<string, Attribute> | undefined;

const INTEGER = /^[+-]?\d+$/;
const INSTANT = /^\d{4}-\d\d-\d\dT/;
const WRITTEN_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Give the native value of a tagged one. */
export function toNative(attribute: Attribute | undefined, value: Tagged): unknown {
  const [[tag, inner] = ["NULL", true]] = Object.entries(value);
  if (tag === "NULL") {
    return null;
  }
  if (tag === "S" && attribute?.format?.startsWith("unix_") && INSTANT.test(inner as string)) {
    return new Date(inner as string);
  }
  if (tag !== attribute?.type) {
    return untypedToNative(tag, inner);
  }
  if (attribute.format === "timestamp" && WRITTEN_DATE.test(inner as string)) {
    // As a Date writes itself: a program that has such an instant mostly has the Date.
    const date = new Date(inner as string);
    return Number.isNaN(date.getTime()) ? inner : date;
  }
  if (attribute.json) {
    return parsed(inner as string);
  }
  if (attribute.format === "bool_string" && (inner === "true" || inner === "false")) {
    return inner === "true";
  }
  switch (tag) {
    case "N":
      return numberToNative(attribute.format, inner as string);
    case "L":
      return (inner as Tagged[]).map((element) => toNative(attribute.items, element));
    case "M":
      return mapToNative(attribute.members, inner as TaggedMap);
    default:
      return untypedToNative(tag, inner);
  }
}

/** Give the native members of tagged ones. */
export function mapToNative(members: Members, values: TaggedMap): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const attribute = members?.get(name);
      return [attribute === undefined ? name : memberOf(attribute), toNative(attribute, value)];
    }),
  );
}

function memberOf(attribute: Attribute): string {
  return MEMBER_NAMES.get(attribute) ?? attribute.property;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function numberToNative(format: string | undefined, text: string): unknown {
  if (format === "decimal") {
    return text;
  }
  const number = Number(text);
  if (format === "int64") {
    return Number.isSafeInteger(number) ? BigInt(number) : INTEGER.test(text) ? BigInt(text) : number;
  }
  if (format === "float" || Number.isNaN(number) || normal(String(number)) === normal(text)) {
    return number;
  }
  // What a number would not hold goes on as something wider, so that the library refuses it.
  return INTEGER.test(text) ? BigInt(text) : Object(number);
}

/** Spell a number's digits and exponent in one way. */
function normal(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const scale = Number(exponent) - fraction.length + digits.length;
  const significant = digits.replace(/0+$/, "");
  return significant === "" ? "0" : `${sign === "-" ? "-" : ""}${significant}e${scale}`;
}

function untypedToNative(tag: string, inner: unknown): unknown {
  switch (tag) {
    case "N":
      return numberToNative(undefined, inner as string);
    case "B":
      return bytes(inner);
    case "SS":
      return new Set(inner as string[]);
    case "NS":
      return new Set((inner as string[]).map((text) => numberToNative(undefined, text)));
    case "BS":
      return new Set((inner as string[]).map(bytes));
    case "L":
      return (inner as Tagged[]).map((element) => toNative(undefined, element));
    case "M":
      return mapToNative(undefined, inner as TaggedMap);
    default:
      return inner;
  }
}

function bytes(text: unknown): Uint8Array {
  // A window on something larger, as a Buffer mostly is.
  const wide = Buffer.concat([new Uint8Array(1), Buffer.from(text as string, "base64"), new Uint8Array(1)]);
  return wide.subarray(1, -1);
}

/** Give the tagged members of native ones; null attributes and empty sets of typed maps are left out. */
export function mapToTagged(members: Members, values: object): Record<string, Tagged> {
  const names = new Map([...(members ?? [])].map(([name, attribute]) => [memberOf(attribute), name]));
  const isThere = (value: unknown): boolean =>
    members === undefined ||
    !(value === undefined || value === null || (value instanceof Set && value.size === 0));
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => isThere(value))
      .map(([property, value]) => {
        const name = names.get(property) ?? property;
        return [name, toTagged(members?.get(name), value)];
      }),
  );
}

function toTagged(attribute: Attribute | undefined, value: unknown): Tagged {
  if (attribute?.json === true) {
    return { S: JSON.stringify(value) };
  }
  switch (typeof value) {
    case "string":
      return attribute?.format === "decimal" ? { N: value } : { S: value };
    case "number":
    case "bigint":
      return { N: String(value) };
    case "boolean":
      return attribute?.type === "S" ? { S: String(value) } : { BOOL: value };
    default:
      return objectToTagged(attribute, value);
  }
}

function objectToTagged(attribute: Attribute | undefined, value: unknown): Tagged {
  if (value === null || value === undefined) {
    return { NULL: true };
  }
  if (value instanceof Uint8Array) {
    return { B: base64(value) };
  }
  if (value instanceof Set) {
    return setToTagged(value);
  }
  return Array.isArray(value)
    ? {
        L: value.map((element: unknown) => toTagged(attribute?.items, element)),
      }
    : { M: mapToTagged(attribute?.members, value) };
}

function setToTagged(members: ReadonlySet<unknown>): Tagged {
  const [first] = members;
  if (typeof first === "string") {
    return { SS: [...members] };
  }
  return typeof first === "number"
    ? { NS: [...members].map(String) }
    : { BS: [...members].map((member) => base64(member as Uint8Array)) };
}

function base64(value: Uint8Array): string {
  return Buffer.from(value).toString("base64");
}

/** Tell whether changes are the same as a map: their paths are texts, each another, whose order a map keeps. */
export function isMap(
  changes: readonly (readonly unknown[])[],
): changes is readonly (readonly [string, unknown])[] {
  const paths = new Set(changes.map(([path]) => path));
  return (
    paths.size === changes.length &&
    [...paths].every((path) => typeof path === "string" && !/^\d+$/.test(path))
  );
}
