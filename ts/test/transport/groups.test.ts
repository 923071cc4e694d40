/** Batches and transactions through the SDK: what the user has put around it stays in force. */

import { inspect } from "node:util";
import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  TransactGetItemsCommand,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Client } from "../../src/client.ts";
import { testRandom, testSleeper } from "../../src/testing.ts";
import { incompleteOf, canceledOf } from "../groups.ts";
import { type Reply, startServer, type TestServer } from "./server.ts";
import { failure, sdkFor, Thing, type Things } from "./things.ts";

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

const BYTES = Uint8Array.of(255);
const WIRE = { id: { S: "a" }, bin: { B: "/w==" } };
const NATIVE = { id: { S: "a" }, bin: { B: BYTES } };
const reply = (answer: object): Reply => ({ body: JSON.stringify(answer) });
const body = (index: number): unknown => JSON.parse(server.seen[index]?.body ?? "");

function over(dynamodb: DynamoDBClient = sdkFor(server)): {
  readonly client: Client;
  readonly things: Things;
} {
  const { sleeper } = testSleeper();
  const client = new Client({ dynamodb, sleeper, random: testRandom(), tokens: () => "t" });
  return { client, things: client.table(Thing) };
}

const PUT = { PutRequest: { Item: WIRE } };
const canceled = (...reasons: object[]): Reply => ({
  status: 400,
  body: JSON.stringify({
    __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    Message: "cancelled",
    CancellationReasons: reasons,
  }),
});

describe("through the standard lane", () => {
  it("every API sends our body and gives our reading of the answer", async () => {
    const { client, things } = over();
    server.play(
      reply({ UnprocessedItems: { things: [PUT] } }),
      reply({ UnprocessedItems: {} }),
      reply({ Responses: { things: [WIRE] }, UnprocessedKeys: {} }),
      reply({}),
      reply({ Responses: [{ Item: WIRE }, {}] }),
    );
    expect(await things.batchPut([{ id: "a", bin: BYTES }])).toBe(1);
    expect(await things.batchGet([{ id: "a" }, { id: "b" }])).toEqual({
      items: [{ id: "a", bin: BYTES, blobs: new Set() }],
      missing: [{ id: "b" }],
    });
    await client.transactWrite([things.actions.put({ id: "a", bin: BYTES })]);
    const gets = [things.actions.get({ id: "a" }), things.actions.get({ id: "b" })] as const;
    expect(await client.transactGet(gets)).toEqual([{ id: "a", bin: BYTES, blobs: new Set() }, undefined]);
    expect(server.seen.map(({ target }) => target.split(".")[1])).toEqual([
      ...["BatchWriteItem", "BatchWriteItem", "BatchGetItem", "TransactWriteItems", "TransactGetItems"],
    ]);
    expect([body(0), body(1)]).toEqual([1, 2].map(() => ({ RequestItems: { things: [PUT] } })));
    expect(body(3)).toEqual({
      TransactItems: [{ Put: { TableName: "things", Item: WIRE } }],
      ClientRequestToken: "t",
    });
  });

  it("sends the bytes of a text as they are", async () => {
    const { client, things } = over();
    server.play(reply({}));
    const text = await client.prepare([things.actions.put({ id: "a", bin: BYTES })]);
    await client.transactSend(text);
    expect(server.seen[0]?.body).toBe(text);
  });

  it("sends a transaction with the same bytes again, in the SDK's attempts and ours", async () => {
    const { client, things } = over(sdkFor(server, { maxAttempts: 2 }));
    server.play({ status: 500, body: "{}" }, canceled({ Code: "TransactionConflict" }), reply({}));
    await client.transactWrite([things.actions.put({ id: "a" })]);
    expect(new Set(server.seen.map((seen) => seen.body)).size).toBe(1);
    expect(server.seen).toHaveLength(3);
  });

  it("gives the reasons of a cancelled transaction, and the SDK's own error", async () => {
    const { client, things } = over();
    server.play(
      canceled({ Code: "None" }, { Code: "ConditionalCheckFailed", Item: WIRE, Message: "s3cret" }),
    );
    const actions = [things.actions.put({ id: "b" }), things.actions.create({ id: "a" })];
    const error = canceledOf(await failure(client.transactWrite(actions)));
    expect(error.reasons.map((reason) => reason && [reason.code, reason.kind])).toEqual([
      null,
      ["ConditionFailed", "AlreadyExists"],
    ]);
    expect(error.reasons[1]?.item()).toEqual({ id: "a", bin: BYTES, blobs: new Set() });
    expect(error.cause).toBeInstanceOf(TransactionCanceledException);
    expect(inspect(error)).not.toContain("s3cret");
  });

  it("keeps writes unknown that the SDK sent again behind a lost answer, and left", async () => {
    const { things } = over(sdkFor(server, { maxAttempts: 2 }));
    server.play({ status: 500, body: "{}" }, reply({ UnprocessedItems: { things: [PUT] } }), {
      status: 400,
      body: JSON.stringify({ __type: "AccessDeniedException" }),
    });
    const error = incompleteOf(await failure(things.batchPut([{ id: "a", bin: BYTES }, { id: "b" }])));
    expect([error.code, error.maybeApplied]).toEqual(["BatchIncomplete", true]);
    expect([error.done, error.unknown].map((keys) => keys.map(({ key }) => key))).toEqual([
      [{ id: "b" }],
      [{ id: "a" }],
    ]);
  });

  it("is cancelled under way by its signal, and tells what is unknown", async () => {
    const { things } = over();
    server.play({ hang: true });
    const abort = new AbortController();
    const work = failure(things.batchPut([{ id: "a" }], { signal: abort.signal }));
    await expect.poll(() => server.seen.length).toBe(1);
    abort.abort();
    const error = incompleteOf(await work);
    expect([error.code, error.maybeApplied, error.unknown.length]).toEqual(["BatchIncomplete", true, 1]);
    expect(error.cause).toMatchObject({ code: "Canceled" });
  });
});

