/** What makes a model wrong although its structure is right; each reason with the pointer of the entry. */

import { GSI_MAX, KEY_NAME_MAX_BYTES, LSI_MAX } from "../generated/limits.ts";
import { utf8Length } from "../text/utf8.ts";
import type {
  AttributeEntry,
  DocumentEntry,
  ElementEntry,
  IndexEntry,
  KeyEntry,
  ModelEntry,
  ProjectionEntry,
} from "./entry.ts";
import type { AttributeType, Format, Role } from "./model.ts";
import { invalid, pointer } from "./shape.ts";

/**
 * Check the models of a document whose structure is right.
 *
 * @throws {InvalidModel} at the first entry that breaks a rule.
 */
export function checkDocument(document: DocumentEntry): void {
  document.models.forEach((model, index) => {
    checkModel(model, `/models/${index}`);
  });
  checkTogether(document.models);
}

function checkTogether(models: readonly ModelEntry[]): void {
  models.forEach((model, index) => {
    const earlier = models.slice(0, index);
    if (earlier.some((other) => other.name === model.name)) {
      invalid(`/models/${index}/name`, "another model has this name");
    }
    const neighbour = earlier.find((other) => other.table.name === model.table.name);
    if (neighbour !== undefined && keyText(neighbour) !== keyText(model)) {
      invalid(`/models/${index}/keys`, "another model of this table has other keys");
    }
  });
}

function keyText({ keys }: ModelEntry): string {
  const parts = keys.sort === undefined ? [keys.partition] : [keys.partition, keys.sort];
  return JSON.stringify(parts.map(({ attribute, type }) => [attribute, type]));
}

function checkModel(model: ModelEntry, at: string): void {
  if (model.discriminator !== undefined) {
    invalid(`${at}/discriminator`, "this version does not support a discriminator yet");
  }
  checkAttributes(model.attributes, `${at}/attributes`, model.naming?.convention);
  checkKeys(model, at);
  checkRoles(model, at);
  model.indexes?.forEach((index, position) => {
    checkIndex(model, index, position, `${at}/indexes/${position}`);
  });
  checkViews(model, at);
}

const CONVENTIONS = {
  snake_case: /^_?[a-z][a-z0-9]*(_[a-z0-9]+)*$/,
  camelCase: /^_?[a-z][a-zA-Z0-9]*$/,
};

function checkAttributes(
  attributes: readonly AttributeEntry[],
  at: string,
  convention: keyof typeof CONVENTIONS | undefined,
): void {
  attributes.forEach((attribute, index) => {
    const here = pointer(at, index);
    const earlier = attributes.slice(0, index);
    if (earlier.some((other) => other.attribute === attribute.attribute)) {
      invalid(`${here}/attribute`, "another attribute of this level has this name");
    }
    if (attribute.field !== undefined && earlier.some((other) => other.field === attribute.field)) {
      invalid(`${here}/field`, "another attribute of this level has this field");
    }
    checkName(attribute.attribute, `${here}/attribute`, convention);
    if (attribute.template !== undefined) {
      invalid(`${here}/template`, "this version does not support templates yet");
    }
    checkElement(attribute, here, convention);
  });
}

function checkName(name: string, at: string, convention: keyof typeof CONVENTIONS | undefined): void {
  if (!name.isWellFormed()) {
    invalid(at, "a lone surrogate is no text");
  }
  const exempt = name === "PK" || name === "SK";
  if (convention !== undefined && !exempt && !CONVENTIONS[convention].test(name)) {
    invalid(at, `is not in ${convention}`);
  }
}

const FORMATS: Partial<Record<AttributeType, readonly Format[]>> = {
  S: ["timestamp", "rfc3339nano", "date", "uuid", "bool_string"],
  N: ["int", "int64", "float", "decimal", "unix_seconds", "unix_millis"],
};

