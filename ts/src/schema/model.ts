/**
 * Frozen descriptions of models: what a document or a native declaration says, checked, with its defaults filled in.
 *
 * How a description comes to be is known by `dms.ts` and `declare.ts`, what makes one wrong by `check.ts`.
 */

import { formatPath, type Segment } from "../errors/path.ts";
import type { Template } from "./template.ts";
import type { AnyDefinition, Definition } from "./types.ts";

/** DynamoDB's types. */
export type AttributeType = "S" | "N" | "B" | "BOOL" | "NULL" | "L" | "M" | "SS" | "NS" | "BS";

/** What a text or number stands for. */
export type Format =
  | "timestamp"
  | "rfc3339nano"
  | "date"
  | "uuid"
  | "bool_string"
  | "int"
  | "int64"
  | "float"
  | "decimal"
  | "unix_seconds"
  | "unix_millis";

/** An attribute's duty in its model. */
export type Role = "pk" | "sk" | "created_at" | "updated_at" | "version" | "ttl";

/** One attribute, on any level; elements of a list are an attribute without a name. */
export interface Attribute {
  /** The name on the wire; empty for the elements of a list. */
  readonly name: string;
  /** The name of the member of a value. */
  readonly property: string;
  readonly type: AttributeType;
  readonly format: Format | undefined;
  readonly json: boolean;
  readonly enum: readonly string[] | undefined;
  readonly required: boolean;
  readonly omitEmpty: boolean;
  readonly roles: readonly Role[];
  readonly encrypted: boolean;
  /** The names that envelopes are bound to, where they are not the model's and the attribute's own. */
  readonly boundAs: { readonly model?: string; readonly attribute?: string } | undefined;
  /** The members of a typed map. */
  readonly members: ReadonlyMap<string, Attribute> | undefined;
  /** The elements of a typed list. */
  readonly items: Attribute | undefined;
  /** The most bytes a value may have as a key of the table or of an index; undefined where it is no key. */
  readonly keyMaxBytes: number | undefined;
}

/** A key attribute that a template composes; callers never handle its text. */
export interface Composed {
  readonly attribute: Attribute;
  readonly template: Template;
  /** The names of the parts, each once. */
  readonly parts: readonly string[];
}

/** What marks a model's items in a table of several models. */
export interface Discriminator {
  readonly attribute: string;
  readonly value: string;
}

/** A global or local secondary index. */
export interface Index {
  readonly name: string;
  readonly type: "GSI" | "LSI";
  readonly partition: string;
  readonly sort: string | undefined;
  readonly projection: "ALL" | "KEYS_ONLY" | readonly string[];
}

/** What makes up a model. */
export interface ModelParts {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly tableName: string;
  readonly partition: Attribute;
  readonly sort: Attribute | undefined;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly composed: readonly Composed[];
  readonly discriminator: Discriminator | undefined;
  readonly indexes: readonly Index[];
  readonly views: ReadonlyMap<string, readonly string[]>;
  /** The canonical document that holds this one model, as a JSON value. */
  readonly document: unknown;
}

/** A model: a table's keys, its attributes and their duties. `D` carries the types of its values. */
export class Model<D extends AnyDefinition = Definition> {
  /** Exists for the compiler only: what `ItemOf` and its like read. */
  declare readonly definition: D;
  readonly name: string;
  readonly namespace: string | undefined;
  /** The table's name in the document; a client may prefix or override it. */
  readonly tableName: string;
  readonly partition: Attribute;
  readonly sort: Attribute | undefined;
  /** What callers handle: composed attributes and the discriminator are not among them. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** The attributes that templates compose, by the bytes of their names. */
  readonly composed: readonly Composed[];
  readonly discriminator: Discriminator | undefined;
  /** The attributes that make up the table's key: plain ones, and the parts of composed ones. */
  readonly keyFields: readonly Attribute[];
  readonly indexes: readonly Index[];
  readonly views: ReadonlyMap<string, readonly string[]>;
  readonly createdAt: Attribute | undefined;
  readonly updatedAt: Attribute | undefined;
  readonly version: Attribute | undefined;
  /** The canonical document that holds this one model, as a JSON value. */
  readonly document: unknown;

  constructor(parts: ModelParts) {
    this.name = parts.name;
    this.namespace = parts.namespace;
    this.tableName = parts.tableName;
    this.partition = parts.partition;
    this.sort = parts.sort;
    this.attributes = parts.attributes;
    this.composed = parts.composed;
    this.discriminator = parts.discriminator;
    this.keyFields = keyFieldsOf(this);
    this.indexes = parts.indexes;
    this.views = parts.views;
    this.document = parts.document;
    const attributes = [...parts.attributes.values()];
    this.createdAt = attributes.find((attribute) => attribute.roles.includes("created_at"));
    this.updatedAt = attributes.find((attribute) => attribute.roles.includes("updated_at"));
    this.version = attributes.find((attribute) => attribute.roles.includes("version"));
    Object.freeze(this);
  }

  /** The attributes of the table's key: the partition key, and the sort key where there is one. */
  get keys(): readonly Attribute[] {
    return this.sort === undefined ? [this.partition] : [this.partition, this.sort];
  }
}

function keyFieldsOf({ keys, composed, attributes }: Model<AnyDefinition>): readonly Attribute[] {
  const names = keys.flatMap(
    (key) => composed.find(({ attribute }) => attribute === key)?.parts ?? [key.name],
  );
  return [...new Set(names)].flatMap((name) => attributes.get(name) ?? []);
}

/** Where a path leads: to an attribute, to a place inside an untyped map or list, or to nothing the model knows. */
export type Place =
  | { readonly kind: "typed"; readonly attribute: Attribute }
  | { readonly kind: "untyped" }
  | { readonly kind: "unknown" };

const UNTYPED: Place = { kind: "untyped" };
const UNKNOWN: Place = { kind: "unknown" };

/** Follow a path through a model's declarations. */
export function placeAt(model: Model<AnyDefinition>, path: readonly Segment[]): Place {
  let attribute = typeof path[0] === "string" ? model.attributes.get(path[0]) : undefined;
  for (const segment of path.slice(1)) {
    if (attribute === undefined) {
      return UNKNOWN;
    }
    if (isOpen(attribute, segment)) {
      return UNTYPED;
    }
    attribute = typeof segment === "number" ? attribute.items : attribute.members?.get(segment);
  }
  return attribute === undefined ? UNKNOWN : { kind: "typed", attribute };
}

/** Tell whether a step leads into a map or list without a declaration. */
function isOpen(attribute: Attribute, segment: Segment): boolean {
  return typeof segment === "number"
    ? attribute.type === "L" && attribute.items === undefined
    : attribute.type === "M" && attribute.members === undefined;
}

/** Name a model's attribute in a text for people. */
export function describe(model: Model<AnyDefinition>, path: readonly Segment[]): string {
  return `${model.name}.${formatPath(path)}`;
}
