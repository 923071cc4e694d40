/** Query and scan through the SDK: what the user has put around it stays in force. */

import { crc32 } from "node:zlib";
import { getEventListeners } from "node:events";
import { type DynamoDBClient, QueryCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Client } from "../../src/client.ts";
import { field } from "../../src/expression/field.ts";
import { defineModel } from "../../src/schema/declare.ts";
import type { Table } from "../../src/table.ts";
import { type Reply, startServer, type TestServer } from "./server.ts";
import { failure, sdkFor } from "./things.ts";

const Blob = defineModel({
  name: "Blob",
  table: "blobs",
  keys: { partition: "file", sort: "digest" },
  attributes: { file: { type: "S" }, digest: { type: "B" }, size: { type: "N" } },
});

type Blobs = Table<(typeof Blob)["definition"]>;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await server.close();
});

beforeEach(() => {
  server.play();
});

const sdk = (config = {}): DynamoDBClient => sdkFor(server, config);
const blobs = (dynamodb = sdk()): Blobs => new Client({ dynamodb }).table(Blob);
const body = (index: number): unknown => JSON.parse(server.seen[index]?.body ?? "");

const wire = (digest: string): object => ({ file: { S: "f" }, digest: { B: digest } });
const LAST = wire("/w==");
const PAGE = { Items: [wire("AQ=="), wire("/w==")], Count: 2, ScannedCount: 2, LastEvaluatedKey: LAST };
const END = { Items: [], Count: 0, ScannedCount: 0 };
const ITEMS = [
  { file: "f", digest: Uint8Array.of(1) },
  { file: "f", digest: Uint8Array.of(255) },
];
const reply = (answer: object): Reply => ({ body: JSON.stringify(answer) });

interface Arguments {
  readonly input: { [name: string]: unknown; ExpressionAttributeValues?: Record<string, unknown> };
}

interface Result {
  readonly output: { [name: string]: unknown; Items?: Record<string, unknown>[] };
}

type Middleware = (next: (args: Arguments) => Promise<Result>) => (args: Arguments) => Promise<Result>;

function using(middleware: Middleware): Blobs {
  const client = sdk();
  client.middlewareStack.add(middleware as never, { step: "initialize" });
  return blobs(client);
}

describe("a query through the standard lane", () => {
  it("sends our body, and goes on behind the key of the page before", async () => {
    server.play(reply(PAGE), reply(END));
    expect(await blobs().query({ partition: "f" }).all()).toEqual({ items: ITEMS, cursor: undefined });
    const first = {
      TableName: "blobs",
      KeyConditionExpression: "#n0 = :v0",
      ExpressionAttributeNames: { "#n0": "file" },
      ExpressionAttributeValues: { ":v0": { S: "f" } },
    };
    expect([body(0), body(1)]).toEqual([first, { ...first, ExclusiveStartKey: LAST }]);
    expect(server.seen.map(({ target }) => target)).toEqual([
      "DynamoDB_20120810.Query",
      "DynamoDB_20120810.Query",
    ]);
  });

  it("takes an answer with a wrong checksum for a cut one, which the SDK asks for again", async () => {
    const text = JSON.stringify(END);
    const sum = crc32(Buffer.from(text));
    const answered = (checksum: number): Reply => ({
      body: text,
      headers: { "x-amz-crc32": String(checksum) },
    });
    server.play(answered(sum + 1), answered(sum));
    expect(
      await blobs(sdk({ maxAttempts: 2 }))
        .scan()
        .all(),
    ).toEqual({ items: [], cursor: undefined });
    expect(server.seen).toHaveLength(2);
    server.play(answered(sum + 1));
    expect((await failure(blobs().scan().all())).code).toBe("NetworkError");
  });

  it("leaves nothing behind at a signal that lives on", async () => {
    const { signal } = new AbortController();
    server.play(...Array.from({ length: 30 }, () => reply(PAGE)), reply(END));
    let most = 0;
    for await (const page of blobs().scan({ signal }).pages()) {
      expect(page.items.length % 2).toBe(0);
      most = Math.max(most, getEventListeners(signal, "abort").length);
    }
    expect(server.seen).toHaveLength(31);
    expect(most).toBeLessThan(3);
  });

  it("is cancelled under way by its signal", async () => {
    server.play(reply(PAGE), { hang: true });
    const abort = new AbortController();
    const work = failure(blobs().query({ partition: "f", signal: abort.signal }).all());
    await expect.poll(() => server.seen.length).toBe(2);
    abort.abort();
    const error = await work;
    expect([error.code, error.maybeApplied]).toEqual(["Canceled", false]);
  });
});

