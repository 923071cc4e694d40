/** Transactions step by step: one request, its reasons, and what is sent again. */

import { describe, expect, it } from "vitest";
import { codecOf } from "../../src/codec/item.ts";
import type { TransactionCanceled } from "../../src/errors/catalogue.ts";
import type { DynamORMError } from "../../src/errors/error.ts";
import type { Action, Get } from "../../src/operation/action.ts";
import type { CancellationReason, Exchange, Response } from "../../src/operation/exchange.ts";
import { transactGet } from "../../src/operation/transact-get.ts";
import {
  buildTransaction,
  parseTransaction,
  requestText,
  type Transaction,
  transactWrite,
} from "../../src/operation/transact-write.ts";
import { faultError } from "../../src/transport/fault.ts";
import { asked, backoff, Customer, ledgers, NOW, notes, upTo, canceledOf } from "../groups.ts";

const ledger = { codec: ledgers, tableName: "ledgers" };
const put = (id: number | string): Action => ({
  verb: "put",
  codec: notes,
  tableName: "notes",
  value: { id: String(id) },
});
const build = (actions: readonly Action[], token = "t"): Transaction =>
  buildTransaction(actions, { now: NOW, token });

function refusal(work: () => unknown): DynamORMError {
  try {
    work();
  } catch (error) {
    return error as DynamORMError;
  }
  throw new Error("nothing was refused");
}

function canceled(reasons: readonly CancellationReason[], lost = false): Response {
  const request = {
    api: "TransactWriteItems",
    tableName: "t",
    body: "",
    writes: true,
    delayMs: undefined,
  } as const;
  const type = "TransactionCanceledException";
  const facts = {
    stage: "answered",
    sent: true,
    lost,
    type,
    status: 400,
    requestId: "r",
    cause: new Error(type),
  } as const;
  return { ok: false, error: faultError(request, facts), item: undefined, reasons, lost };
}

/** Send actions, and give the error of what the answer says. */
function failed(actions: readonly Action[], reasons: readonly CancellationReason[]): TransactionCanceled {
  const exchange = transactWrite(build(actions), backoff({ maxAttempts: 1 }));
  exchange.next();
  return canceledOf(
    refusal(() => {
      exchange.receive(canceled(reasons));
    }),
  );
}

describe("the request of a transaction", () => {
  it("has an entry for each action, as the single operation would have", () => {
    const actions: Action[] = [
      put(1),
      { ...ledger, verb: "create", value: { id: "a", ownedBy: "x" } },
      { ...ledger, verb: "update", key: { id: "b" }, changes: { set: { owner: "y" } } },
      { ...ledger, verb: "delete", key: { id: "c" } },
      { ...ledger, verb: "check", key: { id: "d" }, mustExist: true },
      { codec: codecOf(Customer), tableName: "shop", verb: "delete", key: { customer_id: "7" } },
    ];
    const [first, create, update, remove, check, guarded] = (
      JSON.parse(build([put(1), ...actions.slice(2)]).body) as { TransactItems: unknown[] }
    ).TransactItems.toSpliced(1, 0, undefined);
    expect(create).toBeUndefined();
    expect(first).toEqual({ Put: { TableName: "notes", Item: { id: { N: "1" } } } });
    expect(update).toEqual({
      Update: {
        TableName: "ledgers",
        Key: { id: { S: "b" } },
        UpdateExpression: "SET #n1 = :v0, #n2 = :v1 ADD #n3 :v2",
        ConditionExpression: "attribute_exists(#n0)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        ExpressionAttributeNames: { "#n0": "id", "#n1": "owner", "#n2": "at", "#n3": "version" },
        ExpressionAttributeValues: {
          ":v0": { S: "y" },
          ":v1": { S: "2026-01-02T03:04:05.000006Z" },
          ":v2": { N: "1" },
        },
      },
    });
    expect(remove).toEqual({ Delete: { TableName: "ledgers", Key: { id: { S: "c" } } } });
    expect(check).toMatchObject({ ConditionCheck: { ConditionExpression: "attribute_exists(#n0)" } });
    expect(guarded).toMatchObject({
      Delete: { TableName: "shop", ConditionExpression: "attribute_not_exists(#n0) OR #n1 = :v0" },
    });
  });

  it("holds 1 to 100 actions", () => {
    expect(build(upTo(100).map(put)).attempts).toHaveLength(100);
    for (const count of [0, 101]) {
      expect(refusal(() => build(upTo(count).map(put))).code).toBe("ValidationFailed");
    }
  });

  it("has one action for an item, however its key is written", () => {
    expect(refusal(() => build([put("1"), put("1.0")])).code).toBe("ValidationFailed");
    expect(build([put(1), { ...put(1), tableName: "others" }]).tableName).toBe("notes, others");
  });

  it("is at most 4 MB of items and keys", () => {
    const large = (id: number, length: number): Action =>
      ({ ...put(id), value: { id: String(id), text: "x".repeat(length) } }) as Action;
    // An item counts its names, two for a number of one digit, and its text.
    const around = 2 + 2 + 4;
    const fitting = upTo(10).map((id) => large(id, 409_000 - around - (id === 10 ? 1 : 0)));
    const room = 4_194_304 - 9 * 409_000 - 408_999 - 4;
    expect(build([...fitting, large(0, room - 4)]).attempts).toHaveLength(11);
    const error = refusal(() => build([...fitting, large(0, room - 2)]));
    expect([error.code, error.origin]).toEqual(["ValidationFailed", "client"]);
  });

  it("checks something", () => {
    const check = { ...ledger, verb: "check", key: { id: "a" } } as const;
    expect(refusal(() => build([check])).code).toBe("ValidationFailed");
    const shop = {
      codec: codecOf(Customer),
      tableName: "shop",
      verb: "check",
      key: { customer_id: "7" },
    } as const;
    expect(refusal(() => build([shop])).code).toBe("ValidationFailed");
    expect(build([{ ...check, expectedVersion: 2 }]).body).toContain("#n0 = :v0");
  });

  it("is refused with the error of the action that is", () => {
    const error = refusal(() => build([put(1), { ...ledger, verb: "put", value: { id: "" } }]));
    expect([error.code, error.path]).toEqual(["ValidationFailed", "id"]);
  });

  it.each([
    ["", 0],
    ["x".repeat(37), 37],
    ["\ud800", 1],
    [7 as never, 1],
  ])("has no token like %j", (token) => {
    expect(refusal(() => build([put(1)], token)).code).toBe("ValidationFailed");
  });

  it.each(["x", "x".repeat(36), "😀".repeat(36)])("has a token like %j", (token) => {
    expect(
      (JSON.parse(build([put(1)], token).body) as { ClientRequestToken: string }).ClientRequestToken,
    ).toBe(token);
  });
});

