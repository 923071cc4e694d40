/** Readings: what is sent when, and what may be asked of them. Requests in full are the contract's. */

import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Client, type ClientOptions } from "../src/client.ts";
import { field } from "../src/expression/field.ts";
import type { QueryOptions } from "../src/keys.ts";
import { defineModel } from "../src/schema/declare.ts";
import type { DynamicDefinition } from "../src/schema/types.ts";
import type { Table } from "../src/table.ts";
import { Script, type Step } from "../src/testing.ts";
import { failure } from "./transport/things.ts";

const Message = defineModel({
  name: "Message",
  table: "messages",
  keys: { partition: "room", sort: "at" },
  attributes: {
    room: { type: "S" },
    at: { type: "N", format: "int" },
    author: { type: "S" },
    text: { type: "S" },
    sent: { type: "S", format: "timestamp", field: "sent_at" },
  },
  indexes: [
    { name: "by-author", type: "GSI", partition: "author", sort: "at" },
    { name: "by-text", type: "GSI", partition: "text", projection: "KEYS_ONLY" },
    { name: "by-sent", type: "LSI", sort: "sent" },
  ],
  views: { Line: ["author", "text"] },
});

type Messages = Table<(typeof Message)["definition"]>;

function messages(
  steps: readonly Step[] = [],
  options: ClientOptions = {},
): { table: Messages; script: Script } {
  const script = new Script(steps);
  return { table: new Client({ transport: script, ...options }).table(Message), script };
}

const at = (number: number): { readonly room: { S: string }; readonly at: { N: string } } => ({
  room: { S: "r" },
  at: { N: String(number) },
});

/** A page of the messages at these times, which goes on unless it is the last. */
function page(times: readonly number[], isLast = false): Step {
  const last = at(times.at(-1) ?? 0);
  return {
    answer: { Items: times.map(at), Count: times.length, ...(isLast ? {} : { LastEvaluatedKey: last }) },
  };
}

const PAGES = [page([1, 2]), page([]), page([3], true)];
const times = (items: readonly { readonly at: number }[]): number[] => items.map((item) => item.at);
const ROOM = { partition: "r" } as const;

describe("a reading is lazy", () => {
  it("sends nothing when it is made, nor when an iterator is", () => {
    const { table, script } = messages();
    const reading = table.query(ROOM).select(["text"]);
    expect(typeof reading[Symbol.asyncIterator]().next).toBe("function");
    expect(typeof reading.pages().next).toBe("function");
    expect(script.sent).toEqual([]);
  });

  it("asks for a page when its first item is asked for", async () => {
    const { table, script } = messages(PAGES);
    const seen: unknown[] = [];
    for await (const item of table.query(ROOM)) {
      seen.push([item.at, script.sent.length]);
    }
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
      [3, 3],
    ]);
  });

  it("asks for nothing more when its loop is left", async () => {
    const { table, script } = messages(PAGES);
    for await (const item of table.query(ROOM)) {
      if (item.at === 2) {
        break;
      }
    }
    expect(script.sent).toHaveLength(1);
  });

  it("asks for nothing more when the limit is reached", async () => {
    const { table, script } = messages([page([1, 2]), page([3, 4])]);
    const { items, cursor } = await table.query({ ...ROOM, limit: 3 }).all();
    expect([times(items), script.sent.length, typeof cursor]).toEqual([[1, 2, 3], 2, "string"]);
    expect(script.bodies).toMatchObject([{ Limit: 3 }, { Limit: 1 }]);
  });

  it("can be read again, each time from the start", async () => {
    const { table, script } = messages([...PAGES, ...PAGES]);
    const reading = table.query(ROOM);
    for (const turn of [0, 3]) {
      expect(times((await reading.all()).items)).toEqual([1, 2, 3]);
      expect(script.bodies[turn]).not.toHaveProperty("ExclusiveStartKey");
    }
    expect(script.left).toBe(0);
  });

  it("can be read twice at a time, each with its own place", async () => {
    const { table } = messages([page([1, 2]), page([1, 2]), page([3], true), page([4], true)]);
    const reading = table.query(ROOM);
    const [one, two] = [reading.pages(), reading.pages()];
    const seen = [];
    for (const pages of [one, two, one, two]) {
      seen.push(times((await pages.next()).value?.items ?? []));
    }
    expect(seen).toEqual([[1, 2], [1, 2], [3], [4]]);
  });

  it("is of what the call was given, whatever becomes of it", async () => {
    const { table, script } = messages([page([], true)]);
    const options: QueryOptions<(typeof Message)["definition"]> = { partition: { room: "r" }, limit: 2 };
    const paths: ("text" | "author")[] = ["text"];
    const reading = table.query(options).select(paths);
    Object.assign(options, { limit: 9, order: "desc" });
    Object.assign(options.partition ?? {}, { room: "other" });
    paths.push("author");
    await reading.all();
    expect(script.bodies).toEqual([
      {
        TableName: "messages",
        KeyConditionExpression: "#n0 = :v0",
        ProjectionExpression: "#n1, #n0, #n2",
        ExpressionAttributeNames: { "#n0": "room", "#n1": "text", "#n2": "at" },
        ExpressionAttributeValues: { ":v0": { S: "r" } },
        Limit: 2,
      },
    ]);
  });

  it("says what is wrong with it when it is read, not when it is made", async () => {
    const { table, script } = messages();
    const reading = table.query({ partition: "" });
    expect((await failure(reading.all())).path).toBe("room");
    expect(script.sent).toEqual([]);
  });

  it("sends nothing after its signal, between pages", async () => {
    const { table, script } = messages(PAGES);
    const abort = new AbortController();
    const pages = table.query({ ...ROOM, signal: abort.signal }).pages();
    expect((await pages.next()).done).toBe(false);
    abort.abort();
    expect((await failure(pages.next())).code).toBe("Canceled");
    expect(script.sent).toHaveLength(1);
  });
});

