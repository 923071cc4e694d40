/** Batches of writes step by step: what is sent, what is sent again, and what an error says of the rest. */

import { describe, expect, it } from "vitest";
import type { WireItem } from "../../src/codec/value.ts";
import type { DynamORMError } from "../../src/errors/error.ts";
import type { Action } from "../../src/operation/action.ts";
import { type BatchWrite, batchWrite, type WriteOptions } from "../../src/operation/batch-write.ts";
import type { Answer } from "../../src/operation/exchange.ts";
import { asked, backoff, ledgers, NOW, notes, responseTo, upTo, incompleteOf } from "../groups.ts";

const put = (id: string | number, text?: string): Action => ({
  ...{ verb: "put", codec: notes, tableName: "notes" },
  value: { id: String(id), ...(text === undefined ? {} : { text }) },
});

const remove = (id: string | number): Action => ({
  ...{ verb: "delete", codec: notes, tableName: "notes" },
  key: { id: String(id) },
});

const key = (id: string | number): WireItem => ({ id: { N: String(id) } });
const putEntry = (id: string | number): object => ({ PutRequest: { Item: key(id) } });
const deleteEntry = (id: string | number): object => ({ DeleteRequest: { Key: key(id) } });
const left = (...entries: object[]): Answer => ({ UnprocessedItems: { notes: entries } });
const ids = (keys: readonly { readonly key: Readonly<Record<string, unknown>> }[]): unknown[] =>
  keys.map(({ key: { id } }) => id);

function batch(
  actions: readonly Action[],
  options: Partial<WriteOptions> = {},
  retries: Parameters<typeof backoff>[0] = {},
): BatchWrite {
  return batchWrite(actions, { now: NOW, ...options }, backoff(retries));
}

function refusal(work: () => unknown): DynamORMError {
  try {
    work();
  } catch (error) {
    return error as DynamORMError;
  }
  throw new Error("nothing was refused");
}

const receive = (exchange: BatchWrite, what: Answer | string, lost = false): void => {
  exchange.receive(responseTo("BatchWriteItem", what, lost));
};

const sizes = (exchange: BatchWrite): number[] => {
  const found: number[] = [];
  for (let request = exchange.next(); request !== undefined; request = exchange.next()) {
    const { RequestItems: tables } = JSON.parse(request.body) as { RequestItems: Record<string, unknown[]> };
    found.push(Object.values(tables).flat().length);
    receive(exchange, {});
  }
  return found;
};

describe("the chunks of a batch", () => {
  it.each([
    [0, []],
    [1, [1]],
    [25, [25]],
    [26, [25, 1]],
    [60, [25, 25, 10]],
  ])("of %i writes", (count, expected) => {
    expect(sizes(batch(upTo(count).map((id) => put(id))))).toEqual(expected);
  });

  it("hold writes of any tables in their order", () => {
    const other: Action = { verb: "put", codec: ledgers, tableName: "ledgers", value: { id: "x" } };
    const item = { id: { S: "x" }, at: { S: "2026-01-02T03:04:05.000006Z" }, version: { N: "1" } };
    expect(asked(batch([put(2), other, remove(1)])).body).toEqual({
      RequestItems: { notes: [putEntry(2), deleteEntry(1)], ledgers: [{ PutRequest: { Item: item } }] },
    });
  });

  /** A control character is one byte of an item and six of its JSON, so that few items fill a request. */
  const long = (id: number, length: number): Action => put(id, "\u0001".repeat(length));
  const LONGEST = 409_000;

  it("end where the JSON of their entries is over the limit", () => {
    // 6 bytes a character; with what stands around it an entry of 409,000 is 2,454,053 bytes long.
    expect(sizes(batch(upTo(7).map((id) => long(id, LONGEST))))).toEqual([6, 1]);
  });

  it("hold exactly as much as the limit says", () => {
    const around = '{"PutRequest":{"Item":{"id":{"N":"1"},"text":{"S":""}}}}'.length;
    const room = 16_711_680 - 6 * (LONGEST * 6 + around) - around;
    const last = Math.floor(room / 6);
    const ends = "x".repeat(room - last * 6);
    const fitting = [...upTo(6).map((id) => long(id, LONGEST)), put(7, "\u0001".repeat(last) + ends)];
    expect(sizes(batch(fitting))).toEqual([7]);
    const over = [...upTo(6).map((id) => long(id, LONGEST)), put(7, `${"\u0001".repeat(last)}${ends}x`)];
    expect(sizes(batch(over))).toEqual([6, 1]);
  });
});

