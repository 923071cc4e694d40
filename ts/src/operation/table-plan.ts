/**
 * The table that models and settings ask for, and the CreateTable that makes it. What a table is like that exists already is
 * known by `table-description.ts`.
 */

import { ValidationFailed } from "../errors/catalogue.ts";
import type { IndexShape, TableKey, TableProjection } from "../errors/mismatch.ts";
import { GSI_MAX, LSI_MAX, TABLE_NAME_MAX, TABLE_NAME_MIN, TABLE_TAGS_MAX } from "../generated/limits.ts";
import type { Attribute, Index, Model } from "../schema/model.ts";
import type { AnyDefinition } from "../schema/types.ts";
import { compareUtf8 } from "../text/utf8.ts";
import { Place } from "./place.ts";

type AnyModel = Model<AnyDefinition>;

/** Capacity units of a provisioned table or index. */
export interface Throughput {
  readonly read: number;
  readonly write: number;
}

/** What a model does not say of its table. What is left out has DynamoDB's default. */
export interface TableSettings {
  /** `PROVISIONED` where there is a `throughput`, else `PAY_PER_REQUEST`. */
  readonly billing?: "PAY_PER_REQUEST" | "PROVISIONED" | undefined;
  readonly throughput?: Throughput | undefined;
  /** By the names of global indexes; the table's unless given. */
  readonly indexThroughput?: Readonly<Record<string, Throughput>> | undefined;
  /** What the table's stream shows of a change. */
  readonly stream?: "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES" | undefined;
  readonly tableClass?: "STANDARD" | "STANDARD_INFREQUENT_ACCESS" | undefined;
  /** Lets nobody delete the table. */
  readonly deletionProtection?: boolean | undefined;
  /** Encrypts at rest under the AWS managed key of KMS, or under the key that is named. */
  readonly sse?: { readonly key?: string | undefined } | undefined;
  readonly pointInTimeRecovery?: boolean | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** How long the operation waits in all, in milliseconds; ten minutes unless given. */
  readonly timeoutMs?: number | undefined;
}

/** An index that the models ask for. */
export interface PlannedIndex extends IndexShape {
  readonly name: string;
}

/** A table that models ask for. */
export interface TablePlan {
  readonly tableName: string;
  readonly keys: readonly TableKey[];
  /** By the bytes of their names. */
  readonly indexes: readonly PlannedIndex[];
  /** The attribute with the role ttl. */
  readonly ttl: string | undefined;
  readonly settings: TableSettings;
}

/**
 * Plan the table that models share; `tableNames` are their real ones.
 *
 * @throws {ValidationFailed} for models that do not go together, and for settings that no table can have.
 */
export function planTable(
  models: readonly AnyModel[],
  tableNames: readonly string[],
  settings: TableSettings = {},
): TablePlan {
  const [first, ...others] = models;
  const [tableName = ""] = tableNames;
  if (first === undefined) {
    throw new ValidationFailed("a table of no model");
  }
  if (new Set(tableNames).size > 1) {
    throw new ValidationFailed("the models have different tables");
  }
  const keys = keysOf(first.partition, first.sort);
  if (others.some(({ partition, sort }) => !same(keysOf(partition, sort), keys))) {
    throw new ValidationFailed("the models have different keys");
  }
  const indexes = mergedIndexes(models);
  const plan = { tableName, keys, indexes, ttl: ttlOf(models), settings };
  definitionsOf([keys, ...indexes.map((index) => index.keys)]);
  checkTableName(tableName);
  checkSettings(settings, indexes);
  return plan;
}

/** Plan a table that has the keys of a model, and nothing else. */
export function planBare({ partition, sort }: AnyModel, tableName: string, timeoutMs?: number): TablePlan {
  checkTableName(tableName);
  return { tableName, keys: keysOf(partition, sort), indexes: [], ttl: undefined, settings: { timeoutMs } };
}

function keysOf(partition: Attribute, sort: Attribute | undefined): readonly TableKey[] {
  const hash = { attribute: partition.name, type: partition.type, kind: "HASH" };
  return sort === undefined ? [hash] : [hash, { attribute: sort.name, type: sort.type, kind: "RANGE" }];
}

/** Tell whether two shapes are equal; their members stand in one order. */
export function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** An index as one model or several declare it. */
interface Declared {
  readonly index: Index;
  readonly keys: readonly TableKey[];
  readonly kind: string;
  readonly fields: Set<string>;
}

function mergedIndexes(models: readonly AnyModel[]): readonly PlannedIndex[] {
  const found = new Map<string, Declared>();
  for (const model of models) {
    for (const index of model.indexes) {
      merge(found, declared(model, index));
    }
  }
  const [{ keys } = noModel()] = models.map(({ partition, sort }) => ({ keys: keysOf(partition, sort) }));
  const indexes = [...found.values()].map((one) => planned(one, keys)).sort(byName);
  const locals = indexes.filter(({ type }) => type === "LSI").length;
  if (locals > LSI_MAX || indexes.length - locals > GSI_MAX) {
    throw new ValidationFailed(`a table has at most ${GSI_MAX} global and ${LSI_MAX} local indexes`);
  }
  return indexes;
}

