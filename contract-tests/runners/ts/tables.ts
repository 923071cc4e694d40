/** The operations of P5: tables as they are made, described, compared and removed, and data that moves between them. */

import * as dynamorm from "../../../ts/src/index.ts";
import * as migration from "../../../ts/src/migrate.ts";
import * as tables from "../../../ts/src/tables.ts";
import { testSleeper } from "../../../ts/src/testing.ts";
import { type AnyModel, defined, fail, Failure, pick } from "./conditions.ts";
import type { Reader } from "./reads.ts";
import { mapToTagged, type Tagged, toNative } from "./values.ts";

type Json = Readonly<Record<string, unknown>>;

/** A sleeper that keeps what it was asked for; a real one waits, too. */
export function sleeperOf(kind: "real" | undefined): ReturnType<typeof testSleeper> {
  const { sleeper, slept } = testSleeper();
  const wait = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, delayMs);
    });
  return {
    slept,
    sleeper: async (delayMs) => {
      await sleeper(delayMs);
      await (kind === "real" ? wait(delayMs) : undefined);
    },
  };
}

const modelsOf = ({ models, model, args }: Reader): AnyModel | readonly AnyModel[] =>
  (args.models as readonly string[] | undefined)?.map((name) => models.get(name) ?? fail(name)) ?? model;

/** Spell the settings of a case as the library does. */
function settingsOf(given: unknown): tables.TableSettings {
  const settings = (given ?? {}) as Json;
  return defined({
    ...pick(settings, ["billing", "throughput", "stream", "sse", "tags"]),
    indexThroughput: settings.index_throughput,
    tableClass: settings.table_class,
    deletionProtection: settings.deletion_protection,
    pointInTimeRecovery: settings.point_in_time_recovery,
    timeoutMs: settings.timeout_ms,
  });
}

const optionsOf = ({ args, signal }: Reader): tables.TableOptions => ({
  ...settingsOf(args.settings),
  ...defined({ signal }),
});

/** Leave out what is undefined or not said, at every level. */
const bare = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_name, member: unknown) => (member === "" ? undefined : member)),
  ) as unknown;

function told({
  tableClass,
  deletionProtection,
  itemCount,
  sizeBytes,
  createdAt,
  raw,
  ...same
}: tables.TableDescription): object {
  const known = bare({
    ...same,
    table_class: tableClass,
    deletion_protection: deletionProtection,
    item_count: itemCount,
    size_bytes: sizeBytes,
    created_at: createdAt?.toISOString().replace("Z", "000Z"),
  });
  return { ...(known as object), raw };
}

const differencesOf = (error: unknown): object =>
  dynamorm.isCode(error, "TableMismatch") ? { differences: bare(error.differences) } : {};

const mismatch = (error: unknown): never => {
  throw dynamorm.isCode(error, "TableMismatch")
    ? new Failure(error, { details: differencesOf(error) })
    : error;
};

type Value = Readonly<Record<string, unknown>>;
type Source = { readonly from: string } | { readonly value: Tagged };

/** Make the transform that a case tells. */
function transformOf(
  source: AnyModel,
  target: AnyModel,
  given: Json,
): migration.MigrateOptions<dynamorm.DynamicDefinition>["transform"] {
  const {
    set,
    skip,
    fail: failing,
  } = given as {
    readonly set: readonly (readonly [string, Source])[];
    readonly skip?: readonly [string, Tagged];
    readonly fail?: readonly [string, Tagged];
  };
  const property = (model: AnyModel, name: string): string => model.attributes.get(name)?.property ?? name;
  const has = (value: Value, rule: readonly [string, Tagged] | undefined): boolean =>
    rule !== undefined &&
    JSON.stringify(mapToTagged(source.attributes, value)[rule[0]]) === JSON.stringify(rule[1]);
  return (value) => {
    if (has(value, skip)) {
      return undefined;
    }
    if (has(value, failing)) {
      throw new Error("the transform of the case fails");
    }
    const made = set.map(([name, one]) => [
      property(target, name),
      "from" in one ? value[property(source, one.from)] : toNative(target.attributes.get(name), one.value),
    ]);
    return defined(Object.fromEntries(made) as Value) as Value;
  };
}