describe("middleware of the user's", () => {
  it("sees input and output of a query as the SDK has them", async () => {
    const looked: unknown[] = [];
    const table = using((next) => async (args) => {
      looked.push(args.input.ExclusiveStartKey, args.input.ExpressionAttributeValues);
      const result = await next(args);
      const { Items, LastEvaluatedKey, Count, ScannedCount } = result.output;
      looked.push({ Items, LastEvaluatedKey, Count, ScannedCount });
      return result;
    });
    server.play(reply(PAGE), reply(END));
    const { items } = await table.query({ partition: "f", sort: { gt: Uint8Array.of(0) } }).all();
    const values = { ":v0": { S: "f" }, ":v1": { B: Uint8Array.of(0) } };
    const key = { file: { S: "f" }, digest: { B: Uint8Array.of(255) } };
    expect(items).toEqual(ITEMS);
    expect(looked).toEqual([
      ...[undefined, values],
      {
        Items: [{ file: { S: "f" }, digest: { B: Uint8Array.of(1) } }, key],
        LastEvaluatedKey: key,
        Count: 2,
        ScannedCount: 2,
      },
      ...[key, values],
      { ...END, LastEvaluatedKey: undefined },
    ]);
    expect(body(1)).toMatchObject({ ExclusiveStartKey: LAST });
  });

  it.each<[string, Middleware]>([
    ["another one", (next) => (args) => next({ ...args, input: { ...args.input, Limit: 7 } })],
    [
      "a member of it",
      (next) => (args) => {
        args.input.Limit = 7;
        return next(args);
      },
    ],
  ])("may change the input: %s", async (_name, middleware) => {
    server.play(reply(END));
    await using(middleware)
      .query({ partition: "f", sort: { eq: Uint8Array.of(255) } })
      .all();
    expect(body(0)).toMatchObject({
      Limit: 7,
      KeyConditionExpression: "#n0 = :v0 AND #n1 = :v1",
      ExpressionAttributeValues: { ":v0": { S: "f" }, ":v1": { B: "/w==" } },
    });
  });

  it("may change the input far inside", async () => {
    const table = using((next) => (args) => {
      Object.assign(args.input.ExpressionAttributeValues ?? {}, { ":v0": { S: "other" } });
      return next(args);
    });
    server.play(reply(END));
    await table.query({ partition: "f" }).all();
    expect(body(0)).toMatchObject({ ExpressionAttributeValues: { ":v0": { S: "other" } } });
  });

  const made = { file: { S: "made" }, digest: { B: Uint8Array.of(7) } };

  it.each<[string, (output: Result["output"]) => object]>([
    ["a member of it", (output) => Object.assign(output, { Items: [made], Count: 1 })],
    [
      "far inside",
      (output) => {
        output.Items?.splice(0, 2, made);
        return output;
      },
    ],
    ["a spread with another member", (output) => ({ ...output, Items: [made] })],
    ["one of its own", () => ({ $metadata: {}, Items: [made], Count: 1 })],
  ])("may change the output: %s", async (_name, change) => {
    const table = using((next) => async (args) => {
      const result = await next(args);
      return { ...result, output: change(result.output) as Result["output"] };
    });
    server.play(reply({ Items: PAGE.Items, Count: 2 }));
    expect(await table.scan().all()).toEqual({
      items: [{ file: "made", digest: Uint8Array.of(7) }],
      cursor: undefined,
    });
  });

  it("may look at bytes that are none, and they are refused all the same", async () => {
    const table = using((next) => async (args) => {
      const result = await next(args);
      expect(result.output.Items).toHaveLength(1);
      return result;
    });
    server.play(reply({ Items: [wire("no base64")] }));
    expect((await failure(table.scan().all())).code).toBe("DecodeFailed");
  });
});

describe("a mock in the place of send", () => {
  function mocked(...answers: object[]): { table: Blobs; sent: { readonly input: unknown }[] } {
    const client = sdk();
    const sent: { readonly input: unknown }[] = [];
    client.send = ((command: { readonly input: unknown }) => {
      sent.push(command);
      return Promise.resolve(answers.shift());
    }) as never;
    return { table: blobs(client), sent };
  }

  it("gets commands of the SDK, and answers with bytes in items and keys", async () => {
    const key = { file: { S: "f" }, digest: { B: Uint8Array.of(255) } };
    const { table, sent } = mocked(
      { Items: [{ ...key, digest: { B: Uint8Array.of(1) } }, key], Count: 2, LastEvaluatedKey: key },
      { Items: [] },
      { Count: 4 },
    );
    const page = await table.query({ partition: "f", filter: field("size").gt(1) }).page();
    expect(page.items).toEqual(ITEMS);
    const { cursor } = page;
    expect(await table.query({ partition: "f", filter: field("size").gt(1), cursor }).all()).toEqual({
      items: [],
      cursor: undefined,
    });
    expect(await table.scan().count()).toBe(4);
    expect(sent.map((command) => command.constructor)).toEqual([QueryCommand, QueryCommand, ScanCommand]);
    expect(sent[1]?.input).toMatchObject({
      KeyConditionExpression: "#n0 = :v0",
      FilterExpression: "#n1 > :v1",
      ExclusiveStartKey: key,
    });
    expect(sent[2]?.input).toEqual({ TableName: "blobs", Select: "COUNT" });
  });
});
