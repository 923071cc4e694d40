/**
 * JSON text: the canonical writer, and a reader that loses nothing.
 *
 * `JSON.parse` lets the last of two equal keys win and rounds numbers, so attributes of JSON text are read here.
 */

import { type Segment } from "../errors/path.ts";
import { canonicalNumber, floatText, formatDecimal, parseDecimal } from "./decimal.ts";
import { compareUtf8, quote } from "./utf8.ts";

/** Any value that JSON can hold. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** Why a value or text is refused, and where in it. */
export class JsonFault {
  readonly fact: string;
  readonly segments: Segment[] = [];

  constructor(fact: string) {
    this.fact = fact;
  }
}

/** Deeper than any document is meant to be, and shallow enough for every stack. */
const DEPTH_MAX = 500;

/** What a writer demands of numbers: `any` finite one, or one that DynamoDB would store. */
export type NumberRule = "any" | "storable";

/**
 * Write a value as canonical JSON: keys by UTF-8 bytes, no white space, canonical numbers; members that are undefined are absent.
 *
 * @throws {JsonFault} where the value is no JSON value.
 * @example
 * canonicalJson({ b: 1.0, a: "é" }) // '{"a":"é","b":1}'
 */
export function canonicalJson(value: unknown, numbers: NumberRule = "any", depth = 0): string {
  if (depth > DEPTH_MAX) {
    throw new JsonFault("a JSON value nests too deep");
  }
  switch (typeof value) {
    case "string":
      return jsonText(value);
    case "number":
      return jsonNumber(value, numbers);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : jsonComposite(value, numbers, depth + 1);
    default:
      throw new JsonFault(`a JSON value cannot hold a ${typeof value}`);
  }
}

function jsonText(value: string): string {
  const text = quote(value);
  if (text === undefined) {
    throw new JsonFault("a lone surrogate is no text");
  }
  return text;
}

function jsonNumber(value: number, numbers: NumberRule): string {
  if (!Number.isFinite(value)) {
    throw new JsonFault("a JSON value holds finite numbers only");
  }
  const text = numbers === "any" ? floatText(value) : canonicalNumber(floatText(value));
  if (text === undefined) {
    throw new JsonFault("the number is out of DynamoDB's range");
  }
  return text;
}

function jsonComposite(value: object, numbers: NumberRule, depth: number): string {
  if (Array.isArray(value)) {
    const elements = value.map((element: unknown, index) =>
      inside(index, () => canonicalJson(element, numbers, depth)),
    );
    return `[${elements.join(",")}]`;
  }
  if (!isPlainObject(value)) {
    throw new JsonFault("a JSON value holds plain objects and arrays only");
  }
  const members: string[] = [];
  for (const key of Object.keys(value).sort(compareUtf8)) {
    const member = value[key];
    if (member !== undefined) {
      members.push(`${jsonText(key)}:${inside(key, () => canonicalJson(member, numbers, depth))}`);
    }
  }
  return `{${members.join(",")}}`;
}

function inside<T>(segment: Segment, work: () => T): T {
  try {
    return work();
  } catch (fault) {
    if (fault instanceof JsonFault) {
      fault.segments.unshift(segment);
    }
    throw fault;
  }
}

/** Tell whether a value is an object literal or alike: no array, no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm has another Object.prototype, above which there is nothing either.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** Set a member as an own property, whatever its name: plain assignment of `__proto__` would change the prototype. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

// White space, then a bracket or comma, a string, a number, or a word. Unrolled, so that long strings take no stack.
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;

/**
 * Read JSON text to its value, or refuse: a repeated key, a number that a JavaScript number does not hold exactly, a lone surrogate.
 *
 * @throws {JsonFault} where the text is no JSON, or would lose something.
 */
export function parseJson(text: string): JsonValue {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;
  #punctuation = "";
  #string: string | undefined;
  #number: string | undefined;
  #word: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonValue {
    this.#advance();
    return this.#current(depth);
  }

  end(): void {
    if (/[^ \t\n\r]/.test(this.#text.slice(this.#at))) {
      throw new JsonFault("text follows the JSON value");
    }
  }

  #advance(): void {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match === null) {
      throw new JsonFault("the text is not JSON");
    }
    this.#at = TOKEN.lastIndex;
    this.#punctuation = match[1] ?? "";
    this.#string = match[2];
    this.#number = match[3];
    this.#word = match[4];
  }

  #current(depth: number): JsonValue {
    if (depth > DEPTH_MAX) {
      throw new JsonFault("the JSON text nests too deep");
    }
    if (this.#string !== undefined) {
      return literal(this.#string);
    }
    if (this.#number !== undefined) {
      return exactNumber(this.#number);
    }
    if (this.#word !== undefined) {
      return this.#word === "null" ? null : this.#word === "true";
    }
    if (this.#punctuation === "{") {
      return this.#object(depth + 1);
    }
    if (this.#punctuation === "[") {
      return this.#array(depth + 1);
    }
    throw new JsonFault("the text is not JSON");
  }

  #object(depth: number): JsonValue {
    const object: Record<string, JsonValue> = {};
    for (let first = true; ; first = false) {
      this.#advance();
      if (this.#punctuation === "}" && first) {
        return object;
      }
      if (this.#string === undefined) {
        throw new JsonFault("the text is not JSON");
      }
      const key = literal(this.#string);
      if (Object.hasOwn(object, key)) {
        throw new JsonFault("the JSON text repeats a key");
      }
      this.#expect(":");
      setOwn(object, key, this.value(depth));
      if (this.#closes("}")) {
        return object;
      }
    }
  }

  #array(depth: number): JsonValue {
    const array: JsonValue[] = [];
    this.#advance();
    if (this.#punctuation === "]") {
      return array;
    }
    for (;;) {
      array.push(this.#current(depth));
      if (this.#closes("]")) {
        return array;
      }
      this.#advance();
    }
  }

  #expect(punctuation: string): void {
    this.#advance();
    if (this.#punctuation !== punctuation) {
      throw new JsonFault("the text is not JSON");
    }
  }

  /** Read what follows a member: its composite's end, or the comma before the next. */
  #closes(end: string): boolean {
    this.#advance();
    if (this.#punctuation !== end && this.#punctuation !== ",") {
      throw new JsonFault("the text is not JSON");
    }
    return this.#punctuation === end;
  }
}

function literal(source: string): string {
  const text = JSON.parse(source) as string;
  if (!text.isWellFormed()) {
    throw new JsonFault("the JSON text holds a lone surrogate");
  }
  return text;
}

function exactNumber(source: string): number {
  const value = Number(source);
  const number = parseDecimal(source);
  if (number === undefined || !Number.isFinite(value) || floatText(value) !== formatDecimal(number)) {
    throw new JsonFault("the JSON text holds a number that a JavaScript number does not hold exactly");
  }
  return value === 0 ? 0 : value;
}