describe("what is left of a chunk", () => {
  it("is sent again as it was built, in its order, before anything else", () => {
    const exchange = batch([put(1), put(2), remove("3"), ...upTo(25).map((id) => put(id + 10))]);
    exchange.next();
    receive(exchange, left(deleteEntry("3.0"), putEntry(2)));
    expect(asked(exchange)).toEqual({
      body: { RequestItems: { notes: [putEntry(2), deleteEntry(3)] } },
      delayMs: 25,
    });
    receive(exchange, left(putEntry(2)));
    expect(asked(exchange)).toEqual({ body: { RequestItems: { notes: [putEntry(2)] } }, delayMs: 50 });
    receive(exchange, {});
    expect(asked(exchange).delayMs).toBeUndefined();
    receive(exchange, {});
    expect(exchange.next()).toBeUndefined();
    expect(exchange.result()).toEqual({ written: 27, deleted: 1 });
  });

  it("waits from the base again for the next chunk", () => {
    const exchange = batch(upTo(26).map((id) => put(id)));
    for (const expected of [undefined, 25, 50]) {
      expect(asked(exchange).delayMs).toBe(expected);
      receive(exchange, left(putEntry(1)));
    }
    exchange.next();
    receive(exchange, {});
    expect(asked(exchange).delayMs).toBeUndefined();
    receive(exchange, left(putEntry(26)));
    expect(asked(exchange).delayMs).toBe(25);
  });

  it("is the whole chunk where that was throttled", () => {
    const exchange = batch([put(1), remove(2)]);
    const first = asked(exchange).body;
    receive(exchange, "ThrottlingException");
    expect(asked(exchange)).toEqual({ body: first, delayMs: 25 });
  });

  it("is told when the attempts are spent", () => {
    const exchange = batch(
      [...upTo(30)].map((id) => put(id)),
      {},
      { maxAttempts: 2 },
    );
    exchange.next();
    receive(exchange, left(putEntry(2), putEntry(4)));
    exchange.next();
    const error = incompleteOf(
      refusal(() => {
        receive(exchange, left(putEntry(4)));
      }),
    );
    expect([error.code, error.retryable, error.origin, error.maybeApplied]).toEqual([
      ...["BatchIncomplete", true, "service", false],
    ]);
    expect(ids(error.done)).toEqual(
      upTo(25)
        .filter((id) => id !== 4)
        .map(String),
    );
    expect(ids(error.undone)).toEqual(["4", "26", "27", "28", "29", "30"]);
    expect([error.unknown, error.items, error.cause]).toEqual([[], [], undefined]);
  });

  it("is told with the throttling that spent the last attempt", () => {
    const exchange = batch([put(1)], {}, { maxAttempts: 1 });
    exchange.next();
    const error = incompleteOf(
      refusal(() => {
        receive(exchange, "ProvisionedThroughputExceededException");
      }),
    );
    expect([error.code, error.retryable, error.awsType, error.requestId, error.status]).toEqual([
      ...["BatchIncomplete", true, "ProvisionedThroughputExceededException", "r", 400],
    ]);
    expect((error.cause as DynamORMError).code).toBe("Throttled");
    expect(ids(error.undone)).toEqual(["1"]);
  });
});

describe("a failure", () => {
  it("is itself where nothing was done", () => {
    const exchange = batch([put(1)]);
    exchange.next();
    const error = refusal(() => {
      receive(exchange, "AccessDeniedException");
    });
    expect([error.code, error.retryable]).toEqual(["AccessDenied", false]);
  });

  it("ends the batch, and tells what was done before", () => {
    const exchange = batch(upTo(51).map((id) => put(id)));
    exchange.next();
    receive(exchange, {});
    exchange.next();
    const error = incompleteOf(
      refusal(() => {
        receive(exchange, "ResourceNotFoundException");
      }),
    );
    expect([error.code, error.retryable, error.awsType, error.requestId, error.maybeApplied]).toEqual([
      ...["BatchIncomplete", false, "ResourceNotFoundException", "r", false],
    ]);
    expect((error.cause as DynamORMError).code).toBe("TableNotFound");
    expect([error.done.length, error.undone.length, error.unknown.length]).toEqual([25, 26, 0]);
  });

  it("of a lost answer leaves the writes of its request unknown", () => {
    const exchange = batch(upTo(26).map((id) => put(id)));
    exchange.next();
    const error = incompleteOf(
      refusal(() => {
        receive(exchange, "InternalServerError", true);
      }),
    );
    expect([error.code, error.retryable, error.maybeApplied]).toEqual(["BatchIncomplete", true, true]);
    expect(ids(error.unknown)).toEqual(upTo(25).map(String));
    expect(ids(error.undone)).toEqual(["26"]);
  });

  it("keeps writes unknown whose earlier attempt went unanswered, unless a later answer did them", () => {
    const exchange = batch([put(1), put(2)], {}, { maxAttempts: 3 });
    exchange.next();
    receive(exchange, "ThrottlingException", true);
    exchange.next();
    receive(exchange, left(putEntry(2)));
    exchange.next();
    const error = incompleteOf(
      refusal(() => {
        receive(exchange, left(putEntry(2)));
      }),
    );
    expect([ids(error.done), ids(error.undone), ids(error.unknown)]).toEqual([["1"], [], ["2"]]);
    expect(error.maybeApplied).toBe(true);
  });

  it("keeps what is left unknown where the SDK lost an answer on the way", () => {
    const exchange = batch([put(1), put(2)], {}, { maxAttempts: 1 });
    exchange.next();
    const error = incompleteOf(
      refusal(() => {
        receive(exchange, left(putEntry(2)), true);
      }),
    );
    expect([ids(error.done), ids(error.undone), ids(error.unknown)]).toEqual([["1"], [], ["2"]]);
  });
});

