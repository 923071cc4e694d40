/** Where a read goes: the table or one of its indexes, by name or by the attributes that the caller gives. */

import { InvalidOperator, ValidationFailed } from "../errors/catalogue.ts";
import type { Attribute, AttributeType, Composed, Index, Model } from "../schema/model.ts";
import type { AnyDefinition } from "../schema/types.ts";
import type { Sort } from "./query.ts";

type AnyModel = Model<AnyDefinition>;

/** The table (`index` is undefined) or an index, with the keys it is queried by. */
export class Place {
  readonly model: AnyModel;
  readonly index: Index | undefined;
  readonly partition: Attribute;
  readonly sort: Attribute | undefined;

  constructor(model: AnyModel, index?: Index) {
    this.model = model;
    this.index = index;
    this.partition = index === undefined ? model.partition : keyAttribute(model, index.partition);
    const sort = index?.sort === undefined ? undefined : keyAttribute(model, index.sort);
    this.sort = index === undefined ? model.sort : sort;
  }

  get isGlobal(): boolean {
    return this.index?.type === "GSI";
  }

  /** Whether its items are whole ones. */
  get isWhole(): boolean {
    return this.index === undefined || this.index.projection === "ALL";
  }

  /** The names of the keys it is queried by. */
  get keyNames(): readonly string[] {
    return this.sort === undefined ? [this.partition.name] : [this.partition.name, this.sort.name];
  }

  /** Name and type of every attribute of a cursor: the table's keys, then the index's. */
  get cursorKeys(): ReadonlyMap<string, AttributeType> {
    const own = this.sort === undefined ? [this.partition] : [this.partition, this.sort];
    return new Map([...this.model.keys, ...own].map((key) => [key.name, key.type]));
  }

  /** Tell whether its items hold an attribute of the table's. */
  projects(name: string): boolean {
    const projection = this.index?.projection ?? "ALL";
    return (
      projection === "ALL" ||
      this.cursorKeys.has(name) ||
      projection.includes(name) ||
      this.model.discriminator?.attribute === name
    );
  }

  /** Tell whether the attributes that the caller names are these keys. */
  holds(given: ReadonlySet<string>, sort: Sort | undefined): boolean {
    const names = partsOf(this.model, this.partition);
    if (given.size !== names.length || !names.every((name) => given.has(name))) {
      return false;
    }
    if (sort === undefined || this.sort === undefined) {
      return sort === undefined;
    }
    if (!("parts" in sort)) {
      return composedOf(this.model, this.sort) === undefined;
    }
    const leading = partsOf(this.model, this.sort).slice(0, sort.parts.size);
    return leading.length === sort.parts.size && leading.every((name) => sort.parts.has(name));
  }

  /** Name it with its keys, for messages. */
  toString(): string {
    return `${this.index === undefined ? "the table" : this.index.name} (${this.keyNames.join(", ")})`;
  }
}

/** Give the template of a key; undefined of a plain one. */
export function composedOf({ composed }: AnyModel, key: Attribute): Composed | undefined {
  return composed.find(({ attribute }) => attribute.name === key.name);
}

/** Give the attributes that make up a key: itself, or the parts of its template. */
export function partsOf(model: AnyModel, key: Attribute): readonly string[] {
  return composedOf(model, key)?.parts ?? [key.name];
}

function keyAttribute(model: AnyModel, name: string): Attribute {
  const found =
    model.attributes.get(name) ?? model.composed.find(({ attribute }) => attribute.name === name)?.attribute;
  if (found === undefined) {
    throw new Error(`an index over the undeclared ${name}`);
  }
  return found;
}

/** Give the table, or an index by name. @throws {ValidationFailed} for an unknown name. */
export function placeOf(model: AnyModel, name: string | undefined): Place {
  if (name === undefined) {
    return new Place(model);
  }
  const index = model.indexes.find((one) => one.name === name);
  if (index === undefined) {
    throw new ValidationFailed(`${model.name} has no index of this name`);
  }
  return new Place(model, index);
}

/**
 * Choose by the attributes that the caller names: the table where they are its keys, else the one index.
 *
 * @throws {InvalidOperator} with the candidates where none fits, or several do.
 */
export function choosePlace(model: AnyModel, given: ReadonlySet<string>, sort: Sort | undefined): Place {
  const table = new Place(model);
  if (table.holds(given, sort)) {
    return table;
  }
  const indexes = model.indexes.map((index) => new Place(model, index));
  const fitting = indexes.filter((place) => place.holds(given, sort));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) {
    return only;
  }
  const [reason, candidates] =
    fitting.length > 1
      ? ["several indexes fit, name one of", fitting]
      : ["no key fits these attributes; there are", [table, ...indexes]];
  throw new InvalidOperator(`${model.name}: ${reason} ${candidates.map(String).join(", ")}`);
}