describe("a request as text", () => {
  it("is canonical, and the same request", () => {
    const built = build([put(1), { ...ledger, verb: "check", key: { id: "d" }, mustExist: true }]);
    const text = requestText(built);
    expect(JSON.parse(text)).toEqual(JSON.parse(built.body));
    expect(
      text.startsWith('{"ClientRequestToken":"t","TransactItems":[{"Put":{"Item":{"id":{"N":"1"}},'),
    ).toBe(true);
    const again = parseTransaction(text);
    expect([again.body, again.tableName, again.outline]).toEqual([text, built.tableName, built.outline]);
  });

  it.each([
    ...["", "x", "1", "[]", "{}", '{"TransactItems":[],"ClientRequestToken":"t"}'],
    '{"TransactItems":[{"Put":{"TableName":"t"}}]}',
    '{"TransactItems":[{"Put":{"TableName":"t"}}],"ClientRequestToken":""}',
    '{"TransactItems":[{"Get":{"TableName":"t"}}],"ClientRequestToken":"t"}',
    '{"TransactItems":[{"Put":{}}],"ClientRequestToken":"t"}',
    '{"TransactItems":[{"Put":{"TableName":"t"},"Delete":{}}],"ClientRequestToken":"t"}',
    '{"TransactItems":{"Put":{}},"ClientRequestToken":"t"}',
    undefined,
  ])("is not %j", (text) => {
    expect(refusal(() => parseTransaction(text)).code).toBe("ValidationFailed");
  });

  it("leaves the reasons without kind and item, for nobody knows their models", () => {
    const text = requestText(build([{ ...ledger, verb: "create", value: { id: "a" } }]));
    const exchange = transactWrite(parseTransaction(text), backoff());
    expect(asked(exchange).body).toEqual(JSON.parse(text));
    const item = { id: { S: "a" } };
    const [reason] = canceledOf(
      refusal(() => {
        exchange.receive(canceled([{ Code: "ConditionalCheckFailed", Item: item }]));
      }),
    ).reasons;
    expect([reason?.code, reason?.kind, reason?.item()]).toEqual(["ConditionFailed", undefined, undefined]);
  });
});

