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
import { parseTemplate, partsOf, type TemplatePart } from "./template.ts";

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
    if (earlier.some((other) => isMarkedAlike(model, other))) {
      invalid(`/models/${index}/discriminator/value`, "another model of this table has it");
    }
  });
}

function keyText({ keys }: ModelEntry): string {
  const parts = keys.sort === undefined ? [keys.partition] : [keys.partition, keys.sort];
  return JSON.stringify(parts.map(({ attribute, type }) => [attribute, type]));
}

function isMarkedAlike(left: ModelEntry, right: ModelEntry): boolean {
  return (
    left.discriminator !== undefined &&
    left.table.name === right.table.name &&
    left.discriminator.attribute === right.discriminator?.attribute &&
    left.discriminator.value === right.discriminator.value
  );
}

function checkModel(model: ModelEntry, at: string): void {
  checkAttributes(model.attributes, `${at}/attributes`, model.naming?.convention);
  checkKeys(model, at);
  checkRoles(model, at);
  model.indexes?.forEach((index, position) => {
    checkIndex(model, index, position, `${at}/indexes/${position}`);
  });
  checkTemplates(model, at);
  checkDiscriminator(model, at);
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
  if (attribute.encryption !== undefined) {
    invalid(`${here}/encryption`, "a key cannot be encrypted");
  }
  if (attribute.json === true) {
    invalid(`${here}/json`, "a key cannot be json");
  }
  if (attribute.required !== true && attribute.template === undefined) {
    invalid(here, "is a key, so it has to be required");
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
    view.fields.forEach((field, position) => {
      if (attributeNamed(model, field)?.template !== undefined) {
        invalid(`${here}/fields/${position}`, "a view shows no composed attribute");
      }
    });
  });
}

function checkFields(model: ModelEntry, fields: readonly string[], at: string): void {
  fields.forEach((field, index) => {
    if (attributeNamed(model, field) === undefined && field !== model.discriminator?.attribute) {
      invalid(pointer(at, index), "no attribute of this model has this name");
    }
  });
}

function attributeNamed(model: ModelEntry, name: string): AttributeEntry | undefined {
  return model.attributes.find(({ attribute }) => attribute === name);
}

function indexKeys(model: ModelEntry): ReadonlySet<string> {
  const keys = (model.indexes ?? []).flatMap(({ partition, sort }) => [partition, sort]);
  return new Set(keys.flatMap((key) => key?.attribute ?? []));
}

function checkTemplates(model: ModelEntry, at: string): void {
  const ofIndexes = indexKeys(model);
  model.attributes.forEach((attribute, index) => {
    if (attribute.template !== undefined) {
      checkTemplate(model, attribute, ofIndexes, `${at}/attributes/${index}/template`);
    }
  });
}

function checkTemplate(
  model: ModelEntry,
  attribute: AttributeEntry,
  ofIndexes: ReadonlySet<string>,
  at: string,
): void {
  const parts = partsOf(parseTemplate(attribute.template ?? "", (fact) => invalid(at, fact)));
  const { partition, sort } = model.keys;
  const ofTable = [partition.attribute, sort?.attribute].includes(attribute.attribute);
  if (!ofTable && !ofIndexes.has(attribute.attribute)) {
    invalid(at, "a template composes a key of the table or of an index");
  }
  if (
    !isPlainText(attribute) ||
    attribute.omit_empty === true ||
    attribute.roles?.some(isLifecycle) === true
  ) {
    invalid(at, "a composed attribute is a plain S");
  }
  if (attribute.required === true && !ofTable) {
    invalid(at, "a composed key of an index is not required");
  }
  for (const part of parts) {
    checkPart(attributeNamed(model, part.name), part, ofTable, at);
  }
}

function isPlainText({ type, format, json, enum: choices }: AttributeEntry): boolean {
  return type === "S" && format === undefined && json !== true && choices === undefined;
}

function isLifecycle(role: Role): boolean {
  return role !== "pk" && role !== "sk";
}

const WHOLE: readonly (Format | undefined)[] = [undefined, "int", "int64", "unix_seconds", "unix_millis"];

function checkPart(
  part: AttributeEntry | undefined,
  { name, width }: TemplatePart,
  ofTable: boolean,
  at: string,
): void {
  const fits =
    part !== undefined &&
    part.template === undefined &&
    part.encryption === undefined &&
    part.json !== true &&
    (width === undefined ? part.type === "S" : part.type === "N" && WHOLE.includes(part.format)) &&
    part.roles?.some((role) => role === "updated_at" || role === "version") !== true;
  if (!fits) {
    invalid(at, `${name} is no part of a key`);
  }
  if (ofTable && (part.omit_empty === true || part.roles?.includes("created_at") === true)) {
    invalid(at, `${name} is no part of the table's key`);
  }
}

function checkDiscriminator(model: ModelEntry, at: string): void {
  const name = model.discriminator?.attribute;
  if (name === undefined) {
    return;
  }
  const here = `${at}/discriminator/attribute`;
  checkName(name, here, model.naming?.convention);
  const { partition, sort } = model.keys;
  if ([partition.attribute, sort?.attribute].includes(name) || indexKeys(model).has(name)) {
    invalid(here, "a discriminator is no key");
  }
  const declared = attributeNamed(model, name);
  if (declared !== undefined && !isPlainMark(declared)) {
    invalid(here, "a discriminator is a plain S");
  }
  model.indexes?.forEach(({ projection }, index) => {
    if (projection !== undefined && projection.type !== "ALL" && projection.fields?.includes(name) !== true) {
      invalid(`${at}/indexes/${index}/projection`, "an index projects the discriminator");
    }
  });
}

function isPlainMark(entry: AttributeEntry): boolean {
  const { roles = [], encryption, template } = entry;
  return isPlainText(entry) && roles.length === 0 && encryption === undefined && template === undefined;
}