describe("pages", () => {
  it("have cursors, which the next request goes on from", async () => {
    const { table, script } = messages([...PAGES, page([3], true)]);
    const pages = [];
    for await (const one of table.query(ROOM).pages()) {
      pages.push(one);
    }
    expect(pages.map(({ items, cursor }) => [times(items), typeof cursor])).toEqual([
      [[1, 2], "string"],
      [[], "string"],
      [[3], "undefined"],
    ]);
    const rest = await table.query({ ...ROOM, cursor: pages[0]?.cursor }).page();
    expect([times(rest.items), rest.cursor]).toEqual([[3], undefined]);
    expect(script.bodies[3]).toMatchObject({ ExclusiveStartKey: at(2) });
  });

  it("of an empty answer are one empty page", async () => {
    const { table } = messages([page([], true), page([], true)]);
    expect(await table.query(ROOM).page()).toEqual({ items: [], cursor: undefined });
    expect(await table.query(ROOM).all()).toEqual({ items: [], cursor: undefined });
  });

  it("that are cut need the keys of their last item, which a mock may forget", async () => {
    const { table } = messages([{ answer: { Items: [{ text: { S: "a" } }, { text: { S: "b" } }] } }]);
    const error = await failure(
      table
        .query({ ...ROOM, limit: 1 })
        .select(["text"])
        .page(),
    );
    expect([error.code, error.path]).toEqual(["DecodeFailed", "room"]);
  });

  it("may hold more items than a call takes arguments", async () => {
    const Items = Array.from({ length: 250_000 }, () => at(1));
    const { table } = messages([{ answer: { Items } }, { answer: { Items } }]);
    expect((await table.query(ROOM).all()).items).toHaveLength(Items.length);
    expect((await table.scan().parallel(1).all()).items).toHaveLength(Items.length);
  });

  it("of a segment say which", async () => {
    const { table } = messages([page([1], true)]);
    expect(await table.scan({ segment: [1, 2] }).page()).toMatchObject({ segment: 1 });
  });

  it("that are signed do not go on elsewhere, and nothing is sent", async () => {
    const options = { cursorSecrets: ["secret"] };
    const { cursor } = await messages([page([1])], options)
      .table.query({ ...ROOM, cursorContext: "ada" })
      .page();
    const { table, script } = messages([page([2], true)], options);
    const more = { ...ROOM, cursor, cursorContext: "ada" };
    const others: QueryOptions<(typeof Message)["definition"]>[] = [
      { ...more, cursorContext: "eve" },
      { ...ROOM, cursor },
      { ...more, partition: "other" },
      { ...more, order: "desc" },
      { ...more, sort: { gt: 0 } },
      { ...more, filter: field("text").exists() },
      { ...more, index: "by-sent" },
    ];
    for (const other of others) {
      expect((await failure(table.query(other).page())).code).toBe("InvalidCursor");
    }
    expect(script.sent).toEqual([]);
    expect(times((await table.query(more).page()).items)).toEqual([2]);
  });

  it("need secrets for a context", async () => {
    const { table } = messages();
    const error = await failure(table.query({ ...ROOM, cursorContext: "ada" }).page());
    expect(error.code).toBe("ValidationFailed");
  });
});

