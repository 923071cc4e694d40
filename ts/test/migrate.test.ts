import { describe, expect, it } from "vitest";
import { Client, type ClientOptions } from "../src/client.ts";
import type { WireItem } from "../src/codec/value.ts";
import { Encryption } from "../src/encryption/keys.ts";
import { autoMigrate, type MigrateOptions, type MigrationFailure } from "../src/migrate.ts";
import type { Request, Response } from "../src/operation/exchange.ts";
import { defineModel } from "../src/schema/declare.ts";
import { InMemoryKeys, Script, testClock } from "../src/testing.ts";
import type { Transport } from "../src/transport/transport.ts";

const Person = defineModel({
  name: "Person",
  table: "people",
  keys: { partition: "id" },
  attributes: { id: { type: "S" }, name: { type: "S" }, odd: { type: "M" } },
});

const Member = defineModel({
  name: "Member",
  table: "members",
  keys: { partition: "member_id" },
  attributes: {
    member_id: { type: "S" },
    name: { type: "S", required: true },
    version: { type: "N", format: "int", roles: ["version"] },
  },
});

type Definition = (typeof Person)["definition"];
type Options = MigrateOptions<Definition, (typeof Member)["definition"]>;

interface Body {
  readonly Segment?: number;
  readonly Limit: number;
  readonly ExclusiveStartKey?: { readonly id: { readonly S: string } };
  readonly Item?: WireItem;
}

