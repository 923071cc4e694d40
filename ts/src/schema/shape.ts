/**
 * The structure of a document: which members there are, and of which kind. What they mean together is known by `check.ts`.
 *
 * The tables say what `spec/schemas/dms-1.0.schema.json` says; a test compares the two.
 */

import { InvalidModel } from "../errors/catalogue.ts";
import { DMS_VERSIONS } from "../generated/version.ts";
import { compareUtf8 } from "../text/utf8.ts";

/** What one place of a document has to look like. */
export type Shape =
  | { readonly is: "text"; readonly pattern?: RegExp; readonly oneOf?: readonly string[] }
  | { readonly is: "boolean" }
  | { readonly is: "free" }
  | { readonly is: "list"; readonly of: () => Shape; readonly some?: boolean; readonly unique?: boolean }
  | {
      readonly is: "object";
      readonly members: () => Readonly<Record<string, Shape>>;
      readonly required: readonly string[];
    };

const NAME: Shape = { is: "text" };
const BOOLEAN: Shape = { is: "boolean" };
const TAGS: Shape = { is: "free" };
const TABLE_NAME: Shape = { is: "text", pattern: /^[a-zA-Z0-9_.-]{3,255}$/ };
const TYPE_NAME: Shape = { is: "text", pattern: /^[A-Z][A-Za-z0-9]*$/ };
const NAMES: Shape = { is: "list", of: () => NAME, some: true, unique: true };

function object(required: readonly string[], members: () => Readonly<Record<string, Shape>>): Shape {
  return { is: "object", required, members };
}

function oneOf(...values: readonly string[]): Shape {
  return { is: "text", oneOf: values };
}

const KEY = object(["attribute", "type"], () => ({ attribute: NAME, type: oneOf("S", "N", "B") }));

const ELEMENT: Readonly<Record<string, Shape>> = {
  type: oneOf("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"),
  format: oneOf(
    ...["timestamp", "rfc3339nano", "date", "uuid", "bool_string"],
    ...["int", "int64", "float", "decimal", "unix_seconds", "unix_millis"],
  ),
  json: BOOLEAN,
  // Any text may stand in an enumeration, the empty one too.
  enum: { is: "list", of: () => ({ is: "text", pattern: /^/ }), some: true, unique: true },
  attributes: { is: "list", of: () => NESTED },
  items: object(["type"], () => ELEMENT),
};

const MEMBER: Readonly<Record<string, Shape>> = {
  ...ELEMENT,
  attribute: NAME,
  required: BOOLEAN,
  omit_empty: BOOLEAN,
  field: { is: "text", pattern: /^[a-z][a-z0-9_]*$/ },
  tags: TAGS,
};

const NESTED: Shape = object(["attribute", "type"], () => MEMBER);

const ATTRIBUTE = object(["attribute", "type"], () => ({
  ...MEMBER,
  roles: {
    is: "list",
    of: () => oneOf("pk", "sk", "created_at", "updated_at", "version", "ttl"),
    unique: true,
  },
  encryption: object([], () => ({ context: object([], () => ({ model: NAME, attribute: NAME })) })),
  template: NAME,
}));

const INDEX = object(["name", "type"], () => ({
  name: TABLE_NAME,
  type: oneOf("GSI", "LSI"),
  partition: KEY,
  sort: KEY,
  projection: object(["type"], () => ({ type: oneOf("ALL", "KEYS_ONLY", "INCLUDE"), fields: NAMES })),
  tags: TAGS,
}));

const MODEL = object(["name", "table", "keys", "attributes"], () => ({
  name: TYPE_NAME,
  table: object(["name"], () => ({ name: TABLE_NAME })),
  naming: object(["convention"], () => ({ convention: oneOf("snake_case", "camelCase") })),
  keys: object(["partition"], () => ({ partition: KEY, sort: KEY })),
  attributes: { is: "list", of: () => ATTRIBUTE, some: true },
  indexes: { is: "list", of: () => INDEX },
  views: {
    is: "list",
    of: () => object(["name", "fields"], () => ({ name: TYPE_NAME, fields: NAMES })),
  },
  discriminator: object(["attribute", "value"], () => ({ attribute: NAME, value: NAME })),
  tags: TAGS,
}));

/** The version of a document. */
export const VERSION = oneOf(...DMS_VERSIONS);

/** The whole document. */
export const DOCUMENT = object(["dms_version", "models"], () => ({
  dms_version: VERSION,
  namespace: { is: "text", pattern: /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/ },
  models: { is: "list", of: () => MODEL, some: true },
  tags: TAGS,
}));

/** Write one step of a JSON Pointer (RFC 6901). */
export function pointer(at: string, step: string | number): string {
  return `${at}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Refuse a document at an entry. */
export function invalid(at: string, fact: string): never {
  throw new InvalidModel(fact, { path: at });
}

/**
 * Hold a document against its structure.
 *
 * @throws {InvalidModel} at the first entry that does not fit.
 */
export function checkShape(value: unknown, shape: Shape = DOCUMENT, at = ""): void {
  switch (shape.is) {
    case "text":
      checkText(value, shape, at);
      return;
    case "boolean":
      if (typeof value !== "boolean") {
        invalid(at, "has to be true or false");
      }
      return;
    case "free":
      if (!isObject(value)) {
        invalid(at, "has to be an object");
      }
      return;
    case "list":
      checkList(value, shape, at);
      return;
    default:
      checkObject(value, shape, at);
  }
}

function checkText(value: unknown, shape: Shape & { is: "text" }, at: string): void {
  if (typeof value !== "string") {
    invalid(at, "has to be text");
  }
  if (shape.oneOf !== undefined && !shape.oneOf.includes(value)) {
    invalid(at, `has to be one of ${shape.oneOf.join(", ")}`);
  }
  if (shape.pattern === undefined ? value === "" : !shape.pattern.test(value)) {
    invalid(at, shape.pattern === undefined ? "must not be empty" : `has to match ${shape.pattern.source}`);
  }
}

function checkList(value: unknown, shape: Shape & { is: "list" }, at: string): void {
  if (!Array.isArray(value)) {
    invalid(at, "has to be a list");
  }
  if (shape.some === true && value.length === 0) {
    invalid(at, "has to have at least one entry");
  }
  value.forEach((entry: unknown, index) => {
    checkShape(entry, shape.of(), pointer(at, index));
    if (shape.unique === true && value.indexOf(entry) !== index) {
      invalid(pointer(at, index), "stands here twice");
    }
  });
}

function checkObject(value: unknown, shape: Shape & { is: "object" }, at: string): void {
  if (!isObject(value)) {
    invalid(at, "has to be an object");
  }
  const members = shape.members();
  // What the level itself gets wrong comes before what is wrong inside its members.
  for (const name of Object.keys(value).sort(compareUtf8)) {
    if (!Object.hasOwn(members, name)) {
      invalid(pointer(at, name), "is no member that DMS knows here");
    }
  }
  for (const name of shape.required) {
    if (!Object.hasOwn(value, name)) {
      invalid(at, `lacks the member ${name}`);
    }
  }
  for (const name of Object.keys(value).sort(compareUtf8)) {
    checkShape(value[name], members[name], pointer(at, name));
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
