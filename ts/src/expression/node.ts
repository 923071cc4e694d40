/** Trees of conditions, updates and projections: what is said, before it has names, values and text. */

import type { AttributeType } from "../schema/model.ts";
import type { PathSegments } from "./path.ts";

/** What stands on either side of an operator. */
export type Operand =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "path"; readonly path: PathSegments }
  | { readonly kind: "size"; readonly path: PathSegments };

/** The side of an operator that is never a value. */
export type Subject = Exclude<Operand, { readonly kind: "value" }>;

/** The comparison operators, as DynamoDB writes them. */
export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

/** A condition on a stored item. */
export type Condition =
  | {
      readonly kind: "compare";
      readonly operator: Comparator;
      readonly left: Subject;
      readonly right: Operand;
    }
  | { readonly kind: "between"; readonly left: Subject; readonly low: Operand; readonly high: Operand }
  | { readonly kind: "in"; readonly left: Subject; readonly operands: readonly Operand[] }
  | {
      readonly kind: "begins_with" | "contains";
      readonly path: PathSegments;
      readonly operand: Operand;
    }
  | { readonly kind: "attribute_exists" | "attribute_not_exists"; readonly path: PathSegments }
  | { readonly kind: "attribute_type"; readonly path: PathSegments; readonly type: AttributeType }
  | { readonly kind: "and" | "or"; readonly children: readonly Condition[] }
  | { readonly kind: "not"; readonly child: Condition };

/** The kinds of change, in the order in which their clauses list them. */
export const ACTION_KINDS = [
  "set",
  "setIfAbsent",
  "add",
  "subtract",
  "append",
  "prepend",
  "copy",
  "remove",
  "addToSet",
  "deleteFromSet",
] as const;

/** One kind of change. */
export type ActionKind = (typeof ACTION_KINDS)[number];

/** One change of one path; `remove` has no operand. */
export interface Action {
  readonly kind: ActionKind;
  readonly path: PathSegments;
  readonly operand: Operand;
}

/** What the library itself changes: wire values as JSON text, by attribute. */
export interface Owned {
  /** What the item's key is made of, where the model has composed keys or a discriminator. */
  readonly key?: ReadonlyMap<string, string>;
  /** Whether the item may come into being. */
  readonly upsert?: boolean;
  /** Set where the item does not have it: the creation time of an upsert. */
  readonly created?: readonly [attribute: string, text: string];
  /** Set always. */
  readonly updated?: readonly [attribute: string, text: string];
  /** Added to always. */
  readonly version?: readonly [attribute: string, text: string];
}

/** Give every path that a condition names, on either side. */
export function pathsOf(condition: Condition): readonly PathSegments[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.children.flatMap(pathsOf);
    case "not":
      return pathsOf(condition.child);
    case "compare":
      return operandPaths([condition.left, condition.right]);
    case "between":
      return operandPaths([condition.left, condition.low, condition.high]);
    case "in":
      return operandPaths([condition.left, ...condition.operands]);
    case "begins_with":
    case "contains":
      return [condition.path, ...operandPaths([condition.operand])];
    default:
      return [condition.path];
  }
}

function operandPaths(operands: readonly Operand[]): readonly PathSegments[] {
  return operands.flatMap((operand) => (operand.kind === "value" ? [] : [operand.path]));
}
