/** Which operator fits which type, and which value fits which operator. */

import type { ModelCodec } from "../codec/item.ts";
import { EncryptedFieldNotQueryable, InvalidOperator, ValidationFailed } from "../errors/catalogue.ts";
import type { Attribute, AttributeType } from "../schema/model.ts";
import { placeAt } from "../schema/model.ts";
import { compareNumbers } from "../text/decimal.ts";
import { compareUtf8 } from "../text/utf8.ts";
import type { Operand } from "./node.ts";
import { type PathSegments, pathText } from "./path.ts";

/** Which types an operator fits. */
const FITS: Readonly<Record<string, readonly AttributeType[]>> = {
  order: ["S", "N", "B"],
  begins_with: ["S", "B"],
  contains: ["S", "L", "SS", "NS", "BS"],
  size: ["S", "B", "L", "M", "SS", "NS", "BS"],
  add: ["N"],
  append: ["L"],
  set: ["SS", "NS", "BS"],
};

/** DynamoDB's ten types, by name. */
export const TYPES: readonly AttributeType[] = ["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"];

/** Give the attribute at a path; undefined where the model does not type it. */
export function typedAt(codec: ModelCodec, path: PathSegments): Attribute | undefined {
  const place = placeAt(codec.model, path);
  return place.kind === "typed" ? place.attribute : undefined;
}

/** Refuse an operator that the type at a path cannot have; a path without a type takes every operator. */
export function checkFit(codec: ModelCodec, path: PathSegments, operator: keyof typeof FITS): void {
  const attribute = typedAt(codec, path);
  if (attribute !== undefined && FITS[operator]?.includes(attribute.type) !== true) {
    throw new InvalidOperator(`${operator} does not fit the type ${attribute.type}`, {
      path: pathText(path),
    });
  }
}

/** Tell whether a path leads to or into an encrypted attribute. */
export function isEncrypted(codec: ModelCodec, path: PathSegments): boolean {
  return codec.model.attributes.get(String(path[0]))?.encrypted === true;
}

/** Refuse an encrypted attribute where an expression would have to look into it. */
export function checkReadable(codec: ModelCodec, path: PathSegments): void {
  if (isEncrypted(codec, path)) {
    throw new EncryptedFieldNotQueryable("an expression cannot work on an encrypted attribute", {
      path: pathText(path.slice(0, 1)),
    });
  }
}

/** Write a value that is compared with a path. */
export function encodeOperand(codec: ModelCodec, path: PathSegments, value: unknown): string {
  return orRefuse(codec.encodeValue(typedAt(codec, path), value, path), path);
}

/** Write the prefix of begins_with, which need not be a whole value of a formatted text. */
export function encodePrefix(codec: ModelCodec, path: PathSegments, value: unknown): string {
  const attribute = typedAt(codec, path);
  const declared = attribute && plain(attribute, attribute.type);
  return orRefuse(codec.encodeValue(declared, present(declared, value, path), path), path);
}

const MEMBERS: Partial<Record<AttributeType, AttributeType>> = { S: "S", SS: "S", NS: "N", BS: "B" };

/** Write what contains looks for: it has the type of the members. */
export function encodePart(codec: ModelCodec, path: PathSegments, value: unknown): string {
  const attribute = typedAt(codec, path);
  const member = attribute && MEMBERS[attribute.type];
  const declared = attribute && member !== undefined ? plain(attribute, member) : attribute?.items;
  return orRefuse(codec.encodeValue(declared, present(declared, value, path), path), path);
}

/** Write what a size is compared with: a number. */
export function encodeSize(codec: ModelCodec, path: PathSegments, value: unknown): string {
  return orRefuse(codec.encodeValue(COUNT, value, path), path);
}

const BARE: Attribute = {
  name: "",
  property: "",
  type: "N",
  format: undefined,
  json: false,
  enum: undefined,
  required: false,
  omitEmpty: false,
  roles: [],
  encrypted: false,
  boundAs: undefined,
  members: undefined,
  items: undefined,
  keyMaxBytes: undefined,
};

const COUNT = Object.freeze(BARE);
const PLAIN: Partial<Record<AttributeType, Attribute>> = {
  S: Object.freeze({ ...BARE, type: "S" }),
  N: COUNT,
  B: Object.freeze({ ...BARE, type: "B" }),
};

function plain(attribute: Attribute, type: AttributeType): Attribute {
  return PLAIN[type] ?? attribute;
}

/** Refuse null where a part of a certain type is looked for. */
function present(declared: Attribute | undefined, value: unknown, path: PathSegments): unknown {
  if (value === null && declared !== undefined && declared.type !== "NULL") {
    throw new ValidationFailed(`expected a value of ${declared.type}, found null`, { path: pathText(path) });
  }
  return value;
}

function orRefuse(text: string | undefined, path: PathSegments): string {
  if (text === undefined) {
    throw new ValidationFailed("an empty set is never stored", { path: pathText(path) });
  }
  return text;
}

const COMPARE: Readonly<Record<string, (left: string, right: string) => number>> = {
  S: compareUtf8,
  N: compareNumbers,
  B: (left, right) => Buffer.compare(Buffer.from(left, "base64"), Buffer.from(right, "base64")),
};

/** Write the prefix of a sort key: plain text or bytes. @throws {ValidationFailed} */
export function encodeSortPrefix(codec: ModelCodec, key: Attribute, value: unknown): string {
  return orRefuse(codec.encodeValue(plain(key, key.type), value, [key.name]), [key.name]);
}

/** Refuse a BETWEEN of two values of which the lower is above the upper. */
export function checkRange(low: string, high: string, left: Operand): void {
  const [lowTag, lowText] = Object.entries(JSON.parse(low) as Record<string, string>)[0] ?? ["", ""];
  const [highTag, highText] = Object.entries(JSON.parse(high) as Record<string, string>)[0] ?? ["", ""];
  if (lowTag === highTag && (COMPARE[lowTag]?.(lowText, highText) ?? 0) > 0) {
    throw new InvalidOperator(
      "the lower end of BETWEEN is above the upper",
      left.kind === "value" ? {} : { path: pathText(left.path) },
    );
  }
}
