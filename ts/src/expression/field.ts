/** The user's pen: `field("age").gt(18)`, joined by `and`, `or` and `not`. */

import { InvalidOperator } from "../errors/catalogue.ts";
import type { AttributeType } from "../schema/model.ts";
import type { Comparator, Condition, Operand, Subject } from "./node.ts";
import { parsePath, type PathSegments } from "./path.ts";

/** What an attribute may be compared with: a value, another attribute, or a size. */
export type Comparable<V> = V | Field<never> | Size;

/** What `contains` looks for: a part of a text, a member of a set, an element of a list. */
export type Part<V> = unknown extends V
  ? unknown
  : V extends ReadonlySet<infer M>
    ? M
    : V extends readonly (infer E)[]
      ? E
      : V extends string
        ? string
        : never;

/** What an attribute and a size have in common: comparisons. */
abstract class Pen<V> {
  /** What this pen stands for on the left of an operator. */
  abstract readonly subject: Subject;

  /** `=` */
  eq(operand: Comparable<V>): Condition {
    return this.#compare("=", operand);
  }

  /** `<>`; true also where the attribute is absent. */
  ne(operand: Comparable<V>): Condition {
    return this.#compare("<>", operand);
  }

  /** `<` */
  lt(operand: Comparable<V>): Condition {
    return this.#compare("<", operand);
  }

  /** `<=` */
  le(operand: Comparable<V>): Condition {
    return this.#compare("<=", operand);
  }

  /** `>` */
  gt(operand: Comparable<V>): Condition {
    return this.#compare(">", operand);
  }

  /** `>=` */
  ge(operand: Comparable<V>): Condition {
    return this.#compare(">=", operand);
  }

  /** `BETWEEN`, both ends included. */
  between(low: Comparable<V>, high: Comparable<V>): Condition {
    return Object.freeze({
      kind: "between",
      left: this.subject,
      low: operandOf(low),
      high: operandOf(high),
    });
  }

  /** `IN`, of 1 to 100 operands. */
  in(operands: readonly Comparable<V>[]): Condition {
    return Object.freeze({ kind: "in", left: this.subject, operands: operands.map(operandOf) });
  }

  #compare(operator: Comparator, operand: unknown): Condition {
    return Object.freeze({
      kind: "compare",
      operator,
      left: this.subject,
      right: operandOf(operand),
    });
  }
}

/** The size of an attribute: characters of a text, bytes of a binary, members of a set, list or map. */
export class Size extends Pen<number> {
  readonly subject: Subject;

  constructor(path: PathSegments) {
    super();
    this.subject = Object.freeze({ kind: "size", path });
  }
}

/** An attribute in a condition; as an operand it stands for the attribute's value. */
export class Field<V = unknown> extends Pen<V> {
  readonly subject: Subject;
  readonly path: PathSegments;

  /** @throws {ValidationFailed} where the path is malformed. */
  constructor(path: string | PathSegments) {
    super();
    this.path = parsePath(path);
    this.subject = Object.freeze({ kind: "path", path: this.path });
  }

  /** `begins_with`, of a text or binary. */
  beginsWith(prefix: Comparable<V extends Uint8Array ? Uint8Array : string>): Condition {
    return Object.freeze({ kind: "begins_with", path: this.path, operand: operandOf(prefix) });
  }

  /** `contains`: a text within the text, a member of the set, an element of the list. */
  contains(part: Comparable<Part<V>>): Condition {
    return Object.freeze({ kind: "contains", path: this.path, operand: operandOf(part) });
  }

  /** `attribute_exists` */
  exists(): Condition {
    return Object.freeze({ kind: "attribute_exists", path: this.path });
  }

  /** `attribute_not_exists` */
  notExists(): Condition {
    return Object.freeze({ kind: "attribute_not_exists", path: this.path });
  }

  /** `attribute_type`, by DynamoDB's name of the type. */
  hasType(type: AttributeType): Condition {
    return Object.freeze({ kind: "attribute_type", path: this.path, type });
  }

  /** `size`, to be compared with. */
  size(): Size {
    return new Size(this.path);
  }
}

/** Give an operand of a tree for what a user wrote. */
export function operandOf(operand: unknown): Operand {
  return operand instanceof Field || operand instanceof Size
    ? operand.subject
    : Object.freeze({ kind: "value", value: operand });
}

/**
 * Name an attribute in a condition, by a path as text or as segments; `table.field` does the same with types.
 *
 * @throws {ValidationFailed} where the path is malformed.
 * @example
 * field("address.city").eq("Köln")
 */
export function field(path: string | PathSegments): Field {
  return new Field(path);
}

/**
 * All of these.
 *
 * @throws {InvalidOperator} of nothing.
 */
export function and(...conditions: readonly Condition[]): Condition {
  return joined("and", conditions);
}

/**
 * Any of these.
 *
 * @throws {InvalidOperator} of nothing.
 */
export function or(...conditions: readonly Condition[]): Condition {
  return joined("or", conditions);
}

/** Not this. */
export function not(condition: Condition): Condition {
  return Object.freeze({ kind: "not", child: condition });
}

function joined(kind: "and" | "or", children: readonly Condition[]): Condition {
  if (children.length === 0) {
    throw new InvalidOperator(`${kind.toUpperCase()} of nothing`);
  }
  return Object.freeze({ kind, children: Object.freeze([...children]) });
}