/** The order of indexes. */
export function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return compareUtf8(left.name, right.name);
}

function noModel(): never {
  throw new ValidationFailed("a table of no model");
}

function declared(model: AnyModel, index: Index): Declared {
  const { partition, sort } = new Place(model, index);
  const { projection } = index;
  const [kind, fields] = typeof projection === "string" ? [projection, []] : ["INCLUDE", projection];
  return { index, keys: keysOf(partition, sort), kind, fields: new Set(fields) };
}

function merge(found: Map<string, Declared>, one: Declared): void {
  const { index, keys, kind } = one;
  const other = found.get(index.name);
  if (other === undefined) {
    found.set(index.name, one);
    return;
  }
  if (other.index.type !== index.type || other.kind !== kind || !same(other.keys, keys)) {
    throw new ValidationFailed(`the models declare the index ${index.name} differently`);
  }
  one.fields.forEach((field) => other.fields.add(field));
}

function planned({ index, keys, kind, fields }: Declared, tableKeys: readonly TableKey[]): PlannedIndex {
  const shown = fieldsWithout(fields, [...tableKeys, ...keys]);
  const projection =
    kind === "INCLUDE"
      ? shown.length === 0
        ? { type: "KEYS_ONLY" }
        : { type: kind, fields: shown }
      : { type: kind };
  return { name: index.name, type: index.type, keys, projection };
}

/** Give projected fields in their order, without the keys, which are always projected. */
export function fieldsWithout(fields: Iterable<string>, keys: readonly TableKey[]): readonly string[] {
  const projected = new Set(keys.map(({ attribute }) => attribute));
  return [...new Set(fields)].filter((field) => !projected.has(field)).sort(compareUtf8);
}

function ttlOf(models: readonly AnyModel[]): string | undefined {
  const names = models.flatMap(({ attributes }) =>
    [...attributes.values()].filter(({ roles }) => roles.includes("ttl")).map(({ name }) => name),
  );
  const [ttl, other] = new Set(names);
  if (other !== undefined) {
    throw new ValidationFailed("a table has one ttl attribute", { path: other });
  }
  return ttl;
}

const TABLE_NAME = new RegExp(`^[a-zA-Z0-9_.-]{${TABLE_NAME_MIN},${TABLE_NAME_MAX}}$`);

/** Refuse a name that no table has. @throws {ValidationFailed} */
export function checkTableName(name: string): void {
  if (!TABLE_NAME.test(name)) {
    throw new ValidationFailed(
      `a table's name has ${TABLE_NAME_MIN} to ${TABLE_NAME_MAX} characters out of a-z A-Z 0-9 _ - .`,
    );
  }
}

const CHOICES = {
  billing: ["PAY_PER_REQUEST", "PROVISIONED"],
  stream: ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"],
  tableClass: ["STANDARD", "STANDARD_INFREQUENT_ACCESS"],
} as const;

function checkSettings(settings: TableSettings, indexes: readonly PlannedIndex[]): void {
  for (const [name, choices] of Object.entries(CHOICES)) {
    const given = settings[name as keyof typeof CHOICES];
    refuse(
      given !== undefined && !(choices as readonly unknown[]).includes(given),
      `${name} is one of ${choices.join(", ")}`,
    );
  }
  checkThroughput(settings, indexes);
  const { sse, tags = {}, timeoutMs } = settings;
  refuse(sse?.key === "", "a key of sse has a name");
  refuse(Object.keys(tags).length > TABLE_TAGS_MAX, `a table has at most ${TABLE_TAGS_MAX} tags`);
  refuse(Object.hasOwn(tags, ""), "a tag has a key");
  checkTimeout(timeoutMs);
}

/** Refuse a time that nobody can wait. @throws {ValidationFailed} */
export function checkTimeout(timeoutMs: number | undefined): void {
  refuse(timeoutMs !== undefined && !(timeoutMs >= 0), "timeoutMs is not negative");
}

function checkThroughput(
  { billing, throughput, indexThroughput = {} }: TableSettings,
  indexes: readonly PlannedIndex[],
): void {
  for (const units of [throughput, ...Object.values(indexThroughput)]) {
    refuse(
      units !== undefined && !isThroughput(units),
      "a throughput has read and write, whole numbers from 1",
    );
  }
  refuse(
    billing === "PAY_PER_REQUEST" && throughput !== undefined,
    "PAY_PER_REQUEST goes without a throughput",
  );
  refuse(billing === "PROVISIONED" && throughput === undefined, "PROVISIONED needs a throughput");
  const names = Object.keys(indexThroughput);
  refuse(names.length > 0 && throughput === undefined, "indexThroughput needs the table's throughput");
  const globals = new Set(indexes.filter(({ type }) => type === "GSI").map(({ name }) => name));
  refuse(!names.every((name) => globals.has(name)), "indexThroughput is of global indexes of the models");
}

