/** Trees → the text, names and values of one request: condition first, then update, then projection. */

import { codecOf, type ModelCodec } from "../codec/item.ts";
import type { AttributeValue } from "../codec/value.ts";
import { ValidationFailed } from "../errors/catalogue.ts";
import { EXPRESSION_MAX_BYTES } from "../generated/limits.ts";
import type { Model } from "../schema/model.ts";
import type { AnyDefinition, Path } from "../schema/types.ts";
import { utf8Length } from "../text/utf8.ts";
import { actionsOf, type Changes } from "./change.ts";
import { conditionText } from "./condition.ts";
import type { Action, Condition, Owned } from "./node.ts";
import { parsePath, type PathSegments } from "./path.ts";
import { Placeholders } from "./placeholder.ts";
import { namesText, projectionText } from "./projection.ts";
import { updateText } from "./update.ts";

/** What one request says in expressions. */
export interface Trees {
  readonly condition?: Condition | undefined;
  readonly update?: { readonly actions: readonly Action[]; readonly owned: Owned } | undefined;
  readonly select?: readonly PathSegments[] | undefined;
  /** Attributes of the library's own choice, instead of a selection or behind it. */
  readonly fetch?: readonly string[] | undefined;
}

/** The expressions of one request. */
export interface Compiled {
  readonly condition: string | undefined;
  readonly update: string | undefined;
  readonly projection: string | undefined;
  readonly placeholders: Placeholders;
}

/** Compile the trees of one request. @throws {ValidationFailed | InvalidOperator | EncryptedFieldNotQueryable} */
export function compile(codec: ModelCodec, { condition, update, select, fetch }: Trees): Compiled {
  const placeholders = new Placeholders();
  return {
    condition: condition && checkLength(conditionText(codec, placeholders, condition)),
    update: update && checkLength(updateText(codec, placeholders, update.actions, update.owned)),
    projection:
      (select && checkLength(projectionText(codec, placeholders, select, fetch))) ??
      (fetch &&
        namesText(
          codec,
          placeholders,
          fetch.map((name) => [name]),
        )),
    placeholders,
  };
}

/** Refuse an expression that is longer than DynamoDB reads. @throws {ValidationFailed} */
export function checkLength(text: string): string {
  if (utf8Length(text) > EXPRESSION_MAX_BYTES) {
    throw new ValidationFailed(`an expression has at most ${EXPRESSION_MAX_BYTES} bytes`);
  }
  return text;
}

/** Expressions with their names and values, as DynamoDB takes them. */
export interface Expression {
  readonly condition?: string;
  readonly update?: string;
  readonly projection?: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, AttributeValue>>;
}

/** What `compileExpression` takes. */
export interface Sayings<D extends AnyDefinition> {
  readonly condition?: Condition;
  readonly update?: Changes<D>;
  readonly select?: readonly Path<D>[];
}

/**
 * Compile conditions, changes and a selection for a request of your own.
 *
 * @throws {ValidationFailed | InvalidOperator | EncryptedFieldNotQueryable}
 * @example
 * compileExpression(Note, { condition: field("text").exists() })
 * // { condition: "attribute_exists(#n0)", names: { "#n0": "text" } }
 */
export function compileExpression<D extends AnyDefinition>(
  model: Model<D>,
  { condition, update, select }: Sayings<D>,
): Expression {
  const compiled = compile(codecOf(model), {
    condition,
    update: update && { actions: actionsOf(update), owned: {} },
    select: select?.map((path) => parsePath(path)),
  });
  const { names, values } = compiled.placeholders;
  return given({
    condition: compiled.condition,
    update: compiled.update,
    projection: compiled.projection,
    names: names.size === 0 ? undefined : inverted(names),
    values: values.size === 0 ? undefined : parsed(values),
  });
}

function inverted(names: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...names].map(([name, alias]) => [alias, name]));
}

function parsed(values: ReadonlyMap<string, string>): Record<string, AttributeValue> {
  return Object.fromEntries(
    [...values].map(([placeholder, text]) => [placeholder, JSON.parse(text) as AttributeValue]),
  );
}

function given(members: { readonly [K in keyof Expression]: Expression[K] | undefined }): Expression {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
}
