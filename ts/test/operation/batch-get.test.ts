/** Batches of reads step by step: groups, chunks, what is asked for again, and what stands in the result. */

import { describe, expect, it } from "vitest";
import { codecOf } from "../../src/codec/item.ts";
import type { WireItem } from "../../src/codec/value.ts";
import type { DynamORMError } from "../../src/errors/error.ts";
import type { Get } from "../../src/operation/action.ts";
import { type BatchGet, batchGet } from "../../src/operation/batch-get.ts";
import type { Answer } from "../../src/operation/exchange.ts";
import { asked, backoff, Customer, notes, Purchase, responseTo, upTo, incompleteOf } from "../groups.ts";

const get = (id: number | string, options: Partial<Get> = {}): Get => ({
  ...{ codec: notes, tableName: "notes", key: { id: String(id) } },
  ...options,
});

const key = (id: number | string): WireItem => ({ id: { N: String(id) } });
const found = (...ids: (number | string)[]): Answer => ({ Responses: { notes: ids.map(key) } });
const left = (...ids: (number | string)[]): Answer => ({
  UnprocessedKeys: { notes: { Keys: ids.map(key) } },
});
const keys = (...ids: number[]): object => ({ RequestItems: { notes: { Keys: ids.map(key) } } });

function batch(gets: readonly Get[], retries: Parameters<typeof backoff>[0] = {}): BatchGet {
  return batchGet(gets, backoff(retries), (value) => value);
}

const receive = (exchange: BatchGet, what: Answer | string): void => {
  exchange.receive(responseTo("BatchGetItem", what));
};

function failure(work: () => unknown): DynamORMError {
  try {
    work();
  } catch (error) {
    return error as DynamORMError;
  }
  throw new Error("nothing failed");
}

/** The bodies of a batch of which nothing is found. */
function bodies(exchange: BatchGet): Record<string, { readonly Keys: unknown[]; [name: string]: unknown }>[] {
  const sent: ReturnType<typeof bodies> = [];
  for (let request = exchange.next(); request !== undefined; request = exchange.next()) {
    sent.push((JSON.parse(request.body) as { RequestItems: never }).RequestItems);
    receive(exchange, {});
  }
  return sent;
}

describe("the requests", () => {
  it.each([
    [0, []],
    [100, [100]],
    [101, [100, 1]],
    [250, [100, 100, 50]],
  ])("of %i keys hold up to a hundred", (count, expected) => {
    const sent = bodies(batch(upTo(count).map((id) => get(id))));
    expect(sent.map(({ notes: { Keys: all } = { Keys: [] } }) => all.length)).toEqual(expected);
  });

  it("ask once for a key that is given again, however it is written", () => {
    expect(bodies(batch([get(2), get("1.0"), get(1), get("2e0"), get(3)]))).toEqual([
      { notes: { Keys: [key(2), key(1), key(3)] } },
    ]);
  });

  it("read alike what is read alike, in the order of the first of each", () => {
    const consistent = { consistent: true };
    const select = { select: ["text"] };
    const gets = [
      get(1),
      get(2, consistent),
      get(3, select),
      get(4),
      get(5, { tableName: "others" }),
      get(6, select),
    ];
    const projection = {
      ProjectionExpression: "#n0, #n1",
      ExpressionAttributeNames: { "#n0": "text", "#n1": "id" },
    };
    expect(bodies(batch([...gets, get(1, consistent), get(1, { select: ["text"], ...consistent })]))).toEqual(
      [
        { notes: { Keys: [key(1), key(4)] } },
        { notes: { Keys: [key(2), key(1)], ConsistentRead: true } },
        { notes: { Keys: [key(3), key(6)], ...projection } },
        { others: { Keys: [key(5)] } },
        { notes: { Keys: [key(1)], ConsistentRead: true, ...projection } },
      ],
    );
  });

  it("fetch the keys behind what is selected, and the discriminator at the end", () => {
    const shop = { codec: codecOf(Purchase), tableName: "shop", key: { customer_id: "c", number: 1 } };
    const [sent] = bodies(batch([{ ...shop, select: ["total"] }]));
    expect(sent?.shop).toMatchObject({
      ProjectionExpression: "#n0, #n1, #n2, #n3",
      ExpressionAttributeNames: { "#n0": "total", "#n1": "pk", "#n2": "sk", "#n3": "_type" },
    });
  });
});