function isThroughput({ read, write }: Throughput): boolean {
  return [read, write].every((units) => Number.isSafeInteger(units) && units >= 1);
}

function refuse(isSo: boolean, fact: string): void {
  if (isSo) {
    throw new ValidationFailed(fact);
  }
}

/** The member of a key schema. */
export interface KeyMember {
  readonly AttributeName: string;
  readonly KeyType: string;
}

interface Units {
  readonly ReadCapacityUnits: number;
  readonly WriteCapacityUnits: number;
}

/** An index of a request. */
export interface IndexMember {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyMember[];
  readonly Projection: { readonly ProjectionType: string; readonly NonKeyAttributes?: readonly string[] };
  readonly ProvisionedThroughput?: Units;
}

/** What CreateTable is sent. */
export interface CreateTableRequest {
  readonly TableName: string;
  readonly KeySchema: readonly KeyMember[];
  readonly AttributeDefinitions: readonly {
    readonly AttributeName: string;
    readonly AttributeType: string;
  }[];
  readonly BillingMode?: "PAY_PER_REQUEST";
  readonly ProvisionedThroughput?: Units;
  readonly GlobalSecondaryIndexes?: readonly IndexMember[];
  readonly LocalSecondaryIndexes?: readonly IndexMember[];
  readonly StreamSpecification?: { readonly StreamEnabled: true; readonly StreamViewType: string };
  readonly TableClass?: string;
  readonly DeletionProtectionEnabled?: true;
  readonly SSESpecification?: { readonly Enabled: true; readonly KMSMasterKeyId?: string };
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

/** Give the CreateTable of a plan; what has its default is left out. */
export function createRequest({ tableName, keys, indexes, settings }: TablePlan): CreateTableRequest {
  const {
    throughput,
    indexThroughput = {},
    stream,
    tableClass,
    deletionProtection,
    sse,
    tags = {},
  } = settings;
  const ofType = (type: string): readonly PlannedIndex[] => indexes.filter((index) => index.type === type);
  const globals = ofType("GSI").map((index) => indexMember(index, indexThroughput[index.name] ?? throughput));
  const locals = ofType("LSI").map((index) => indexMember(index));
  const names = Object.keys(tags).sort(compareUtf8);
  return {
    TableName: tableName,
    KeySchema: keySchema(keys),
    AttributeDefinitions: definitionsOf([keys, ...indexes.map((index) => index.keys)]),
    ...(throughput === undefined
      ? { BillingMode: "PAY_PER_REQUEST" }
      : { ProvisionedThroughput: unitsOf(throughput) }),
    ...(globals.length > 0 && { GlobalSecondaryIndexes: globals }),
    ...(locals.length > 0 && { LocalSecondaryIndexes: locals }),
    ...(stream !== undefined && { StreamSpecification: { StreamEnabled: true, StreamViewType: stream } }),
    ...(tableClass !== undefined && tableClass !== "STANDARD" && { TableClass: tableClass }),
    ...(deletionProtection === true && { DeletionProtectionEnabled: true }),
    ...(sse !== undefined && { SSESpecification: { Enabled: true, ...keyId(sse.key) } }),
    ...(names.length > 0 && { Tags: names.map((name) => ({ Key: name, Value: tags[name] ?? "" })) }),
  };
}

/** Name a key of one's own. */
export function keyId(key: string | undefined): { readonly KMSMasterKeyId?: string } {
  return key === undefined ? {} : { KMSMasterKeyId: key };
}

function unitsOf({ read, write }: Throughput): Units {
  return { ReadCapacityUnits: read, WriteCapacityUnits: write };
}

function keySchema(keys: readonly TableKey[]): readonly KeyMember[] {
  return keys.map(({ attribute, kind }) => ({ AttributeName: attribute, KeyType: kind }));
}

/** Write an index; local ones have no throughput of their own. */
export function indexMember({ name, keys, projection }: PlannedIndex, throughput?: Throughput): IndexMember {
  return {
    IndexName: name,
    KeySchema: keySchema(keys),
    Projection: projectionMember(projection),
    ...(throughput !== undefined && { ProvisionedThroughput: unitsOf(throughput) }),
  };
}

function projectionMember({ type, fields }: TableProjection): IndexMember["Projection"] {
  return { ProjectionType: type, ...(fields !== undefined && { NonKeyAttributes: fields }) };
}

/** Define the attributes of keys, by the bytes of their names. @throws {ValidationFailed} where one has two types. */
export function definitionsOf(
  keys: readonly (readonly TableKey[])[],
): CreateTableRequest["AttributeDefinitions"] {
  const types = new Map<string, string>();
  for (const { attribute, type = "" } of keys.flat()) {
    if ((types.get(attribute) ?? type) !== type) {
      throw new ValidationFailed("the models give a key attribute different types", { path: attribute });
    }
    types.set(attribute, type);
  }
  return [...types]
    .map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }))
    .sort((left, right) => compareUtf8(left.AttributeName, right.AttributeName));
}