const ready = {
  Table: {
    TableStatus: "ACTIVE",
    KeySchema: [{ AttributeName: "member_id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "member_id", AttributeType: "S" }],
  },
};

/** A table of people in memory: segments of equal length, pages as they are asked for. */
class People implements Transport {
  readonly perSegment: number;
  readonly written: WireItem[] = [];
  /** How many requests were under way at a time, at most. */
  most = 0;
  /** How many items were scanned and not written, at most. */
  held = 0;
  requests = 0;
  /** Is asked before each answer. */
  before: (request: Request) => Promise<void> | void = () => undefined;
  #underWay = 0;
  #scanned = 0;

  constructor(perSegment: number) {
    this.perSegment = perSegment;
  }

  async send(request: Request): Promise<Response> {
    this.requests += 1;
    this.#underWay += 1;
    this.most = Math.max(this.most, this.#underWay);
    await new Promise(setImmediate);
    await this.before(request);
    this.#underWay -= 1;
    return { ok: true, answer: this.#answer(request), requestId: undefined };
  }

  #answer({ api, body }: Request): object {
    const { Segment = 0, Limit, ExclusiveStartKey, Item } = JSON.parse(body) as Body;
    if (api === "DescribeTable") {
      return ready;
    }
    if (Item !== undefined) {
      this.written.push(Item);
      return {};
    }
    const from = Number(ExclusiveStartKey?.id.S.split("-")[1] ?? -1) + 1;
    const count = Math.min(Limit, this.perSegment - from);
    const Items = Array.from({ length: count }, (_, index) => ({
      id: { S: `${Segment}-${from + index}` },
      name: { S: "x" },
    }));
    this.#scanned += count;
    this.held = Math.max(this.held, this.#scanned - this.written.length);
    const isLast = from + count >= this.perSegment;
    return isLast ? { Items } : { Items, LastEvaluatedKey: { id: Items.at(-1)?.id } };
  }
}

const COPY: Options = {
  targetModel: Member,
  dataCopy: true,
  transform: ({ id, name = "" }) => ({ member_id: id, name }),
};

const clientOf = (transport: Transport, options: ClientOptions = {}): Client =>
  new Client({ transport, ...options });

describe("a migration", () => {
  it("copies segments side by side, each in its order, and holds a page of each", async () => {
    const people = new People(1250);
    const report = await autoMigrate(clientOf(people), Person, {
      ...COPY,
      ...{ segments: 4, concurrency: 3, pageSize: 50 },
    });
    expect(report.copy).toMatchObject({ read: 5000, written: 5000, failed: 0 });
    expect([people.most, people.held]).toEqual([3, 150]);
    const first = people.written.map(({ member_id: id }) => (id as { S: string }).S.split("-").map(Number));
    const order = first.filter(([segment]) => segment === 2).map(([, number]) => number);
    expect(order).toEqual(Array.from({ length: 1250 }, (_, number) => number));
    expect(report.cursor).toBe(
      '{"copy":{' +
        [0, 1, 2, 3].map((number) => `"${number}":{"done":true,"read":1250,"written":1250}`).join(",") +
        '},"segments":4,"v":1}',
    );
  });

  it("tells its callbacks one thing at a time, with numbers that only grow", async () => {
    const people = new People(40);
    let underWay = 0;
    const told: number[] = [];
    const most: number[] = [];
    const callback = async (): Promise<void> => {
      underWay += 1;
      most.push(underWay);
      await new Promise(setImmediate);
      underWay -= 1;
    };
    await autoMigrate(clientOf(people), Person, {
      ...COPY,
      ...{ segments: 4, pageSize: 10 },
      transform: ({ id }) => (id.endsWith("3") ? { member_id: id, name: undefined as never } : null),
      progress: async ({ counts }) => {
        told.push(counts.read);
        await callback();
      },
      onFailure: callback,
    });
    expect(Math.max(...most)).toBe(1);
    expect(most).toHaveLength(16 + 16);
    expect(told).toEqual(Array.from({ length: 16 }, (_, page) => 10 * (page + 1)));
  });

  it("ends where progress throws, with that very error, after what is under way", async () => {
    const people = new People(1000);
    const mine = new Error("mine");
    const done = autoMigrate(clientOf(people), Person, {
      ...COPY,
      ...{ segments: 4, pageSize: 10 },
      progress: () => {
        throw mine;
      },
    });
    await expect(done).rejects.toBe(mine);
    const { requests } = people;
    expect(people.written.length).toBeLessThanOrEqual(40);
    await new Promise(setImmediate);
    expect(people.requests).toBe(requests);
  });

  it("ends where onFailure throws", async () => {
    const mine = new Error("mine");
    const done = autoMigrate(clientOf(new People(10)), Person, {
      ...COPY,
      segments: 1,
      transform: () => {
        throw new Error("theirs");
      },
      onFailure: () => {
        throw mine;
      },
    });
    await expect(done).rejects.toBe(mine);
  });

  it("stops where the signal does: nothing new starts, what is under way is waited for, and the cursor goes on", async () => {
    const people = new People(100);
    const stop = new AbortController();
    let cursor = "";
    people.before = ({ api }) => {
      if (api === "PutItem" && people.written.length === 25) {
        stop.abort(new Error("enough"));
      }
    };
    const done = autoMigrate(clientOf(people), Person, {
      ...COPY,
      ...{ segments: 1, pageSize: 10, signal: stop.signal },
      progress: (told) => {
        ({ cursor } = told);
      },
    });
    await expect(done).rejects.toMatchObject({
      code: "Canceled",
      origin: "service",
      cause: { message: "enough" },
    });
    expect(people.written).toHaveLength(26);
    const { copy } = await autoMigrate(clientOf(people), Person, { ...COPY, cursor });
    expect([copy?.read, people.written.length]).toEqual([100, 26 + 80]);
  });

  it("sends nothing where the signal was there before", async () => {
    const people = new People(10);
    const signal = AbortSignal.abort();
    const script = new Script([]);
    await expect(autoMigrate(clientOf(script), Person, { ...COPY, signal })).rejects.toMatchObject({
      code: "Canceled",
      origin: "client",
    });
    expect(script.sent).toEqual([]);
    await expect(
      autoMigrate(clientOf(people), Person, { ...COPY, dryRun: true, signal }),
    ).rejects.toMatchObject({
      code: "Canceled",
      origin: "client",
    });
    expect(people.requests).toBe(0);
  });

  it("reads the clock as it begins, and once for each further page", async () => {
    let readings = 0;
    const now = testClock(0n);
    const clock = (): bigint => {
      readings += 1;
      return now();
    };
    await autoMigrate(clientOf(new People(30), { clock }), Person, { ...COPY, segments: 2, pageSize: 10 });
    expect(readings).toBe(6);
  });

  it("goes on from a cursor that was put together of two", async () => {
    const run = (options: Options): ReturnType<typeof autoMigrate> =>
      autoMigrate(clientOf(new People(10)), Person, { ...COPY, segments: 3, ...options });
    const maps = await Promise.all(
      [0, 2].map(async (segment) => {
        const { cursor } = await run({ segment });
        return (JSON.parse(cursor) as { readonly copy: object }).copy;
      }),
    );
    const cursor = JSON.stringify({ copy: Object.assign({}, ...maps) as object, segments: 3, v: 1 });
    const people = new People(10);
    const { copy, done } = await autoMigrate(clientOf(people), Person, { ...COPY, cursor });
    expect([copy?.read, done, people.written.length]).toEqual([30, true, 10]);
  });
});

describe("a transform", () => {
  async function failuresOf(transform: (value: { id: string }) => unknown): Promise<MigrationFailure[]> {
    const failures: MigrationFailure[] = [];
    await autoMigrate(clientOf(new People(1)), Person, {
      ...COPY,
      segments: 1,
      transform: transform as never,
      onFailure: (failure) => {
        failures.push(failure);
      },
    });
    return failures;
  }

  it.each<readonly [string, unknown, string]>([
    ["a text", "x", "ValidationFailed"],
    ["a list", [], "ValidationFailed"],
    ["an attribute that nobody knows", { member_id: "1", name: "x", other: 1 }, "ValidationFailed"],
    ["no key", { name: "x" }, "MissingPrimaryKey"],
  ])("that gives %s fails for its item", async (_name, value, reason) => {
    const [failure] = await failuresOf(() => value);
    expect(failure).toMatchObject({ phase: "copy", key: { id: "0-0" }, reason });
  });

  it("that throws is told with what it threw, an error of this library too", async () => {
    const mine = { not: "an error" };
    const [failure] = await failuresOf(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever a caller throws
      throw mine;
    });
    expect([failure?.reason, failure?.error]).toEqual(["Transform", mine]);
  });

  it("may be waited for, and gives nothing to skip an item", async () => {
    const { copy } = await autoMigrate(clientOf(new People(4)), Person, {
      ...COPY,
      segments: 1,
      transform: async ({ id, name = "" }) => {
        await Promise.resolve();
        return id === "0-1" ? null : { member_id: id, name, version: 7 };
      },
    });
    expect(copy).toMatchObject({ read: 4, written: 3, skipped: 1 });
  });
});

const Open = defineModel({
  name: "Open",
  table: "people",
  keys: { partition: "id" },
  attributes: { id: { type: "S" }, pin: { type: "S" } },
});
const Sealed = defineModel({
  name: "Sealed",
  table: "sealed",
  keys: { partition: "id" },
  attributes: { id: { type: "S" }, pin: { type: "S", encryption: {} } },
});

describe("what is written", () => {
  it("is sealed anew, is told apart from what is too large, and goes out again where DynamoDB leaves it", async () => {
    const encryption = new Encryption({ key: "k", kms: new InMemoryKeys() });
    const Table = {
      ...ready.Table,
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    };
    const large = { id: { S: "a" }, pin: { S: "x".repeat(409_500) } };
    const small = { id: { S: "b" }, pin: { S: "1234" } };
    const script = new Script([
      ...[{ answer: { Table } }, { answer: { Items: [large, small] } }, { answer: {} }],
    ]);
    const failures: string[] = [];
    const { copy } = await autoMigrate(clientOf(script, { encryption }), Open, {
      ...{ targetModel: Sealed, dataCopy: true, segments: 1, onExisting: "overwrite" },
      onFailure: ({ reason }) => {
        failures.push(reason);
      },
    });
    expect([copy?.written, failures]).toEqual([1, ["ItemTooLarge"]]);
    expect(script.sent.at(-1)?.body).toContain('"pin":{"M":{"ct"');
    expect(script.sent.at(-1)?.body).not.toContain("1234");
  });

  it("is the failure of the request where attempts are spent, alone and in a batch", async () => {
    const throttled = { error: "ProvisionedThroughputExceededException" };
    for (const onExisting of ["keep", "overwrite"] as const) {
      const item = { id: { S: "a" }, name: { S: "x" } };
      const script = new Script([{ answer: ready }, { answer: { Items: [item] } }, throttled, throttled]);
      const client = clientOf(script, { retries: { maxAttempts: 2, baseMs: 0 } });
      const done = autoMigrate(client, Person, { ...COPY, segments: 1, onExisting });
      await expect(done).rejects.toMatchObject({ code: "Throttled", origin: "service" });
    }
  });
});