describe("the result", () => {
  it("has the order of the keys, and each again that was given again", () => {
    const exchange = batch([get(3), get(1), get(9), get("1.0"), get(2), get(9)]);
    exchange.next();
    receive(exchange, found(1, "2.0", 3));
    const { items, missing } = exchange.result();
    expect(items).toEqual([{ id: "3" }, { id: "1" }, { id: "1" }, { id: "2" }]);
    expect(items[1]).not.toBe(items[2]);
    expect(missing.map((ref) => ref.key())).toEqual([{ model: "Note", key: { id: "9" } }]);
  });

  it("shows of a selection what was selected", () => {
    const exchange = batch([
      get(1, { select: ["text"] }),
      get(2, { view: "Short" }),
      get(3, { select: ["id", "text"] }),
    ]);
    const text = { text: { S: "x" } };
    for (const [id, more] of [
      [1, text],
      [2, {}],
      [3, text],
    ] as const) {
      exchange.next();
      receive(exchange, { Responses: { notes: [{ ...key(id), ...more }] } });
    }
    expect(exchange.result().items).toEqual([{ text: "x" }, { id: "2" }, { id: "3", text: "x" }]);
  });

  it("reads one item as each model that asked for it", () => {
    const shared = { tableName: "shop", key: { customer_id: "c" } };
    const exchange = batch([
      { codec: codecOf(Customer), ...shared },
      { codec: codecOf(Customer), ...shared },
    ]);
    expect(asked(exchange).body).toEqual({
      RequestItems: { shop: { Keys: [{ pk: { S: "CUSTOMER#c" }, sk: { S: "PROFILE" } }] } },
    });
    const item = {
      pk: { S: "CUSTOMER#c" },
      sk: { S: "PROFILE" },
      customer_id: { S: "c" },
      _type: { S: "Customer" },
    };
    receive(exchange, { Responses: { shop: [item] } });
    expect(exchange.result().items).toEqual([{ customer_id: "c" }, { customer_id: "c" }]);
  });
});

describe("what is left of a chunk", () => {
  it("is asked for again alone, in its order, with the same projection", () => {
    const exchange = batch(upTo(4).map((id) => get(id, { select: ["text"], consistent: true })));
    const rest = {
      ConsistentRead: true,
      ProjectionExpression: "#n0, #n1",
      ExpressionAttributeNames: { "#n0": "text", "#n1": "id" },
    };
    exchange.next();
    receive(exchange, { ...found(2), ...left("4.0", 3) });
    expect(asked(exchange)).toEqual({
      body: { RequestItems: { notes: { Keys: [key(3), key(4)], ...rest } } },
      delayMs: 25,
    });
    receive(exchange, found(4));
    expect(exchange.next()).toBeUndefined();
    expect(exchange.result().missing.map((ref) => ref.key().key)).toEqual([{ id: "1" }, { id: "3" }]);
  });

  it("is told when the attempts are spent, with what was found", () => {
    const exchange = batch(
      upTo(101).map((id) => get(id)),
      { maxAttempts: 2 },
    );
    exchange.next();
    receive(exchange, { ...found(5, 1), ...left(...upTo(98).map((id) => id + 2)) });
    exchange.next();
    const error = incompleteOf(
      failure(() => {
        receive(exchange, { ...found(3), ...left(7) });
      }),
    );
    expect([error.code, error.retryable, error.origin, error.maybeApplied]).toEqual([
      ...["BatchIncomplete", true, "service", false],
    ]);
    expect(error.done).toHaveLength(99);
    expect(error.undone.map(({ key: { id } }) => id)).toEqual(["7", "101"]);
    expect(error.unknown).toEqual([]);
    expect(error.items).toEqual([{ id: "1" }, { id: "3" }, { id: "5" }]);
  });

  it("is the whole chunk where that was throttled", () => {
    const exchange = batch([get(1), get(2)]);
    exchange.next();
    receive(exchange, "ThrottlingException");
    expect(asked(exchange)).toEqual({ body: keys(1, 2), delayMs: 25 });
  });
});

describe("a failure", () => {
  it("is itself in the first chunk, later with what was found", () => {
    const exchange = batch(upTo(101).map((id) => get(id)));
    exchange.next();
    expect(
      failure(() => {
        receive(batch([get(1)]), "ResourceNotFoundException");
      }).code,
    ).toBe("TableNotFound");
    receive(exchange, found(1));
    exchange.next();
    const error = incompleteOf(
      failure(() => {
        receive(exchange, "InternalServerError");
      }),
    );
    expect([error.code, error.retryable, error.awsType, error.maybeApplied]).toEqual([
      ...["BatchIncomplete", true, "InternalServerError", false],
    ]);
    expect([error.done.length, error.undone.length, error.unknown.length, error.items]).toEqual([
      ...[100, 1, 0, [{ id: "1" }]],
    ]);
  });

  it.each<[string, Answer]>([
    ["an item that was not asked for", found(2)],
    ["an item of another table", { Responses: { others: [key(1)] } }],
    ["an item without its key", { Responses: { notes: [{ text: { S: "x" } }] } }],
    ["a key that was not asked for", left(2)],
    ["an item that does not fit its model", { Responses: { notes: [{ ...key(1), text: { N: "1" } }] } }],
  ])("is an answer with %s", (_, answer) => {
    const exchange = batch([get(1)]);
    exchange.next();
    const error = failure(() => {
      receive(exchange, answer);
    });
    expect([error.code, error.origin]).toEqual(["DecodeFailed", "client"]);
  });
});
