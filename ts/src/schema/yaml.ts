/**
 * A document's text → its JSON value, by the core schema of YAML 1.2 and nothing beyond what JSON can hold.
 *
 * No two YAML parsers agree on scalars, so the parser gives nodes only and every scalar is resolved here.
 */

import {
  CST,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  Scalar,
} from "yaml";
import { floatText, formatDecimal, isStorable, parseDecimal } from "../text/decimal.ts";
import { setOwn } from "../text/json.ts";
import { invalid, pointer } from "./shape.ts";
import { guarded, hasTab, shown } from "./yaml-guard.ts";

const DEPTH_MAX = 100;
const KEY_MAX = 1024;
const DOUBLE = /^"(?:[^"\\]|\\(?!\n\n)[^])*"$/;

/**
 * Read a YAML or JSON text to its JSON value.
 *
 * @throws {InvalidModel} with the pointer of the entry, or `""` where the text cannot be read at all.
 * @example
 * readYaml("a: 010\nb: no") // { a: 10, b: "no" }
 */
export function readYaml(text: string): unknown {
  const bare = text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n");
  const json = isJson(bare);
  const source = json ? bare : guarded(bare);
  const contents = parse(source);
  prepare(contents, json ? undefined : source, 1);
  return nodeValue(contents, "");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parse(text: string): unknown {
  const [document, ...others] = documentsOf(text);
  if (document === undefined || others.length > 0) {
    return invalid("", "the text is not one document");
  }
  if (document.errors.length > 0) {
    // The parser's own message may quote the text, which is not ours to repeat.
    invalid("", "the text is not YAML");
  }
  return document.contents;
}

function documentsOf(text: string): readonly { errors: readonly unknown[]; contents: unknown }[] {
  try {
    const documents = parseAllDocuments(text, {
      // Failsafe resolves nothing: what a plain scalar means is decided below.
      schema: "failsafe",
      version: "1.2",
      merge: false,
      uniqueKeys: false,
      keepSourceTokens: true,
      prettyErrors: false,
      logLevel: "silent",
    });
    return Array.isArray(documents) ? documents : [];
  } catch {
    return invalid("", "the text nests too deep");
  }
}

/**
 * Refuse what makes a text unreadable as a whole, and show what the guard hid.
 *
 * What only YAML has is looked for where there is a source; JSON has none.
 */
function prepare(node: unknown, source: string | undefined, depth: number): void {
  const { anchor, tag } = (node ?? {}) as Node & { anchor?: string };
  if (isAlias(node) || anchor !== undefined || tag !== undefined) {
    invalid("", "anchors, aliases and tags are not allowed");
  }
  if (isScalar(node) && source !== undefined) {
    const text = String(node.value);
    if (node.type === Scalar.PLAIN && hasTab(text)) {
      invalid("", "a tab around or inside a scalar without quotes");
    }
    if (node.type === Scalar.QUOTE_DOUBLE && !DOUBLE.test(source.slice(node.range?.[0], node.range?.[1]))) {
      invalid("", "an empty line after an escaped end of a line, or no quote at the end");
    }
    node.value = shown(text);
  }
  if (isCollection(node)) {
    if (depth > DEPTH_MAX) {
      invalid("", `the text nests deeper than ${DEPTH_MAX}`);
    }
    for (const item of node.items) {
      const value = isPair(item) ? item.value : item;
      if (source !== undefined) {
        checkItem(item, value, source, node.flow === true);
      }
      if (isPair(item)) {
        prepare(item.key, source, depth + 1);
      }
      prepare(value, source, depth + 1);
    }
  }
}

function checkItem(item: unknown, value: unknown, source: string, flow: boolean): void {
  if (isPair(item)) {
    checkKey(item);
    if (flow && isScalar(item.key) && item.key.type === Scalar.PLAIN) {
      checkFlowScalar(item.key);
      if (/^ *:[^ \n]/.test(source.slice(item.key.range?.[1]))) {
        invalid("", "a key without quotes and a colon that no space follows");
      }
    }
  }
  if (flow) {
    checkFlowScalar(value);
  } else {
    checkFirstLine(value, source);
  }
}

/** Refuse a plain scalar that parsers end at different places. */
function checkFlowScalar(node: unknown): void {
  if (isScalar(node) && node.type === Scalar.PLAIN && /\?|^:|^-$|:$/.test(String(node.value))) {
    invalid("", "a sign that needs quotes between brackets");
  }
}

/** Refuse a key that other parsers take for none: an explicit or empty one, one that is long, or not on one line with its colon. */
function checkKey({ key, srcToken }: Pair): void {
  const { start = [], sep = [] } = srcToken ?? {};
  if (start.some(({ type }) => type === "explicit-key-ind")) {
    invalid("", "explicit keys are not allowed");
  }
  // Behind a key that no colon follows the parser drops them.
  if ([...start, ...sep].some(({ type }) => type === "tag" || type === "anchor")) {
    invalid("", "anchors and tags are not allowed");
  }
  if (key === null || (isScalar(key) && key.type === Scalar.PLAIN && key.value === "")) {
    invalid("", "a value without a key");
  }
  const colon = sep.findIndex(({ type }) => type === "map-value-ind");
  const before = sep.slice(0, Math.max(colon, 0)).map(({ source }) => source);
  const written = srcToken?.key == null ? "" : CST.stringify(srcToken.key);
  if (colon >= 0 && (before.join("") + written).includes("\n")) {
    invalid("", "a key and its colon do not stand on one line");
  }
  if (colon >= 0 && (before.join("") + written).length > KEY_MAX) {
    invalid("", `a key has at most ${KEY_MAX} characters`);
  }
}

/** Refuse a value that begins a line below a comment that is not indented as deep: the parser reads on beyond its end. */
function checkFirstLine(value: unknown, source: string): void {
  const [offset] = (value as Node | null)?.range ?? [];
  if (offset === undefined || (isCollection(value) && value.flow !== true)) {
    return;
  }
  const lines = source.slice(0, offset).split("\n");
  const column = lines.pop() ?? "";
  const above = column.trim() === "" && source[offset] !== "\n" ? lines.reverse() : [];
  for (const line of above) {
    const bare = line.trimStart();
    if (bare !== "" && !bare.startsWith("#")) {
      return;
    }
    if (bare !== "" && line.length - bare.length < column.length) {
      invalid("", "a comment before a value is not indented as deep as the value");
    }
  }
}

function nodeValue(node: unknown, at: string): unknown {
  if (node === null || node === undefined) {
    return null;
  }
  if (isMap(node)) {
    return mapValue(node.items, at);
  }
  if (isSeq(node)) {
    return node.items.map((item, index) => nodeValue(item, pointer(at, index)));
  }
  return isScalar(node) ? scalarValue(node, at) : invalid(at, "is nothing that JSON can hold");
}

function mapValue(pairs: readonly { key: unknown; value: unknown }[], at: string): unknown {
  const object: Record<string, unknown> = {};
  for (const { key, value } of pairs) {
    const name = keyName(key, at);
    const here = pointer(at, name);
    if (Object.hasOwn(object, name)) {
      invalid(here, "stands here twice");
    }
    setOwn(object, name, nodeValue(value, here));
  }
  return object;
}

function keyName(key: unknown, at: string): string {
  if (isScalar(key) && key.type === Scalar.PLAIN && key.value === "<<") {
    return invalid(at, "merge keys are not allowed");
  }
  const name = nodeValue(key, at);
  return typeof name === "string" ? name : invalid(at, "a key has to be text");
}

const NULLS = new Set(["", "~", "null", "Null", "NULL"]);
const TRUES = new Set(["true", "True", "TRUE"]);
const FALSES = new Set(["false", "False", "FALSE"]);
const DECIMAL = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const OTHER_BASE = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/;
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

function scalarValue(node: Scalar, at: string): unknown {
  const text = String(node.value);
  if (!text.isWellFormed()) {
    invalid(at, "a lone surrogate is no text");
  }
  if (node.type !== Scalar.PLAIN && node.type !== undefined) {
    return text;
  }
  if (NULLS.has(text)) {
    return null;
  }
  if (TRUES.has(text) || FALSES.has(text)) {
    return TRUES.has(text);
  }
  if (OTHER_BASE.test(text)) {
    return wholeNumber(BigInt(text), at);
  }
  if (NOT_FINITE.test(text)) {
    return invalid(at, "is no finite number");
  }
  return DECIMAL.test(text) ? exactNumber(text, at) : text;
}

function wholeNumber(value: bigint, at: string): number {
  return exactNumber(String(value), at);
}

function exactNumber(text: string, at: string): number {
  const number = parseDecimal(text);
  const value = Number(text);
  const exact = number !== undefined && Number.isFinite(value) && floatText(value) === formatDecimal(number);
  if (!exact || !isStorable(number)) {
    return invalid(at, "is a number that binary64 does not hold exactly");
  }
  return value === 0 ? 0 : value;
}
