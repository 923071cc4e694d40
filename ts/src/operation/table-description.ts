/** A table that exists: what DescribeTable says of it, and how that differs from a plan. */

import { DecodeFailed } from "../errors/catalogue.ts";
import type { IndexShape, TableDifference, TableKey, TableProjection } from "../errors/mismatch.ts";
import { isPlainObject } from "../text/json.ts";
import { compareUtf8 } from "../text/utf8.ts";
import { byName, fieldsWithout, same, type TablePlan, type Throughput } from "./table-plan.ts";

/** An index of a table. Values that nobody knows yet are passed on as they are. */
export interface IndexDescription extends IndexShape {
  readonly name: string;
  /** Of a global index. */
  readonly status: string | undefined;
  readonly backfilling: boolean;
}

/** What DynamoDB says of a table. Values that nobody knows yet are passed on as they are. */
export interface TableDescription {
  readonly name: string;
  readonly status: string;
  readonly arn: string | undefined;
  /** In the order of the key schema. */
  readonly keys: readonly TableKey[];
  /** By the bytes of their names. */
  readonly indexes: readonly IndexDescription[];
  readonly billing: string;
  /** Of a provisioned table. */
  readonly throughput: Throughput | undefined;
  /** What the table's stream shows of a change; undefined without one. */
  readonly stream: string | undefined;
  readonly tableClass: string;
  readonly deletionProtection: boolean;
  /** Encryption at rest under a key of KMS. */
  readonly sse:
    | { readonly status: string; readonly type: string | undefined; readonly key: string | undefined }
    | undefined;
  /** The attribute whose TTL is enabled, or being enabled; undefined where the models have no such attribute. */
  readonly ttl: string | undefined;
  readonly itemCount: number | undefined;
  readonly sizeBytes: number | undefined;
  readonly createdAt: Date | undefined;
  /** The whole of it as DynamoDB said it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

type Members = Readonly<Record<string, unknown>>;

const NOTHING: Members = {};

/** Read what DescribeTable answered. @throws {DecodeFailed} where it is no description of a table. */
export function describedBy(answer: { readonly Table?: Members }, tableName: string): TableDescription {
  const raw = answer.Table ?? refuse("Table");
  const types = new Map(
    listOf(raw, "AttributeDefinitions").map((one) => [
      text(one, "AttributeName"),
      text(one, "AttributeType"),
    ]),
  );
  const indexes = [
    ...listOf(raw, "GlobalSecondaryIndexes").map((index) => indexOf(index, "GSI", types)),
    ...listOf(raw, "LocalSecondaryIndexes").map((index) => indexOf(index, "LSI", types)),
  ];
  const billing = text(mapOf(raw, "BillingModeSummary"), "BillingMode") ?? "PROVISIONED";
  const stream = mapOf(raw, "StreamSpecification");
  return {
    name: text(raw, "TableName") ?? tableName,
    status: text(raw, "TableStatus") ?? "",
    arn: text(raw, "TableArn"),
    keys: keysOf(raw, types),
    indexes: indexes.sort(byName),
    billing,
    throughput: billing === "PROVISIONED" ? throughputOf(raw) : undefined,
    stream: stream.StreamEnabled === true ? text(stream, "StreamViewType") : undefined,
    tableClass: text(mapOf(raw, "TableClassSummary"), "TableClass") ?? "STANDARD",
    deletionProtection: raw.DeletionProtectionEnabled === true,
    sse: sseOf(mapOf(raw, "SSEDescription")),
    ttl: undefined,
    itemCount: number(raw, "ItemCount"),
    sizeBytes: number(raw, "TableSizeBytes"),
    createdAt: instant(raw.CreationDateTime),
    raw,
  };
}

function indexOf(
  index: Members,
  type: "GSI" | "LSI",
  types: ReadonlyMap<unknown, string | undefined>,
): IndexDescription {
  const projection = mapOf(index, "Projection");
  const fields = (projection.NonKeyAttributes ?? undefined) as readonly string[] | undefined;
  if (
    fields !== undefined &&
    !(Array.isArray(fields) && fields.every((field) => typeof field === "string"))
  ) {
    refuse("NonKeyAttributes");
  }
  return {
    name: text(index, "IndexName") ?? "",
    type,
    keys: keysOf(index, types),
    projection: {
      type: text(projection, "ProjectionType") ?? "",
      ...(fields !== undefined && { fields: [...fields].sort(compareUtf8) }),
    },
    status: text(index, "IndexStatus"),
    backfilling: index.Backfilling === true,
  };
}

function keysOf(members: Members, types: ReadonlyMap<unknown, string | undefined>): readonly TableKey[] {
  return listOf(members, "KeySchema").map((key) => {
    const attribute = text(key, "AttributeName") ?? "";
    return { attribute, type: types.get(attribute), kind: text(key, "KeyType") ?? "" };
  });
}

function throughputOf(raw: Members): Throughput | undefined {
  const units = mapOf(raw, "ProvisionedThroughput");
  const [read, write] = [number(units, "ReadCapacityUnits"), number(units, "WriteCapacityUnits")];
  return read === undefined || write === undefined ? undefined : { read, write };
}

function sseOf(sse: Members): TableDescription["sse"] {
  const status = text(sse, "Status");
  return status === undefined || status === "DISABLED"
    ? undefined
    : { status, type: text(sse, "SSEType"), key: text(sse, "KMSMasterKeyArn") };
}

const MILLIS = 1000;

/** DynamoDB has seconds; a mock in its place may have a date. */
function instant(value: unknown): Date | undefined {
  const time =
    value instanceof Date ? value.getTime() : typeof value === "number" ? value * MILLIS : undefined;
  const date = time === undefined ? undefined : new Date(Math.round(time));
  return date === undefined || !Number.isNaN(date.getTime()) ? date : refuse("CreationDateTime");
}

function listOf(members: Members, name: string): readonly Members[] {
  const list = members[name] ?? [];
  return Array.isArray(list) && list.every(isPlainObject) ? list : refuse(name);
}

function mapOf(members: Members, name: string): Members {
  const map = members[name] ?? NOTHING;
  return isPlainObject(map) ? map : refuse(name);
}

function text(members: Members, name: string): string | undefined {
  const found = members[name] ?? undefined;
  return found === undefined || typeof found === "string" ? found : refuse(name);
}

function number(members: Members, name: string): number | undefined {
  const found = members[name] ?? undefined;
  return found === undefined || typeof found === "number" ? found : refuse(name);
}

function refuse(name: string): never {
  throw new DecodeFailed(`the answer's ${name} has not DynamoDB's shape`);
}

const ENABLED: ReadonlySet<unknown> = new Set(["ENABLED", "ENABLING"]);

/** Read what DescribeTimeToLive answered: the attribute that is enabled, or being enabled. */
export function ttlDescribedBy({
  TimeToLiveDescription: ttl = NOTHING,
}: {
  readonly TimeToLiveDescription?: Members;
}): string | undefined {
  return ENABLED.has(ttl.TimeToLiveStatus) ? text(ttl, "AttributeName") : undefined;
}

/** Tell how a table differs from what is planned, in the order of the settings and then of the indexes. */
export function differencesOf(plan: TablePlan, found: TableDescription): TableDifference[] {
  return [...tableDifferences(plan, found), ...indexDifferences(plan, found)];
}

function tableDifferences({ keys, ttl, settings }: TablePlan, found: TableDescription): TableDifference[] {
  const { throughput, stream, tableClass, deletionProtection, sse } = settings;
  const billing = settings.billing ?? (throughput === undefined ? undefined : "PROVISIONED");
  const key = found.sse?.key;
  return [
    ...compared("keys", keys, found.keys),
    ...compared("billing", billing, found.billing),
    ...compared("stream", stream, found.stream),
    ...compared("table_class", tableClass, found.tableClass),
    ...compared("deletion_protection", deletionProtection, found.deletionProtection),
    // Without a name any key of KMS will do.
    ...compared("sse", sse && named(sse.key), found.sse && named(sse?.key === undefined ? undefined : key)),
    ...compared("ttl", ttl, found.ttl),
  ] as TableDifference[];
}

function named(key: string | undefined): { readonly key?: string } {
  return key === undefined ? {} : { key };
}

/** A difference, before it is known of what. */
interface Difference {
  readonly what: string;
  readonly index?: string;
  readonly kind: "missing" | "different";
  readonly expected: unknown;
  readonly found?: unknown;
}

/** Compare where something is expected. */
function compared(what: string, expected: unknown, found: unknown): Difference[] {
  if (expected === undefined || same(expected, found)) {
    return [];
  }
  return [
    found === undefined ? { what, kind: "missing", expected } : { what, kind: "different", expected, found },
  ];
}

function indexDifferences({ keys, indexes }: TablePlan, table: TableDescription): TableDifference[] {
  const planned = new Map(indexes.map((index) => [index.name, index]));
  const there = new Map(table.indexes.map((index) => [index.name, index]));
  const names = [...new Set([...planned.keys(), ...there.keys()])].sort(compareUtf8);
  return names.flatMap((index): TableDifference[] => {
    const [expected, found] = [planned.get(index), there.get(index)];
    if (found === undefined) {
      return expected === undefined
        ? []
        : [{ what: "index", index, kind: "missing", expected: shapeOf(expected) }];
    }
    const shape = shapeOf(found, fieldsShown(found, keys));
    return expected === undefined
      ? [{ what: "index", index, kind: "extra", found: shape }]
      : indexDifference(index, shapeOf(expected), shape);
  });
}

function shapeOf({ type, keys, projection }: IndexShape, shown = projection): IndexShape {
  return { type, keys, projection: shown };
}

/** Projected keys make no difference, and no projection of their own. */
function fieldsShown({ keys, projection }: IndexShape, tableKeys: readonly TableKey[]): TableProjection {
  const { type, fields } = projection;
  if (fields === undefined) {
    return projection;
  }
  const shown = fieldsWithout(fields, [...tableKeys, ...keys]);
  return shown.length === 0 && type === "INCLUDE" ? { type: "KEYS_ONLY" } : { type, fields: shown };
}

function indexDifference(index: string, expected: IndexShape, found: IndexShape): TableDifference[] {
  return [
    ...compared("index_type", expected.type, found.type),
    ...compared("index_keys", expected.keys, found.keys),
    ...compared("index_projection", expected.projection, found.projection),
  ].map(({ what, ...rest }) => ({ what, index, ...rest })) as TableDifference[];
}