describe("an answer that does not fit", () => {
  it.each<[string, Answer]>([
    ["another key", left(putEntry(3))],
    ["another table", { UnprocessedItems: { others: [putEntry(1)] } }],
    ["another kind of write", left(deleteEntry(1))],
    ["no key at all", left({ PutRequest: { Item: {} } })],
    ["a key of another type", left({ PutRequest: { Item: { id: { S: "1" } } } })],
    ["nothing", left({})],
  ])("by %s leaves the writes unknown", (_, answer) => {
    const exchange = batch([put(1), put(2)]);
    exchange.next();
    const error = incompleteOf(
      refusal(() => {
        receive(exchange, answer);
      }),
    );
    expect([error.code, error.retryable, (error.cause as DynamORMError).code]).toEqual([
      ...["BatchIncomplete", false, "DecodeFailed"],
    ]);
    expect([ids(error.done), ids(error.undone), ids(error.unknown)]).toEqual([[], [], ["1", "2"]]);
  });
});

describe("two writes of one item", () => {
  it.each<[string, Action[]]>([
    ["puts", [put(1), put(2), put("1.0")]],
    ["a put and a delete", [put("1"), remove("1E0")]],
  ])("are refused: %s", (_, actions) => {
    expect(refusal(() => batch(actions)).code).toBe("ValidationFailed");
  });

  it("leave the last one in its place where that wins", () => {
    const exchange = batch([put("1"), put(2), remove("1.0"), put(3), put("2.0", "x")], { lastWins: true });
    const last = { PutRequest: { Item: { ...key(2), text: { S: "x" } } } };
    expect(asked(exchange).body).toEqual({ RequestItems: { notes: [deleteEntry(1), putEntry(3), last] } });
  });

  it("are two items in two tables", () => {
    expect(sizes(batch([put(1), { ...put(1), tableName: "others" }]))).toEqual([2]);
  });
});

describe("what a batch cannot hold", () => {
  const ledger = { codec: ledgers, tableName: "ledgers" };
  const condition = { kind: "attribute_exists", path: ["id"] } as const;
  const value = { id: "a", version: 3 };
  const rows: [string, Action, string | undefined][] = [
    ["a condition", { ...ledger, verb: "put", value: { id: "a" }, condition }, undefined],
    ["a version", { ...ledger, verb: "put", value }, "version"],
    ["a delete's condition", { ...ledger, verb: "delete", key: value, condition }, undefined],
    ["an expected version", { ...ledger, verb: "delete", key: { id: "a" }, expectedVersion: 3 }, undefined],
    [
      "that an item has to exist",
      { ...ledger, verb: "delete", key: { id: "a" }, mustExist: true },
      undefined,
    ],
  ];

  it.each(rows)("is refused: %s", (_, action, path) => {
    const error = refusal(() => batch([put(1), action]));
    expect([error.code, error.origin, error.path]).toEqual(["ValidationFailed", "client", path]);
  });

  it.each(rows)("is left out where nothing is checked: %s", (_, action) => {
    const { body } = asked(batch([action], { unchecked: true }));
    expect(body).toMatchObject({
      RequestItems: { ledgers: [action.verb === "put" ? { PutRequest: {} } : { DeleteRequest: {} }] },
    });
    if (action.verb === "put" && action.value === value) {
      expect(body).toMatchObject({
        RequestItems: { ledgers: [{ PutRequest: { Item: { version: { N: "4" } } } }] },
      });
    }
  });

  it.each(["create", "save", "update", "check"] as const)("is refused in any case: %s", (verb) => {
    const action = { ...ledger, verb, value: { id: "a" }, key: { id: "a" }, changes: {} } as Action;
    expect(refusal(() => batch([action], { unchecked: true })).code).toBe("ValidationFailed");
  });
});
