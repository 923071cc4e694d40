/** A condition's tree → its text. */

import type { ModelCodec } from "../codec/item.ts";
import { InvalidOperator } from "../errors/catalogue.ts";
import { IN_OPERANDS_MAX } from "../generated/limits.ts";
import {
  checkFit,
  checkRange,
  checkReadable,
  encodeOperand,
  encodePart,
  encodePrefix,
  encodeSize,
  TYPES,
} from "./fit.ts";
import type { Condition, Operand, Subject } from "./node.ts";
import { pathText } from "./path.ts";
import type { Placeholders } from "./placeholder.ts";

type Of<K extends Condition["kind"]> = Extract<Condition, { readonly kind: K }>;

/** Write a condition. @throws {InvalidOperator | ValidationFailed | EncryptedFieldNotQueryable} */
export function conditionText(codec: ModelCodec, names: Placeholders, condition: Condition): string {
  const node = simplify(condition);
  switch (node.kind) {
    case "compare":
      return compareText(codec, names, node);
    case "between":
      return betweenText(codec, names, node);
    case "in":
      return inText(codec, names, node);
    case "begins_with":
    case "contains":
      return functionText(codec, names, node);
    case "attribute_exists":
    case "attribute_not_exists":
      return `${node.kind}(${names.path(node.path)})`;
    case "attribute_type":
      return typeText(codec, names, node);
    case "not":
      return `NOT ${grouped(codec, names, node.child, node.kind)}`;
    default:
      return node.children
        .map((child) => grouped(codec, names, child, node.kind))
        .join(node.kind === "and" ? " AND " : " OR ");
  }
}

/** Flatten AND in AND and OR in OR; an AND or OR of one child is that child. */
function simplify(condition: Condition): Condition {
  if (condition.kind !== "and" && condition.kind !== "or") {
    return condition;
  }
  const children = condition.children.map(simplify);
  const flat = children.flatMap((child) => (child.kind === condition.kind ? child.children : [child]));
  const [only] = flat;
  if (only === undefined) {
    throw new InvalidOperator(`${condition.kind.toUpperCase()} of nothing`);
  }
  return flat.length === 1 ? only : { kind: condition.kind, children: flat };
}

/** Write a child; only an AND or OR inside something else takes parentheses, for DynamoDB refuses doubled ones. */
function grouped(
  codec: ModelCodec,
  names: Placeholders,
  child: Condition,
  parent: "and" | "or" | "not",
): string {
  const node = simplify(child);
  const text = conditionText(codec, names, node);
  const compound = node.kind === "and" || node.kind === "or";
  return compound && node.kind !== parent ? `(${text})` : text;
}

function compareText(codec: ModelCodec, names: Placeholders, node: Of<"compare">): string {
  const ordered = node.operator !== "=" && node.operator !== "<>";
  checkSubject(codec, node.left, ordered);
  const left = subjectText(names, node.left);
  return `${left} ${node.operator} ${operandText(codec, names, node.left, node.right)}`;
}

function betweenText(codec: ModelCodec, names: Placeholders, node: Of<"between">): string {
  checkSubject(codec, node.left, true);
  if (node.low.kind === "value" && node.high.kind === "value") {
    checkRange(
      encode(codec, node.left, node.low.value),
      encode(codec, node.left, node.high.value),
      node.left,
    );
  }
  const left = subjectText(names, node.left);
  const low = operandText(codec, names, node.left, node.low);
  return `${left} BETWEEN ${low} AND ${operandText(codec, names, node.left, node.high)}`;
}

function inText(codec: ModelCodec, names: Placeholders, node: Of<"in">): string {
  const count = node.operands.length;
  if (count === 0 || count > IN_OPERANDS_MAX) {
    throw new InvalidOperator(`IN takes 1 to ${IN_OPERANDS_MAX} operands`, {
      path: pathText(node.left.path),
    });
  }
  checkSubject(codec, node.left, false);
  const left = subjectText(names, node.left);
  const operands = node.operands.map((operand) => operandText(codec, names, node.left, operand));
  return `${left} IN (${operands.join(", ")})`;
}

function functionText(codec: ModelCodec, names: Placeholders, node: Of<"begins_with" | "contains">): string {
  checkReadable(codec, node.path);
  checkFit(codec, node.path, node.kind);
  const path = names.path(node.path);
  const { operand } = node;
  const encodeIt = node.kind === "contains" ? encodePart : encodePrefix;
  const text =
    operand.kind === "value"
      ? names.value(encodeIt(codec, node.path, operand.value))
      : referenceText(codec, names, operand);
  return `${node.kind}(${path}, ${text})`;
}

function typeText(codec: ModelCodec, names: Placeholders, node: Of<"attribute_type">): string {
  checkReadable(codec, node.path);
  if (!TYPES.includes(node.type)) {
    throw new InvalidOperator(`attribute_type takes one of ${TYPES.join(", ")}`, {
      path: pathText(node.path),
    });
  }
  return `attribute_type(${names.path(node.path)}, ${names.value(`{"S":"${node.type}"}`)})`;
}

function checkSubject(codec: ModelCodec, subject: Subject, ordered: boolean): void {
  checkReadable(codec, subject.path);
  if (subject.kind === "size") {
    checkFit(codec, subject.path, "size");
  } else if (ordered) {
    checkFit(codec, subject.path, "order");
  }
}

function subjectText(names: Placeholders, subject: Subject): string {
  const path = names.path(subject.path);
  return subject.kind === "size" ? `size(${path})` : path;
}

function operandText(codec: ModelCodec, names: Placeholders, left: Subject, operand: Operand): string {
  return operand.kind === "value"
    ? names.value(encode(codec, left, operand.value))
    : referenceText(codec, names, operand);
}

function encode(codec: ModelCodec, left: Subject, value: unknown): string {
  return left.kind === "size" ? encodeSize(codec, left.path, value) : encodeOperand(codec, left.path, value);
}

/** Write an operand that is an attribute or a size; what an attribute holds is the service's to compare. */
function referenceText(codec: ModelCodec, names: Placeholders, operand: Subject): string {
  checkSubject(codec, operand, false);
  return subjectText(names, operand);
}
