/**
 * A DMS document ↔ its models: checking it, building the models, and the canonical JSON by which models are compared.
 *
 * The text of a document is read by `yaml.ts`, which is behind the entry `dynamorm-ts/dms`; here a document is a JSON value.
 */

import { PARTITION_KEY_MAX_BYTES, SORT_KEY_MAX_BYTES } from "../generated/limits.ts";
import { canonicalJson, JsonFault } from "../text/json.ts";
import { compareUtf8 } from "../text/utf8.ts";
import { checkDocument } from "./check.ts";
import type { AttributeEntry, DocumentEntry, ElementEntry, IndexEntry, ModelEntry } from "./entry.ts";
import {
  type Attribute,
  type Composed,
  type Format,
  type Index,
  Model,
  type ModelParts,
  type Role,
} from "./model.ts";
import { checkShape, invalid, VERSION } from "./shape.ts";
import { parseTemplate, partsOf } from "./template.ts";
import type { AnyDefinition, DynamicDefinition } from "./types.ts";

/** A checked document and its models. */
export interface Document {
  /** The models in the order of the document. */
  readonly models: readonly Model<DynamicDefinition>[];
  /** The canonical JSON of the document. */
  readonly canonical: string;
  /**
   * Give the model of a name.
   *
   * @throws {InvalidModel} where there is none.
   */
  model(name: string): Model<DynamicDefinition>;
}

/**
 * Build the models of a document that was read to a JSON value; unlike text, it needs no YAML parser.
 *
 * @throws {InvalidModel} with the JSON Pointer of the offending entry.
 */
export function documentFromJson(value: unknown): Document {
  const document = checked(value);
  const models = document.models.map((entry) => modelOf<DynamicDefinition>(document, entry, attributeName));
  return Object.freeze({
    models: Object.freeze(models),
    canonical: canonicalText(canonicalDocument(document, document.models)),
    model(name: string): Model<DynamicDefinition> {
      const found = models.find((model) => model.name === name);
      return found ?? invalid("/models", "no model of this document has this name");
    },
  });
}

/** Check a document and give its entries. */
export function checked(value: unknown): DocumentEntry {
  if (typeof value === "object" && value !== null && "dms_version" in value) {
    // First of all: a document of another version may be of any structure.
    checkShape(value.dms_version, VERSION, "/dms_version");
  }
  checkShape(value);
  const document = value as DocumentEntry;
  checkDocument(document);
  return document;
}

/**
 * Give the canonical DMS JSON of a document that holds this one model: what two models are compared by.
 *
 * @example
 * canonicalDms(Order) === canonicalDms(loadDms(text).model("Order"))
 */
export function canonicalDms(model: Model<AnyDefinition>): string {
  return canonicalText(model.document);
}

function canonicalText(document: unknown): string {
  try {
    return canonicalJson(document);
  } catch (fault) {
    if (fault instanceof JsonFault) {
      invalid(fault.segments.map((segment) => `/${segment}`).join(""), fault.fact);
    }
    throw fault;
  }
}

/** How the member of a value is named for an attribute. */
export type Naming = (attribute: string, field: string | undefined) => string;

/** Values of dynamic tables carry the names of the attributes. */
function attributeName(attribute: string): string {
  return attribute;
}

/** Build the model of an entry of a checked document. */
export function modelOf<D extends AnyDefinition>(
  document: DocumentEntry,
  entry: ModelEntry,
  naming: Naming,
): Model<D> {
  const indexes = (entry.indexes ?? []).map((index) => indexOf(entry, index));
  const { all, ...parts } = attributesOf(entry, indexes, naming);
  const partition = all.get(entry.keys.partition.attribute);
  if (partition === undefined) {
    invalid("/models/0/keys/partition", "no attribute of this model has this name");
  }
  return new Model<D>({
    name: entry.name,
    namespace: document.namespace,
    tableName: entry.table.name,
    partition,
    sort: entry.keys.sort === undefined ? undefined : all.get(entry.keys.sort.attribute),
    ...parts,
    discriminator: entry.discriminator,
    indexes,
    views: new Map((entry.views ?? []).map((view) => [view.name, view.fields])),
    document: canonicalDocument({ ...document, tags: undefined }, [entry]),
  });
}

/** Build the attributes of a model: all by name, what values have, and what templates compose. */
function attributesOf(
  entry: ModelEntry,
  indexes: readonly Index[],
  naming: Naming,
): Pick<ModelParts, "attributes" | "composed"> & { readonly all: ReadonlyMap<string, Attribute> } {
  const built = entry.attributes.map((attribute) => {
    const limit = keyLimit(entry, indexes, attribute.attribute);
    return [attribute, attributeOf(attribute, naming, rolesOf(entry, attribute), limit)] as const;
  });
  const composed = built.flatMap(([{ template }, attribute]) =>
    template === undefined ? [] : composedOf(attribute, template),
  );
  const own = built.filter(
    ([{ attribute, template }]) => template === undefined && attribute !== entry.discriminator?.attribute,
  );
  const byName = (list: typeof built): ReadonlyMap<string, Attribute> =>
    new Map(list.map(([{ attribute }, made]) => [attribute, made]));
  return {
    all: byName(built),
    attributes: byName(own),
    composed: sorted(composed, ({ attribute }) => attribute.name),
  };
}