describe("a reading gives", () => {
  it("the number of its items, of every page", async () => {
    const { table, script } = messages(PAGES);
    expect(await table.query(ROOM).count()).toBe(3);
    expect(script.bodies).toMatchObject([{ Select: "COUNT" }, { Select: "COUNT" }, { Select: "COUNT" }]);
  });

  it("the first item, or undefined", async () => {
    const { table, script } = messages([page([1]), page([], true)]);
    expect((await table.query(ROOM).first())?.at).toBe(1);
    expect(await table.query(ROOM).first()).toBeUndefined();
    expect(script.bodies).toMatchObject([{ Limit: 1 }, { Limit: 1 }]);
  });

  it("the only item, or says that there is none or more", async () => {
    const { table } = messages([page([1], true), page([], true), page([1, 2], true)]);
    expect((await table.query(ROOM).one()).at).toBe(1);
    const [none, more] = [await failure(table.query(ROOM).one()), await failure(table.query(ROOM).one())];
    expect([none.code, none.origin, more.code, more.origin]).toEqual([
      ...["ItemNotFound", "service"],
      ...["ValidationFailed", "service"],
    ]);
  });

  it("parts of the items: what was selected, a view, what an index projects", async () => {
    const item = { answer: { Items: [{ author: { S: "ada" } }] } };
    const { table, script } = messages([item, item, item]);
    expect((await table.query(ROOM).select(["author"]).all()).items).toEqual([{ author: "ada" }]);
    expect((await table.scan().view("Line").all()).items).toEqual([{ author: "ada" }]);
    expect((await table.scan({ index: "by-text" }).projected().all()).items).toEqual([{ author: "ada" }]);
    const names = { "#n0": "author", "#n1": "text" };
    expect(script.bodies[1]).toMatchObject({
      ProjectionExpression: "#n0, #n1",
      ExpressionAttributeNames: names,
    });
  });

  it.each<[string, (table: Messages) => Promise<unknown>]>([
    ["a limited count", (table) => table.query({ ...ROOM, limit: 1 }).count()],
    ["the count of a selection", (table) => table.query(ROOM).select(["text"]).count()],
    ["the count of a view", (table) => table.query(ROOM).view("Line").count()],
    ["a limited first", (table) => table.query({ ...ROOM, limit: 1 }).first()],
    ["a limited one", (table) => table.query({ ...ROOM, limit: 5 }).one()],
    ["whole items of an index that has parts", (table) => table.scan({ index: "by-text" }).all()],
    [
      "a view that there is not",
      (table) =>
        table
          .scan()
          .view("Nothing" as "Line")
          .all(),
    ],
    [
      "a text for a list of paths",
      (table) =>
        table
          .scan()
          .select("text" as never)
          .all(),
    ],
    ["an order that there is not", (table) => table.query({ ...ROOM, order: "up" as "asc" }).all()],
  ])("not %s", async (_name, read) => {
    const { table, script } = messages();
    expect(["ValidationFailed", "InvalidOperator"]).toContain((await failure(read(table))).code);
    expect(script.sent).toEqual([]);
  });
});

describe("a sort condition", () => {
  it.each([
    ["eq", { eq: 1 }, "#n1 = :v1"],
    ["lt", { lt: 1 }, "#n1 < :v1"],
    ["le", { le: 1 }, "#n1 <= :v1"],
    ["gt", { gt: 1 }, "#n1 > :v1"],
    ["ge", { ge: 1 }, "#n1 >= :v1"],
    ["between", { between: [1, 2] as const }, "#n1 BETWEEN :v1 AND :v2"],
    ["parts", { parts: { at: 1 } }, "#n1 = :v1"],
  ] as const)("%s is sent", async (_name, sort, text) => {
    const { table, script } = messages([page([], true)]);
    await table.query({ ...ROOM, sort }).all();
    expect(script.bodies).toMatchObject([{ KeyConditionExpression: `#n0 = :v0 AND ${text}` }]);
  });

  it("takes the names of members for those of attributes", async () => {
    const { table, script } = messages([page([], true)]);
    await table.query({ partition: { room: "r" }, sort: { parts: { sentAt: new Date(0) } } }).all();
    expect(script.bodies).toMatchObject([
      {
        IndexName: "by-sent",
        ExpressionAttributeNames: { "#n1": "sent" },
        ExpressionAttributeValues: { ":v1": { S: "1970-01-01T00:00:00.000000Z" } },
      },
    ]);
  });

  it.each([undefined, null])("that is %s is none", async (sort) => {
    const { table, script } = messages([page([], true)]);
    await table.query({ ...ROOM, sort }).all();
    expect(script.bodies).toMatchObject([{ KeyConditionExpression: "#n0 = :v0" }]);
  });

  it.each([
    ["no operator", {}],
    ["two operators", { ge: 1, lt: 5 }],
    ["an operator and parts", { eq: 1, parts: { at: 1 } }],
    ["an operator that there is not", { begins_with: "x" }],
    ["an operator that every object has", { constructor: 1 }],
    ["half a range", { between: [1] }],
    ["a range of three", { between: [1, 2, 3] }],
    ["a range that is none", { between: 1 }],
    ["null", { eq: null }],
    ["parts that are none", { parts: 1 }],
    ["a bare value", 0],
  ])("with %s is refused when it is read", async (_name, sort) => {
    const { table, script } = messages();
    const error = await failure(table.query({ ...ROOM, sort: sort as never }).all());
    expect([error.code, error.path, script.sent.length]).toEqual(["ValidationFailed", "at", 0]);
  });
});