function countsOf({ reasons, ...fates }: migration.MigrationCounts): {
  readonly counts: readonly number[];
  readonly reasons: Json;
} {
  const { read, written, present, different, skipped, failed } = fates;
  return { counts: [read, written, present, different, skipped, failed], reasons };
}

/** Tell of an item that was not written. */
function failureOf(model: AnyModel, { key, reason, error }: migration.MigrationFailure): object {
  const { kind, path } = error instanceof dynamorm.DynamORMError ? error : {};
  return defined({ key: mapToTagged(model.attributes, key), code: reason, kind, path });
}

async function migrate({ client, models, model, args, signal }: Reader): Promise<object> {
  const [progress, failures]: [object[], object[]] = [[], []];
  const named = args.target as string | undefined;
  const target = named === undefined ? undefined : (models.get(named) ?? fail(named));
  const options = defined({
    ...pick(args, ["segments", "segment", "concurrency", "consistent", "cursor"]),
    targetModel: target,
    backupTable: args.backup_table,
    dataCopy: args.data_copy,
    transform: args.transform && transformOf(model, target ?? model, args.transform as Json),
    onExisting: args.on_existing,
    pageSize: args.page_size,
    maxPages: args.max_pages,
    dryRun: args.dry_run,
    settings: args.settings && settingsOf(args.settings),
    progress: ({ phase, counts, cursor }: migration.MigrationProgress) => {
      progress.push({ phase, counts: countsOf(counts).counts, cursor });
    },
    onFailure: (failure: migration.MigrationFailure) => {
      failures.push(failureOf(model, failure));
    },
    signal,
  });
  try {
    const { backup, copy, ...same } = await migration.autoMigrate(client, model, options);
    const phases = defined({ backup: backup && countsOf(backup), copy: copy && countsOf(copy) });
    return { report: { ...phases, ...same }, progress, failures };
  } catch (error) {
    throw new Failure(error, { details: { progress, failures, ...differencesOf(error) } });
  }
}

/** The operations by their names. */
export const TABLES: Readonly<Record<string, (subject: Reader) => Promise<object>>> = {
  create_table: async (subject) => ({
    description: told(await tables.createTable(subject.client, modelsOf(subject), optionsOf(subject))),
  }),
  ensure_table: async (subject) => {
    const options = { ...optionsOf(subject), ...defined({ addIndexes: subject.args.add_indexes }) };
    const ensured = await tables.ensureTable(subject.client, modelsOf(subject), options).catch(mismatch);
    const { created, added, ttlEnabled, description } = ensured;
    return { created, added, ttl_enabled: ttlEnabled, description: told(description) };
  },
  table_drift: async (subject) => ({
    differences: bare(await tables.tableDrift(subject.client, modelsOf(subject), optionsOf(subject))),
  }),
  describe_table: async (subject) => ({
    description: told(await tables.describeTable(subject.client, modelsOf(subject), optionsOf(subject))),
  }),
  delete_table: async ({ client, model, args, signal }) => ({
    deleted: await tables.deleteTable(
      client,
      model,
      defined({ mustExist: args.must_exist, timeoutMs: args.timeout_ms, signal }),
    ),
  }),
  list_tables: async ({ client, signal }) => {
    const names: string[] = [];
    for await (const name of tables.listTables(client, defined({ signal }))) {
      names.push(name);
    }
    return { tables: names };
  },
  auto_migrate: migrate,
  "fn.table": (subject) => {
    const { client, args } = subject;
    const settings = settingsOf(args.settings);
    const make = {
      request: () => tables.tableRequest(client, modelsOf(subject), settings),
      cloudformation: () => tables.cloudformation(client, modelsOf(subject), settings),
      terraform: () =>
        tables.terraform(client, modelsOf(subject), { ...settings, ...defined({ label: args.label }) }),
    }[args.form as "request"];
    return Promise.resolve().then(() => ({ table: make() }));
  },
};