function checkElement(
  element: ElementEntry,
  at: string,
  convention: keyof typeof CONVENTIONS | undefined,
): void {
  const plainText = element.type === "S" && element.format === undefined;
  if (element.format !== undefined && FORMATS[element.type]?.includes(element.format) !== true) {
    invalid(`${at}/format`, `does not fit the type ${element.type}`);
  }
  if (element.json === true && !plainText) {
    invalid(`${at}/json`, "fits the type S without a format only");
  }
  if (element.enum !== undefined && (!plainText || element.json === true)) {
    invalid(`${at}/enum`, "fits the type S without a format and without json only");
  }
  if (element.attributes !== undefined) {
    if (element.type !== "M") {
      invalid(`${at}/attributes`, "fits the type M only");
    }
    checkAttributes(element.attributes, `${at}/attributes`, convention);
  }
  if (element.items !== undefined) {
    if (element.type !== "L") {
      invalid(`${at}/items`, "fits the type L only");
    }
    checkElement(element.items, `${at}/items`, convention);
  }
}

function checkKeys(model: ModelEntry, at: string): void {
  const { partition, sort } = model.keys;
  checkTableKey(model, partition, at, "partition");
  if (sort !== undefined) {
    checkTableKey(model, sort, at, "sort");
    if (sort.attribute === partition.attribute) {
      invalid(`${at}/keys/sort/attribute`, "is the partition key already");
    }
  }
}

function checkTableKey(model: ModelEntry, key: KeyEntry, at: string, name: string): void {
  const [attribute, here] = findKey(model, key, at, `${at}/keys/${name}`);
  if (attribute.required !== true) {
    invalid(here, "is a key, so it has to be required");
  }
  if (attribute.encryption !== undefined) {
    invalid(`${here}/encryption`, "a key cannot be encrypted");
  }
  if (attribute.json === true) {
    invalid(`${here}/json`, "a key cannot be json");
  }
}

/** Find the attribute of a key of the table or of an index, and where it is declared. */
function findKey(model: ModelEntry, key: KeyEntry, at: string, keyAt: string): [AttributeEntry, string] {
  const index = model.attributes.findIndex((attribute) => attribute.attribute === key.attribute);
  const attribute = model.attributes[index];
  if (attribute === undefined) {
    invalid(`${keyAt}/attribute`, "no attribute of this model has this name");
  }
  if (attribute.type !== key.type) {
    invalid(`${keyAt}/type`, "the attribute has another type");
  }
  if (utf8Length(key.attribute) > KEY_NAME_MAX_BYTES) {
    invalid(`${keyAt}/attribute`, `the name of a key has at most ${KEY_NAME_MAX_BYTES} bytes`);
  }
  return [attribute, `${at}/attributes/${index}`];
}

const TIMES: readonly (Format | undefined)[] = ["timestamp", "rfc3339nano", "unix_seconds", "unix_millis"];

/** Which attributes may have a role; those of a key are checked against the keys. */
const ROLE_FITS: Record<
  Exclude<Role, "pk" | "sk">,
  { readonly fits: (attribute: AttributeEntry) => boolean; readonly fact: string }
> = {
  created_at: { fits: isTime, fact: "stands on a timestamp, rfc3339nano, unix_seconds or unix_millis" },
  updated_at: { fits: isTime, fact: "stands on a timestamp, rfc3339nano, unix_seconds or unix_millis" },
  version: {
    fits: ({ type, format }) =>
      type === "N" && (format === undefined || format === "int" || format === "int64"),
    fact: "stands on an N with the format int or int64",
  },
  ttl: {
    fits: ({ type, format }) => type === "N" && format === "unix_seconds",
    fact: "stands on an N with the format unix_seconds",
  },
};

function isTime(attribute: AttributeEntry): boolean {
  const { type, format } = attribute;
  const plain = type === "S" && format === undefined;
  return plain ? attribute.json !== true && attribute.enum === undefined : TIMES.includes(format);
}