describe("several models", () => {
  const shared = {
    table: "shop",
    keys: { partition: "pk", sort: "sk" },
    attributes: { pk: { type: "S" }, sk: { type: "S" }, total: { type: "N" } },
  } as const;
  const mark = (value: string): { attribute: string; value: string } => ({ attribute: "_type", value });
  const A = defineModel({ name: "A", ...shared, discriminator: mark("a") });
  const B = defineModel({ name: "B", ...shared, discriminator: mark("b") });

  const row = (type: string): Record<string, { S: string }> => ({
    pk: { S: "p" },
    sk: { S: type },
    _type: { S: type },
  });

  it("come each with its name", async () => {
    const script = new Script([{ answer: { Items: [row("b"), row("a")] } }]);
    const found = [];
    for await (const { model, item } of new Client({ transport: script }).query([A, B], { partition: "p" })) {
      found.push([model, item.sk]);
    }
    expect(found).toEqual([
      ["B", "b"],
      ["A", "a"],
    ]);
    expect(script.bodies).toMatchObject([{ FilterExpression: "#n1 IN (:v1, :v2)" }]);
  });

  it("refuse an item of another", async () => {
    const script = new Script([{ answer: { Items: [row("c")] } }]);
    const reading = new Client({ transport: script }).query([A, B], { partition: "p" });
    expect((await failure(reading.all())).code).toBe("DecodeFailed");
  });

  it.each([
    ["none", []],
    ["the same one twice", [A, A]],
    ["one without a discriminator", [A, Message]],
    [
      "one of another table",
      [A, defineModel({ name: "C", ...shared, table: "other", discriminator: mark("c") })],
    ],
    [
      "another discriminator",
      [A, defineModel({ name: "C", ...shared, discriminator: { attribute: "kind", value: "c" } })],
    ],
  ])("are not read together with %s", (_name, models) => {
    const client = new Client({ transport: new Script([]) });
    expect(() => client.query(models, { partition: "p" })).toThrow("ValidationFailed");
  });
});

describe("nothing shows values", () => {
  const SECRET = "hush";
  const shown = (object: unknown): string[] => [
    inspect(object, { depth: 9 }),
    JSON.stringify(object),
    String(object),
  ];

  it("when a reading is printed", () => {
    const { table } = messages([], { cursorSecrets: [SECRET] });
    const filter = field("text").eq(SECRET);
    const query = table.query({ partition: SECRET, sort: { eq: 1 }, filter, cursorContext: SECRET });
    const scan = table.scan({ filter });
    for (const object of [query, query.select(["text"]), scan, scan.parallel(2)]) {
      expect(shown(object).filter((text) => text.includes(SECRET))).toEqual([]);
    }
  });

  it.each<[string, QueryOptions<DynamicDefinition>]>([
    ["a key too many", { partition: { room: SECRET, other: SECRET } }],
    ["a sort value of another type", { partition: "r", sort: { eq: SECRET } }],
    ["an operator that does not fit", { partition: "r", sort: { beginsWith: SECRET } }],
    ["a range upside down", { partition: SECRET, index: "by-author", sort: { between: [977, 976] } }],
    ["a filter on a key", { partition: SECRET, filter: field("at").eq(977) }],
    ["a filter of another type", { partition: SECRET, filter: field("author").eq(977) }],
    ["an index that there is not", { partition: SECRET, index: SECRET }],
    ["a cursor that is none", { partition: SECRET, cursor: SECRET }],
    [
      "a cursor of another partition",
      {
        partition: SECRET,
        cursor: "eyJrIjp7ImF0Ijp7Ik4iOiI5NzcifSwicm9vbSI6eyJTIjoiaHVzaC0yIn19LCJzIjoiQVNDIiwidiI6MX0",
      },
    ],
  ])("of %s in the error", async (_name, options) => {
    const error = await failure(messages().table.query(options).all());
    expect(error.name).toMatch(/^(ValidationFailed|InvalidOperator|InvalidCursor)$/);
    for (const text of [...shown(error), error.stack ?? ""]) {
      expect(text).not.toMatch(/hush|977/);
    }
  });
});
