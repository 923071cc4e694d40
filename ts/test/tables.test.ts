import { describe, expect, it } from "vitest";
import { Client, type ClientOptions } from "../src/client.ts";
import { TableMismatch } from "../src/errors/catalogue.ts";
import { defineModel } from "../src/schema/declare.ts";
import {
  createTable,
  deleteTable,
  describeTable,
  ensureTable,
  listTables,
  tableDrift,
  tableRequest,
  type TableSettings,
  terraform,
} from "../src/tables.ts";
import { Script, type Step, testSleeper } from "../src/testing.ts";

const Note = defineModel({
  name: "Note",
  table: "notes",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    owner: { type: "S" },
    gone_at: { type: "N", format: "unix_seconds", roles: ["ttl"] },
  },
  indexes: [{ name: "by-owner", type: "GSI", partition: "owner" }],
});

const Plain = defineModel({
  name: "Plain",
  table: "plains",
  keys: { partition: "id" },
  attributes: { id: { type: "S" } },
});

const state = (TableStatus: string): Step => ({ answer: { Table: { TableStatus } } });
const missing: Step = { error: "ResourceNotFoundException" };
const KEYS = {
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  AttributeDefinitions: [
    { AttributeName: "id", AttributeType: "S" },
    { AttributeName: "owner", AttributeType: "S" },
  ],
};
const BY_OWNER = {
  IndexName: "by-owner",
  IndexStatus: "ACTIVE",
  KeySchema: [{ AttributeName: "owner", KeyType: "HASH" }],
  Projection: { ProjectionType: "ALL" },
};

function scripted(
  steps: readonly Step[],
  options: ClientOptions = {},
): { client: Client; script: Script; slept: number[] } {
  const script = new Script(steps);
  const { sleeper, slept } = testSleeper();
  return { client: new Client({ transport: script, sleeper, ...options }), script, slept };
}

const apis = (script: Script): string[] => script.sent.map(({ api }) => api);

describe("waiting for a table", () => {
  it("goes on with the same waits where the table is made by somebody else, and ends with the time of all", async () => {
    const { client, script, slept } = scripted([
      ...[state("DELETING"), state("DELETING"), missing, { error: "ResourceInUseException" } as const],
      ...[state("CREATING"), state("DELETING"), missing, { answer: {} }, state("CREATING")],
    ]);
    const ensured = ensureTable(client, Plain, { timeoutMs: 6000 });
    await expect(ensured).rejects.toMatchObject({ code: "Canceled", origin: "service", retryable: false });
    expect(slept).toEqual([1000, 2000, 1000, 2000]);
    expect(script.left).toBe(0);
  });

  it("ends where the signal does, without another request", async () => {
    const stop = new AbortController();
    const sleeper = (): Promise<void> => {
      stop.abort();
      return new Promise(() => undefined);
    };
    const { client, script } = scripted([{ answer: {} }, state("CREATING")], { sleeper });
    const created = createTable(client, Plain, { signal: stop.signal });
    await expect(created).rejects.toMatchObject({ code: "Canceled", origin: "service" });
    expect(apis(script)).toEqual(["CreateTable", "DescribeTable"]);
  });

  it("ends at an index whose status nobody knows", async () => {
    const Table = { TableStatus: "ACTIVE", GlobalSecondaryIndexes: [{ IndexName: "a" }] };
    const { client } = scripted([{ answer: { Table } }]);
    await expect(ensureTable(client, Plain)).rejects.toMatchObject({
      code: "ServiceError",
      retryable: false,
    });
  });

  it("takes a table that vanishes while an index is added for one that is not found", async () => {
    const Table = { TableStatus: "ACTIVE", ...KEYS };
    const ttl = {
      answer: { TimeToLiveDescription: { TimeToLiveStatus: "ENABLED", AttributeName: "gone_at" } },
    };
    const { client } = scripted([{ answer: { Table } }, ttl, { answer: {} }, missing]);
    await expect(ensureTable(client, Note, { addIndexes: true })).rejects.toMatchObject({
      code: "TableNotFound",
    });
  });
});