function composedOf(attribute: Attribute, text: string): Composed {
  const template = parseTemplate(text, (fact) => invalid("/models/0/attributes", fact));
  return { attribute, template, parts: [...new Set(partsOf(template).map(({ name }) => name))] };
}

function attributeOf(
  entry: AttributeEntry,
  naming: Naming,
  roles: readonly Role[] = [],
  keyMaxBytes?: number,
): Attribute {
  return Object.freeze({
    ...elementOf(entry, naming, roles),
    name: entry.attribute,
    property: naming(entry.attribute, entry.field),
    required: entry.required ?? false,
    omitEmpty: entry.omit_empty ?? false,
    roles,
    encrypted: entry.encryption !== undefined,
    boundAs: entry.encryption?.context,
    keyMaxBytes,
  });
}

function elementOf(entry: ElementEntry, naming: Naming, roles: readonly Role[] = []): Attribute {
  return Object.freeze({
    name: "",
    property: "",
    type: entry.type,
    format: formatOf(entry, roles),
    json: entry.json ?? false,
    enum: entry.enum,
    required: false,
    omitEmpty: false,
    roles,
    encrypted: false,
    boundAs: undefined,
    members:
      entry.attributes === undefined
        ? undefined
        : new Map(entry.attributes.map((member) => [member.attribute, attributeOf(member, naming)])),
    items: entry.items === undefined ? undefined : elementOf(entry.items, naming),
    keyMaxBytes: undefined,
  });
}

/** Times without a format are timestamps, versions integers. */
function formatOf(entry: ElementEntry, roles: readonly Role[]): Format | undefined {
  if (entry.format !== undefined) {
    return entry.format;
  }
  if (roles.includes("version")) {
    return "int";
  }
  return roles.includes("created_at") || roles.includes("updated_at") ? "timestamp" : undefined;
}

const ROLES: readonly Role[] = ["pk", "sk", "created_at", "updated_at", "version", "ttl"];

function rolesOf({ keys }: ModelEntry, { attribute, roles = [] }: AttributeEntry): readonly Role[] {
  const all = new Set<Role>(roles);
  if (keys.partition.attribute === attribute) {
    all.add("pk");
  }
  if (keys.sort?.attribute === attribute) {
    all.add("sk");
  }
  return ROLES.filter((role) => all.has(role));
}

function keyLimit(entry: ModelEntry, indexes: readonly Index[], attribute: string): number | undefined {
  const limits = [
    ...[entry.keys.partition.attribute, ...indexes.map((index) => index.partition)].map(
      (name) => [name, PARTITION_KEY_MAX_BYTES] as const,
    ),
    ...[entry.keys.sort?.attribute, ...indexes.map((index) => index.sort)].map(
      (name) => [name, SORT_KEY_MAX_BYTES] as const,
    ),
  ]
    .filter(([name]) => name === attribute)
    .map(([, limit]) => limit);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function indexOf(model: ModelEntry, entry: IndexEntry): Index {
  const projection = entry.projection ?? { type: "ALL" };
  return Object.freeze({
    name: entry.name,
    type: entry.type,
    partition: (entry.partition ?? model.keys.partition).attribute,
    sort: entry.sort?.attribute,
    projection: projection.type === "INCLUDE" ? (projection.fields ?? []) : projection.type,
  });
}

function canonicalDocument(document: DocumentEntry, models: readonly ModelEntry[]): unknown {
  return {
    dms_version: document.dms_version,
    namespace: document.namespace,
    models: sorted(models, (model) => model.name).map(canonicalModel),
    tags: document.tags,
  };
}

function canonicalModel(model: ModelEntry): unknown {
  return {
    ...model,
    attributes: sorted(model.attributes, (attribute) => attribute.attribute).map((attribute) => {
      const roles = rolesOf(model, attribute);
      const required = isComposedKey(attribute, roles) || (attribute.required ?? false);
      return { ...canonicalAttribute(attribute), required, format: formatOf(attribute, roles), roles };
    }),
    indexes: sorted(model.indexes ?? [], (index) => index.name).map((index) => canonicalIndex(model, index)),
    views: sorted(model.views ?? [], (view) => view.name),
  };
}

/** A composed key of the table is required without saying so. */
function isComposedKey({ template }: AttributeEntry, roles: readonly Role[]): boolean {
  return template !== undefined && (roles.includes("pk") || roles.includes("sk"));
}

function canonicalAttribute(attribute: AttributeEntry): object {
  return {
    ...attribute,
    ...canonicalElement(attribute),
    required: attribute.required ?? false,
    omit_empty: attribute.omit_empty ?? false,
  };
}

function canonicalElement(element: ElementEntry): object {
  return {
    ...element,
    json: element.json ?? false,
    attributes:
      element.attributes && sorted(element.attributes, (member) => member.attribute).map(canonicalAttribute),
    items: element.items && canonicalElement(element.items),
  };
}

function canonicalIndex(model: ModelEntry, index: IndexEntry): unknown {
  const projection = index.projection ?? { type: "ALL" };
  return {
    ...index,
    partition: index.partition ?? model.keys.partition,
    projection: {
      ...projection,
      fields: projection.fields && [...projection.fields].sort(compareUtf8),
    },
  };
}

function sorted<T>(entries: readonly T[], name: (entry: T) => string): T[] {
  return [...entries].sort((left, right) => compareUtf8(name(left), name(right)));
}
