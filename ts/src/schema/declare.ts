/** The native way to say a model: `defineModel({...})`, which infers the types of items, keys and updates from what it is given. */

import { DMS_VERSION } from "../generated/version.ts";
import { checked, modelOf } from "./dms.ts";
import type { Discriminator, Model } from "./model.ts";
import { invalid } from "./shape.ts";
import type {
  AttributeDefinition,
  Attributes,
  Common,
  Fields,
  KeyFields,
  NestedAttributes,
  NestedDefinition,
  TopLevel,
} from "./types.ts";

/** The members that declarations have and no attribute knows: inference alone would let a misspelt one pass. */
type Misspelt<A> = Exclude<MemberNames<A>, NestedMember | keyof TopLevel> | MisspeltBelow<A>;

type NestedMember = keyof Common | "type" | "format" | "json" | "enum" | "attributes" | "items";

type MemberNames<A> = { [K in keyof A]: keyof A[K] }[keyof A];

type MisspeltBelow<A> = {
  [K in keyof A]: A[K] extends { type: "M" | "L" } ? MisspeltIn<A[K]> : never;
}[keyof A];

type MisspeltIn<D> = D extends { attributes: infer N }
  ? Exclude<MemberNames<N>, NestedMember> | MisspeltBelow<N>
  : D extends { items: infer I }
    ? Exclude<keyof I, NestedMember> | MisspeltIn<I>
    : never;

/** Demands of a declaration that it has no misspelt member, by demanding one that says so. */
type Checked<A> = Misspelt<A> extends never ? unknown : { readonly "no attribute knows": Misspelt<A> };

/** An index of a native declaration; its keys are names of attributes. */
export interface IndexDefinition<N extends string> {
  readonly name: string;
  readonly type: "GSI" | "LSI";
  /** A local index has the partition key of its table, and may leave it out. */
  readonly partition?: N;
  readonly sort?: N;
  /** `ALL` unless given; a list names the attributes to include. */
  readonly projection?: "ALL" | "KEYS_ONLY" | readonly N[];
  readonly tags?: Readonly<Record<string, unknown>>;
}

/** A native declaration of a model. */
export interface ModelDefinition<
  A extends Attributes,
  P extends keyof A & string,
  S extends keyof A & string,
  V extends Readonly<Record<string, readonly (keyof A & string)[]>>,
  N extends string = string,
> {
  readonly name: N;
  readonly namespace?: string;
  /** The table's name; a client may prefix or override it. */
  readonly table: string;
  /** Checks every attribute's name; nothing is converted. */
  readonly naming?: "snake_case" | "camelCase";
  readonly keys: { readonly partition: P; readonly sort?: S };
  /** Marks the model's items in a table of several models. */
  readonly discriminator?: Discriminator;
  /** The attributes by their names on the wire. */
  readonly attributes: A & Checked<A>;
  readonly indexes?: readonly IndexDefinition<keyof A & string>[];
  /** Named projections: lists of attributes. */
  readonly views?: V;
  readonly tags?: Readonly<Record<string, unknown>>;
}

/**
 * Define a model and infer the types of its values.
 *
 * @throws {InvalidModel} with the JSON Pointer of the entry, in the document that the definition stands for.
 * @example
 * const Note = defineModel({
 *   name: "Note",
 *   table: "notes",
 *   keys: { partition: "owner", sort: "id" },
 *   attributes: {
 *     owner: { type: "S" },
 *     id: { type: "S" },
 *     text: { type: "S" },
 *     version: { type: "N", format: "int", roles: ["version"] },
 *   },
 * });
 */
export function defineModel<
  const A extends Attributes,
  const P extends keyof A & string,
  const S extends keyof A & string = never,
  // eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- without views none has a name
  const V extends Readonly<Record<string, readonly (keyof A & string)[]>> = Readonly<Record<never, never>>,
  const N extends string = string,