describe("a table's operations", () => {
  it("tell that a table may have been created whose answer was lost", async () => {
    const { client } = scripted([{ cut: true }]);
    await expect(createTable(client, Plain)).rejects.toMatchObject({
      code: "NetworkError",
      maybeApplied: true,
    });
  });

  it("tell that nothing was changed where a description was lost", async () => {
    const { client } = scripted([{ cut: true }]);
    await expect(describeTable(client, Plain)).rejects.toMatchObject({
      code: "NetworkError",
      maybeApplied: false,
    });
  });

  it("list tables no further than they are asked for", async () => {
    const { client, script } = scripted([
      { answer: { TableNames: ["a", "b"], LastEvaluatedTableName: "b" } },
    ]);
    const names: string[] = [];
    for await (const name of listTables(client)) {
      names.push(name);
      if (names.length === 2) {
        break;
      }
    }
    expect([names, apis(script)]).toEqual([["a", "b"], ["ListTables"]]);
  });

  it("refuse a page of names that are none", async () => {
    const { client } = scripted([{ answer: { TableNames: [1] } as never }]);
    await expect(listTables(client).next()).rejects.toMatchObject({ code: "DecodeFailed" });
  });

  it("read the clock once each", async () => {
    let readings = 0;
    const clock = (): bigint => BigInt((readings += 1));
    const { client } = scripted([missing, { answer: {} }, missing], { clock });
    await deleteTable(client, Plain);
    await deleteTable(client, Plain);
    expect(readings).toBe(2);
  });

  it("take the date of a mock, and keep what DynamoDB said", async () => {
    const createdAt = new Date(1_767_323_045_000);
    const Table = {
      TableName: "plains",
      TableStatus: "ACTIVE",
      CreationDateTime: createdAt,
      SomethingNew: [1],
    };
    const { client } = scripted([{ answer: { Table } }]);
    const described = await describeTable(client, Plain);
    expect(described.createdAt).toEqual(createdAt);
    expect(described.raw).toEqual(Table);
  });
});

describe("what differs", () => {
  it("is carried by the error, typed by what it is of", async () => {
    const Table = { TableStatus: "ACTIVE", ...KEYS, BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" } };
    const off = { answer: { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } } };
    const { client } = scripted([{ answer: { Table } }, off]);
    const error: unknown = await ensureTable(client, Note, { throughput: { read: 1, write: 1 } }).catch(
      (thrown: unknown) => thrown,
    );
    const told = error instanceof TableMismatch ? error.differences : [];
    const billing = told.flatMap((one) => (one.what === "billing" ? [one.expected?.toLowerCase()] : []));
    expect(billing).toEqual(["provisioned"]);
    expect(told.map(({ what, kind }) => [what, kind])).toEqual([
      ["billing", "different"],
      ["index", "missing"],
    ]);
    expect(Object.isFrozen(told)).toBe(true);
  });

  it("is nothing but order and keys in a projection", async () => {
    const Wide = defineModel({
      name: "Wide",
      table: "wides",
      keys: { partition: "id" },
      attributes: { id: { type: "S" }, a: { type: "S" }, b: { type: "S" }, owner: { type: "S" } },
      indexes: [{ name: "by-owner", type: "GSI", partition: "owner", projection: ["b", "id", "a"] }],
    });
    const Projection = { ProjectionType: "INCLUDE", NonKeyAttributes: ["owner", "b", "a"] };
    const Table = { TableStatus: "ACTIVE", ...KEYS, GlobalSecondaryIndexes: [{ ...BY_OWNER, Projection }] };
    const { client } = scripted([{ answer: { Table } }]);
    expect(await tableDrift(client, Wide)).toEqual([]);
  });
});

describe("a table that is planned", () => {
  const { client } = scripted([]);

  it("is of at least one model", () => {
    expect(() => tableRequest(client, [])).toThrow("a table of no model");
  });

  it("gives each key attribute one type", () => {
    const Other = defineModel({
      name: "Other",
      table: "notes",
      keys: { partition: "id" },
      attributes: { id: { type: "S" }, owner: { type: "N" } },
      indexes: [{ name: "on-owner", type: "GSI", partition: "owner" }],
    });
    expect(() => tableRequest(client, [Note, Other])).toThrow("different types");
  });

  it("has no more indexes than DynamoDB takes", () => {
    const models = [0, 1].map((half) =>
      defineModel({
        name: `Half${half}`,
        table: "notes",
        keys: { partition: "id" },
        attributes: { id: { type: "S" } },
        indexes: Array.from({ length: 11 }, (_, number) => ({
          ...({ type: "GSI", partition: "id" } as const),
          name: `index-${half}-${number}`,
        })),
      }),
    );
    expect(() => tableRequest(client, models)).toThrow("at most 20 global");
    expect(tableRequest(client, models.slice(1)).GlobalSecondaryIndexes).toHaveLength(11);
  });

  it.each<readonly [string, TableSettings]>([
    ["a throughput of half a unit", { throughput: { read: 0.5, write: 1 } }],
    ["a throughput without reads", { throughput: { write: 1 } as never }],
    ["a time that is none", { timeoutMs: Number.NaN }],
  ])("does not take %s", (_name, settings) => {
    expect(() => tableRequest(client, Plain, settings)).toThrow("ValidationFailed");
  });

  it("is Terraform in which every control character is escaped, with signs below each other", () => {
    const text = terraform(client, Plain, { tags: { "\u007f": "\u0085", ab: "%{$${" }, label: 'my "own"' });
    expect(text.split("\n").slice(0, 1)).toEqual(['resource "aws_dynamodb_table" "my \\"own\\"" {']);
    expect(text).toContain('    "ab"     = "%%{$$${"\n    "\\u007f" = "\\u0085"\n');
  });
});
