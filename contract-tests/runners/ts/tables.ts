/** The operations of P5: tables as they are made, described, compared and removed, and data that moves between them. */

import * as dynamorm from "../../../ts/src/index.ts";
import * as tables from "../../../ts/src/tables.ts";
import { testSleeper } from "../../../ts/src/testing.ts";
import { type AnyModel, defined, fail, Failure, pick } from "./conditions.ts";
import type { Reader } from "./reads.ts";

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

/** Leave out what is undefined, at every level. */
const bare = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

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

const mismatch = (error: unknown): never => {
  throw dynamorm.isCode(error, "TableMismatch")
    ? new Failure(error, { details: { differences: bare(error.differences) } })
    : error;
};

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
