/** Several models of one table in one read: whether they go together, and what a path of a filter means. */

import { codecOf, type ModelCodec } from "../codec/item.ts";
import { ValidationFailed } from "../errors/catalogue.ts";
import type { Condition } from "../expression/node.ts";
import { Model } from "../schema/model.ts";
import type { AnyDefinition } from "../schema/types.ts";

type AnyModel = Model<AnyDefinition>;

/** Refuse models that are not told apart by one discriminator in one table. @throws {ValidationFailed} */
export function checkTogether(models: readonly AnyModel[], tables: readonly string[]): void {
  const marks = models.flatMap(({ discriminator }) => discriminator ?? []);
  if (
    models.length === 0 ||
    marks.length < models.length ||
    differ(marks.map(({ attribute }) => attribute))
  ) {
    throw new ValidationFailed("several models need the same discriminator in each");
  }
  if (new Set(marks.map(({ value }) => value)).size < marks.length) {
    throw new ValidationFailed("two models have the same value of the discriminator");
  }
  const keys = models.map((model) => JSON.stringify(model.keys.map(({ name, type }) => [name, type])));
  if (differ(tables) || differ(keys)) {
    throw new ValidationFailed("the models have different tables or keys");
  }
}

function differ(texts: readonly string[]): boolean {
  return new Set(texts).size > 1;
}

/** Give the codec by which expressions are written: of several models the first that declares a path types it. */
export function mergedCodec(codecs: readonly ModelCodec[]): ModelCodec {
  const [first, ...others] = codecs;
  if (first === undefined || others.length === 0) {
    return first ?? none();
  }
  const attributes = new Map([...codecs].reverse().flatMap(({ model }) => [...model.attributes]));
  const { name, namespace, tableName, partition, sort, composed, discriminator, indexes, views, document } =
    first.model;
  const shared = { name, namespace, tableName, partition, sort, composed, discriminator };
  const hasKey = codecs.every(({ locked }) => locked === undefined);
  return codecOf(new Model<AnyDefinition>({ ...shared, attributes, indexes, views, document }), hasKey);
}

/** Give the condition that leaves items of other models out; undefined where the models have no discriminator. */
export function ownItems(models: readonly AnyModel[]): Condition | undefined {
  const marks = models.flatMap(({ discriminator }) => discriminator ?? []);
  const [first] = marks;
  if (first === undefined) {
    return undefined;
  }
  const left = { kind: "path", path: [first.attribute] } as const;
  const operands = marks.map(({ value }) => ({ kind: "value", value }) as const);
  return marks.length === 1
    ? { kind: "compare", operator: "=", left, right: { kind: "value", value: first.value } }
    : { kind: "in", left, operands };
}

function none(): never {
  throw new ValidationFailed("a query of no model");
}