interface Arguments {
  readonly input: Record<string, unknown>;
}

interface Result {
  readonly output: Record<string, unknown>;
}

type Middleware = (next: (args: Arguments) => Promise<Result>) => (args: Arguments) => Promise<Result>;

function using(middleware: Middleware): ReturnType<typeof over> {
  const dynamodb = sdkFor(server);
  dynamodb.middlewareStack.add(middleware as never, { step: "initialize" });
  return over(dynamodb);
}

const VALUE = { id: "a", bin: BYTES };

describe("middleware of the user's", () => {
  it("sees inputs and outputs as the SDK has them", async () => {
    const inputs: unknown[] = [];
    const outputs: unknown[] = [];
    const { client, things } = using((next) => async (args) => {
      inputs.push({ ...args.input });
      const result = await next(args);
      const { Responses, UnprocessedItems, UnprocessedKeys } = result.output;
      outputs.push(Responses ?? UnprocessedItems ?? UnprocessedKeys);
      return result;
    });
    const left = { things: [PUT] };
    server.play(
      ...[reply({ UnprocessedItems: left }), reply({})],
      ...[reply({ UnprocessedKeys: { things: { Keys: [{ id: { S: "a" } }] } } })],
      ...[reply({ Responses: { things: [WIRE] } }), reply({}), reply({ Responses: [{ Item: WIRE }] })],
    );
    await things.batchPut([VALUE]);
    await things.batchGet([{ id: "a" }]);
    await client.transactWrite([things.actions.put(VALUE)]);
    await client.transactGet([things.actions.get({ id: "a" })]);
    const written = { RequestItems: { things: [{ PutRequest: { Item: NATIVE } }] } };
    const keys = { things: { Keys: [{ id: { S: "a" } }] } };
    expect(inputs).toEqual([
      ...[written, written, { RequestItems: keys }, { RequestItems: keys }],
      { TransactItems: [{ Put: { TableName: "things", Item: NATIVE } }], ClientRequestToken: "t" },
      { TransactItems: [{ Get: { TableName: "things", Key: { id: { S: "a" } } } }] },
    ]);
    expect(outputs).toEqual([
      ...[{ things: [{ PutRequest: { Item: NATIVE } }] }, undefined, keys, { things: [NATIVE] }],
      ...[undefined, [{ Item: NATIVE }]],
    ]);
  });

  it("changes inputs, far inside too", async () => {
    const changes: ((input: Record<string, unknown>) => void)[] = [
      (input) => {
        const tables = input.RequestItems as Record<string, { PutRequest: { Item: object } }[]>;
        Object.assign(tables.things?.[0]?.PutRequest.Item ?? {}, { text: { S: "more" } });
      },
      (input) => {
        (input.RequestItems as Record<string, unknown>).others = [];
      },
      (input) => {
        (input.TransactItems as unknown[]).push({ Put: { TableName: "others", Item: {} } });
      },
      (input) => {
        const [entry] = input.TransactItems as { Put: { Item?: object; ConditionExpression?: string } }[];
        Object.assign(entry ?? {}, { Put: { ...entry?.Put, ConditionExpression: "more" } });
      },
      (input) => {
        delete (input.TransactItems as { Put?: object }[])[0]?.Put;
      },
      (input) => {
        input.ReturnConsumedCapacity = "TOTAL";
      },
    ];
    let turn = 0;
    const { client, things } = using((next) => (args) => {
      changes[turn]?.(args.input);
      turn += 1;
      return next(args);
    });
    server.play(...changes.map(() => reply({})));
    await things.batchPut([VALUE]);
    await things.batchPut([VALUE]);
    while (turn < changes.length) {
      await client.transactWrite([things.actions.put(VALUE)]);
    }
    expect(body(0)).toMatchObject({
      RequestItems: { things: [{ PutRequest: { Item: { ...WIRE, text: { S: "more" } } } }] },
    });
    expect(body(1)).toMatchObject({ RequestItems: { things: [PUT], others: [] } });
    expect(body(2)).toMatchObject({
      TransactItems: [{ Put: { Item: WIRE } }, { Put: { TableName: "others" } }],
    });
    expect(body(3)).toMatchObject({ TransactItems: [{ Put: { Item: WIRE, ConditionExpression: "more" } }] });
    expect(body(4)).toMatchObject({ TransactItems: [{}], ClientRequestToken: "t" });
    expect(body(5)).toMatchObject({
      TransactItems: [{ Put: { Item: WIRE } }],
      ReturnConsumedCapacity: "TOTAL",
    });
  });

  it("that looks at tables alone leaves our bytes", async () => {
    const names: unknown[] = [];
    const { client, things } = using((next) => (args) => {
      names.push(Object.keys((args.input.RequestItems as object | undefined) ?? {}));
      const items = args.input.TransactItems as { Put?: { TableName: string }; Get?: object }[] | undefined;
      names.push(items?.map((item) => [item.Put?.TableName, item.Get, Object.keys(item), "Get" in item]));
      return next(args);
    });
    server.play(reply({}), reply({}));
    await things.batchPut([VALUE]);
    await client.transactWrite([things.actions.put(VALUE)]);
    expect(names).toEqual([["things"], undefined, [], [["things", undefined, ["Put"], false]]]);
    expect(body(0)).toEqual({ RequestItems: { things: [PUT] } });
  });

  it("that answers instead of the service is read as the service is", async () => {
    const answers = [
      { UnprocessedItems: { things: [{ PutRequest: { Item: NATIVE } }] } },
      { UnprocessedItems: {} },
      { Responses: { things: [NATIVE] } },
      { Responses: [{ Item: NATIVE }] },
    ];
    const { client, things } = using(() => () => Promise.resolve({ output: answers.shift() ?? {} }));
    expect(await things.batchPut([VALUE])).toBe(1);
    expect((await things.batchGet([{ id: "a" }])).items).toEqual([{ ...VALUE, blobs: new Set() }]);
    expect(await client.transactGet([things.actions.get({ id: "a" })])).toEqual([
      { ...VALUE, blobs: new Set() },
    ]);
    expect(server.seen).toEqual([]);
  });

  it("that throws the SDK's error for a cancelled transaction is read so", async () => {
    const { client, things } = using(() => () => {
      const CancellationReasons = [{ Code: "ConditionalCheckFailed", Item: NATIVE }];
      throw new TransactionCanceledException({
        ...{ message: "no", CancellationReasons, $metadata: { httpStatusCode: 400 } },
      });
    });
    const error = canceledOf(await failure(client.transactWrite([things.actions.create({ id: "a" })])));
    expect(error.reasons[0]).toMatchObject({ code: "ConditionFailed", kind: "AlreadyExists" });
    expect(error.reasons[0]?.item()).toEqual({ ...VALUE, blobs: new Set() });
  });
});

describe("the user's own calls on the same client", () => {
  it("go on as they are", async () => {
    const dynamodb = sdkFor(server);
    const { client, things } = over(dynamodb);
    server.play(...Array.from({ length: 2 }, () => [reply({}), reply({ Responses: [{}] })]).flat());
    await things.batchPut([VALUE]);
    await client.transactGet([things.actions.get({ id: "a" })]);
    const put = { PutRequest: { Item: NATIVE } };
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { things: [put] } }));
    const key = { TableName: "things", Key: { id: { S: "a" } } };
    const { Responses } = await dynamodb.send(new TransactGetItemsCommand({ TransactItems: [{ Get: key }] }));
    expect(Responses).toEqual([{}]);
    expect([body(0), body(1)]).toEqual([body(2), body(3)]);
  });
});