>(
  definition: ModelDefinition<A, P, S, V, N>,
): Model<{
  readonly attributes: Fields<A>;
  readonly keys: KeyFields<A, P | S> & string;
  readonly views: V;
  readonly name: N;
}> {
  const document = checked({
    dms_version: DMS_VERSION,
    ...given({ namespace: definition.namespace }),
    models: [modelEntry(definition as unknown as AnyModel)],
  });
  checkProperties(definition.attributes, "/models/0/attributes");
  const [entry] = document.models;
  return entry === undefined ? invalid("/models", "lacks a model") : modelOf(document, entry, propertyName);
}

/** Two members of one name would overwrite each other; documents cannot come to this, for their values carry attributes' names. */
function checkProperties(attributes: NestedAttributes, at: string): void {
  const taken = new Set<string>();
  Object.entries(attributes).forEach(([name, attribute], index) => {
    const property = propertyName(name, attribute.field);
    if (taken.has(property)) {
      invalid(`${at}/${index}`, `another attribute of this level is named ${property} in values`);
    }
    taken.add(property);
    let inner: NestedDefinition | undefined = attribute;
    let here = `${at}/${index}`;
    for (; inner?.type === "L"; inner = inner.items) {
      here += "/items";
    }
    if (inner?.type === "M" && inner.attributes !== undefined) {
      checkProperties(inner.attributes, `${here}/attributes`);
    }
  });
}

type AnyModel = ModelDefinition<Attributes, string, string, Readonly<Record<string, readonly string[]>>>;

function modelEntry(definition: AnyModel): object {
  const { partition, sort } = definition.keys;
  const key = (attribute: string): object => ({
    attribute,
    // An attribute that does not exist is reported by the check, whatever its type here.
    type: definition.attributes[attribute]?.type ?? "S",
  });
  return {
    name: definition.name,
    table: { name: definition.table },
    keys: { partition: key(partition), ...(sort === undefined ? {} : { sort: key(sort) }) },
    attributes: Object.entries(definition.attributes).map(([name, attribute]) =>
      attributeEntry(name, attribute, name === partition || name === sort),
    ),
    indexes: (definition.indexes ?? []).map((index) => indexEntry(index, key)),
    views: Object.entries(definition.views ?? {}).map(([name, fields]) => ({ name, fields })),
    ...given({
      naming: definition.naming && { convention: definition.naming },
      discriminator: definition.discriminator,
      tags: definition.tags,
    }),
  };
}

function attributeEntry(name: string, definition: AttributeDefinition, isKey: boolean): object {
  const { omitEmpty, required, roles, encryption, field, tags, ...element } = definition;
  return {
    attribute: name,
    ...elementEntry(element),
    ...given({
      omit_empty: omitEmpty,
      required: required ?? (isKey ? true : undefined),
      ...{ roles, encryption, field, tags },
    }),
  };
}

function elementEntry(definition: NestedDefinition): object {
  const { attributes, items, ...rest } = definition as NestedDefinition & {
    attributes?: NestedAttributes;
    items?: NestedDefinition;
  };
  return {
    ...rest,
    ...given({
      attributes:
        attributes &&
        Object.entries(attributes).map(([name, attribute]) => attributeEntry(name, attribute, false)),
      items: items && elementEntry(items),
    }),
  };
}

function indexEntry(index: IndexDefinition<string>, key: (attribute: string) => object): object {
  const { projection } = index;
  return {
    name: index.name,
    type: index.type,
    ...given({
      partition: index.partition === undefined ? undefined : key(index.partition),
      sort: index.sort === undefined ? undefined : key(index.sort),
      projection: projectionEntry(projection),
      tags: index.tags,
    }),
  };
}

function projectionEntry(projection: IndexDefinition<string>["projection"]): object | undefined {
  if (projection === undefined) {
    return undefined;
  }
  return typeof projection === "string" ? { type: projection } : { type: "INCLUDE", fields: projection };
}

/** Leave out what is undefined: in a document a member is there, or it is not. */
function given(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A member is named by its field in camelCase, or else as the attribute itself. */
function propertyName(attribute: string, field: string | undefined): string {
  return field === undefined
    ? attribute
    : field.replace(/_([^_]?)/g, (_match, next: string) => next.toUpperCase());
}
