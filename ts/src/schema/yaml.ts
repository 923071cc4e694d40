/**
 * A document's text → its JSON value, by the core schema of YAML 1.2 and nothing beyond what JSON can hold.
 *
 * No two YAML parsers agree on scalars, so the parser gives nodes only and every scalar is resolved here.
 */

import { isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments, Scalar } from "yaml";
import { floatText, formatDecimal, parseDecimal } from "../text/decimal.ts";
import { setOwn } from "../text/json.ts";
import { invalid, pointer } from "./shape.ts";

/**
 * Read a YAML or JSON text to its JSON value.
 *
 * @throws {InvalidModel} with the pointer of the entry, or `""` where the text cannot be read at all.
 * @example
 * readYaml("a: 010\nb: no") // { a: 10, b: "no" }
 */
export function readYaml(text: string): unknown {
  const documents = parseAllDocuments(text, {
    // Failsafe resolves nothing: what a plain scalar means is decided below.
    schema: "failsafe",
    version: "1.2",
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const [document] = documents;
  if (!Array.isArray(documents) || document === undefined || documents.length !== 1) {
    return invalid("", "the text is not one document");
  }
  if (document.errors.length > 0) {
    // The parser's own message may quote the text, which is not ours to repeat.
    invalid("", "the text is not YAML");
  }
  return document.contents === null ? null : nodeValue(document.contents, "");
}

function nodeValue(node: unknown, at: string): unknown {
  if (node === null || node === undefined) {
    return null;
  }
  const { anchor, tag } = node as Node & { anchor?: string };
  if (isAlias(node) || anchor !== undefined) {
    return invalid(at, "anchors and aliases are not allowed");
  }
  if (tag !== undefined) {
    return invalid(at, "tags are not allowed");
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
  if (number === undefined || !Number.isFinite(value) || floatText(value) !== formatDecimal(number)) {
    return invalid(at, "is a number that binary64 does not hold exactly");
  }
  return value === 0 ? 0 : value;
}