describe("the reasons of a cancelled transaction", () => {
  const create: Action = { ...ledger, verb: "create", value: { id: "a" } };
  const save: Action = { ...ledger, verb: "save", value: { id: "b", version: 2 } };
  const update: Action = { ...ledger, verb: "update", key: { id: "c" }, changes: { set: { owner: "y" } } };
  const check: Action = { ...ledger, verb: "check", key: { id: "d" }, mustExist: true };
  const FAILED = "ConditionalCheckFailed";
  const item = (id: string, version: number): CancellationReason["Item"] => ({
    ...{ id: { S: id }, version: { N: String(version) } },
  });

  it("are told apart by the action and its item", () => {
    const error = failed(
      [create, save, update, check],
      [
        { Code: FAILED, Item: item("a", 1) },
        { Code: FAILED, Item: item("b", 3) },
        { Code: FAILED },
        { Code: "None" },
      ],
    );
    expect([error.code, error.origin, error.retryable, error.requestId, error.status]).toEqual([
      ...["TransactionCanceled", "service", false, "r", 400],
    ]);
    expect(error.reasons.map((reason) => reason && [reason.code, reason.kind, reason.awsType])).toEqual([
      ["ConditionFailed", "AlreadyExists", FAILED],
      ["ConditionFailed", "VersionConflict", FAILED],
      ["ItemNotFound", undefined, FAILED],
      null,
    ]);
    expect(error.reasons[1]?.item()).toEqual({ id: "b", version: 3 });
    expect(error.reasons[2]?.item()).toBeUndefined();
  });

  it.each([
    ["DuplicateItem", "ConditionFailed", "AlreadyExists", false],
    ["ItemCollectionSizeLimitExceeded", "ValidationFailed", undefined, false],
    ["TransactionConflict", "TransactionConflict", undefined, true],
    ["ProvisionedThroughputExceeded", "Throttled", undefined, true],
    ["ThrottlingError", "Throttled", undefined, true],
    ["ValidationError", "ValidationFailed", undefined, false],
    ["AccessDenied", "AccessDenied", undefined, false],
    ["constructor", "ServiceError", undefined, false],
  ])("have for %s the code %s", (type, code, kind, retryable) => {
    const error = failed([create, save], [{ Code: type }, {}]);
    expect(error.reasons.map((reason) => reason && [reason.code, reason.kind, reason.retryable])).toEqual([
      [code, kind, retryable],
      null,
    ]);
    expect(error.retryable).toBe(retryable);
  });

  it("tell an item that is too large by the words", () => {
    const [reason] = failed(
      [create],
      [{ Code: "ValidationError", Message: "Item size has exceeded" }],
    ).reasons;
    expect(reason?.code).toBe("ItemTooLarge");
  });

  it("are none where the answer has none, which is not retryable", () => {
    const error = failed([create], []);
    expect([error.reasons, error.retryable]).toEqual([[], false]);
  });
});

describe("a transaction is sent again", () => {
  const conflict = canceled([{ Code: "None" }, { Code: "TransactionConflict" }]);
  const exchangeOf = (maxAttempts: number): Exchange<void> =>
    transactWrite(build([put(1), put(2)]), backoff({ maxAttempts }));

  it("with the same bytes, where every reason passes", () => {
    const exchange = exchangeOf(10);
    const first = exchange.next();
    exchange.receive(conflict);
    const second = exchange.next();
    exchange.receive(canceled([{ Code: "ThrottlingError" }, { Code: "TransactionConflict" }]));
    const third = exchange.next();
    exchange.receive({ ok: true, answer: {}, requestId: undefined });
    expect(exchange.next()).toBeUndefined();
    expect([second?.body, third?.body]).toEqual([first?.body, first?.body]);
    expect([first?.delayMs, second?.delayMs, third?.delayMs]).toEqual([undefined, 25, 50]);
  });

  it("until its attempts are spent", () => {
    const exchange = exchangeOf(2);
    exchange.next();
    exchange.receive(conflict);
    exchange.next();
    const error = refusal(() => {
      exchange.receive(conflict);
    });
    expect([error.code, error.retryable]).toEqual(["TransactionCanceled", true]);
  });

  it("not where one reason stays, nor for another error", () => {
    const mixed = canceled([{ Code: "TransactionConflict" }, { Code: "ConditionalCheckFailed" }]);
    const exchange = exchangeOf(10);
    exchange.next();
    expect(
      refusal(() => {
        exchange.receive(mixed);
      }).retryable,
    ).toBe(false);
  });
});

describe("a transactional read", () => {
  const get = (id: number | string, options: Partial<Get> = {}): Get => ({
    ...{ codec: notes, tableName: "notes", key: { id: String(id) }, ...options },
  });

  it("has a Get for each key, each with its own selection", () => {
    const gets = [
      get(2, { consistent: true }),
      get(1, { select: ["text"] }),
      get(1, { tableName: "others", view: "Short" }),
    ];
    const exchange = transactGet(gets, backoff());
    const named = (name: string): object => ({
      ProjectionExpression: "#n0",
      ExpressionAttributeNames: { "#n0": name },
    });
    expect(asked(exchange).body).toEqual({
      TransactItems: [
        { Get: { TableName: "notes", Key: { id: { N: "2" } } } },
        { Get: { TableName: "notes", Key: { id: { N: "1" } }, ...named("text") } },
        { Get: { TableName: "others", Key: { id: { N: "1" } }, ...named("id") } },
      ],
    });
    const answer = { Responses: [{ Item: { id: { N: "2" } } }, {}, { Item: { id: { N: "1" } } }] };
    exchange.receive({ ok: true, answer, requestId: undefined });
    expect(exchange.next()).toBeUndefined();
    expect(exchange.result()).toEqual([{ id: "2" }, undefined, { id: "1" }]);
  });

  it.each([
    ["nothing", []],
    ["more than a hundred", upTo(101).map((id) => get(id))],
    ["an item twice", [get("1"), get("1.0")]],
  ])("is not of %s", (_, gets) => {
    expect(refusal(() => transactGet(gets, backoff())).code).toBe("ValidationFailed");
  });

  it("does not take an answer of another length", () => {
    const exchange = transactGet([get(1)], backoff());
    exchange.next();
    const error = refusal(() => {
      exchange.receive({ ok: true, answer: {}, requestId: undefined });
    });
    expect(error.code).toBe("DecodeFailed");
  });
});