function checkRoles(model: ModelEntry, at: string): void {
  const taken = new Set<Role>();
  model.attributes.forEach((attribute, index) => {
    const here = `${at}/attributes/${index}`;
    attribute.roles?.forEach((role, position) => {
      const roleAt = `${here}/roles/${position}`;
      if (taken.has(role)) {
        invalid(roleAt, "another attribute has this role");
      }
      taken.add(role);
      checkRole(model, attribute, role, here, roleAt);
    });
  });
}

function checkRole(
  model: ModelEntry,
  attribute: AttributeEntry,
  role: Role,
  here: string,
  roleAt: string,
): void {
  if (role === "pk" || role === "sk") {
    const key = role === "pk" ? model.keys.partition : model.keys.sort;
    if (key?.attribute !== attribute.attribute) {
      invalid(roleAt, "the attribute is not that key of the table");
    }
    return;
  }
  if (!ROLE_FITS[role].fits(attribute)) {
    invalid(roleAt, ROLE_FITS[role].fact);
  }
  if (attribute.encryption !== undefined) {
    invalid(`${here}/encryption`, "an attribute with a role cannot be encrypted");
  }
}

function checkIndex(model: ModelEntry, index: IndexEntry, position: number, at: string): void {
  const earlier = (model.indexes ?? []).slice(0, position);
  if (earlier.some((other) => other.name === index.name)) {
    invalid(`${at}/name`, "another index has this name");
  }
  const most = index.type === "LSI" ? LSI_MAX : GSI_MAX;
  if (earlier.filter((other) => other.type === index.type).length >= most) {
    invalid(at, `a table has at most ${most} indexes of type ${index.type}`);
  }
  if (index.type === "LSI") {
    checkLocal(model, index, at);
  } else if (index.partition === undefined) {
    invalid(at, "lacks the member partition");
  }
  for (const name of ["partition", "sort"] as const) {
    const key = index[name];
    if (key !== undefined) {
      const [attribute] = findKey(model, key, at.slice(0, at.lastIndexOf("/indexes/")), `${at}/${name}`);
      if (attribute.encryption !== undefined) {
        invalid(`${at}/${name}/attribute`, "an encrypted attribute cannot be a key of an index");
      }
    }
  }
  checkProjection(model, index.projection, `${at}/projection`);
}

function checkLocal(model: ModelEntry, index: IndexEntry, at: string): void {
  if (model.keys.sort === undefined) {
    invalid(at, "a local index needs a table with a sort key");
  }
  if (index.sort === undefined) {
    invalid(at, "lacks the member sort");
  }
  if (index.partition !== undefined && index.partition.attribute !== model.keys.partition.attribute) {
    invalid(`${at}/partition`, "a local index has the partition key of its table");
  }
}

function checkProjection(model: ModelEntry, projection: ProjectionEntry | undefined, at: string): void {
  if (projection === undefined) {
    return;
  }
  if (projection.type === "INCLUDE" && projection.fields === undefined) {
    invalid(at, "lacks the member fields");
  }
  if (projection.type !== "INCLUDE" && projection.fields !== undefined) {
    invalid(`${at}/fields`, "belongs to the type INCLUDE");
  }
  checkFields(model, projection.fields ?? [], `${at}/fields`);
}

function checkViews(model: ModelEntry, at: string): void {
  model.views?.forEach((view, index, views) => {
    const here = `${at}/views/${index}`;
    if (views.slice(0, index).some((other) => other.name === view.name)) {
      invalid(`${here}/name`, "another view has this name");
    }
    checkFields(model, view.fields, `${here}/fields`);
  });
}

function checkFields(model: ModelEntry, fields: readonly string[], at: string): void {
  fields.forEach((field, index) => {
    if (!model.attributes.some((attribute) => attribute.attribute === field)) {
      invalid(pointer(at, index), "no attribute of this model has this name");
    }
  });
}
