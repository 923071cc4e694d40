import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Client } from "../../src/client.ts";
import type { WireItem } from "../../src/codec/value.ts";
import { ConditionFailed, ItemNotFound } from "../../src/errors/catalogue.ts";
import { isCode } from "../../src/errors/code.ts";
import { Script, type Step, testClock } from "../../src/testing.ts";
import { Everything } from "../codec/models.ts";
import { KEY, NOW, orders, stored, WIRE_KEY } from "../orders.ts";
import { failure } from "../transport/things.ts";

const STAMP = "2026-01-02T03:04:05.000006Z";

const refused = (item?: WireItem, lost = false): Step => ({
  error: "ConditionalCheckFailedException",
  lost,
  ...(item === undefined ? {} : { item }),
});

describe("create", () => {
  it("stamps times and version, guards the key, and brings the given object up to date", async () => {
    const { table, script } = orders([{ answer: {} }]);
    const order = { ...KEY, status: "open" as const, version: 7, total: "1.50", note: "" };
    const created = await table.create(order);
    expect(script.bodies).toEqual([
      {
        TableName: "orders",
        Item: {
          ...WIRE_KEY,
          status: { S: "open" },
          total: { N: "1.5" },
          version: { N: "1" },
          created_at: { S: STAMP },
          updated_at: { S: STAMP },
        },
        ConditionExpression: "attribute_not_exists(#n0)",
        ExpressionAttributeNames: { "#n0": "customer_id" },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    ]);
    expect(created).toEqual({
      ...KEY,
      status: "open",
      total: "1.5",
      labels: new Set(),
      created_at: STAMP,
      updated_at: STAMP,
      version: 1,
    });
    expect(order).toEqual({ ...created, note: "" });
  });

  it("leaves a frozen object what it was", async () => {
    const { table } = orders([{ answer: {} }]);
    const order = Object.freeze({ ...KEY, status: "open" as const });
    expect((await table.create(order)).version).toBe(1);
    expect(order).toEqual({ ...KEY, status: "open" });
  });

  it("leaves a member alone that cannot be written, and brings the others up to date", async () => {
    const { table } = orders([{ answer: {} }]);
    const order = Object.defineProperty({ ...KEY, status: "open" as const }, "version", {
      value: 7,
      writable: false,
      enumerable: true,
    }) as typeof KEY & { status: "open"; version: number; created_at?: string };
    expect((await table.create(order)).version).toBe(1);
    expect(order.version).toBe(7);
  });

  it("leaves the given object unchanged where it fails", async () => {
    const { table } = orders([refused(stored("4"))]);
    const order = { ...KEY, status: "open" as const };
    const error = await failure(table.create(order));
    expect(isCode(error, "ConditionFailed", "AlreadyExists")).toBe(true);
    expect(error).toBeInstanceOf(ConditionFailed);
    expect(order).toEqual({ ...KEY, status: "open" });
  });

  it("succeeds where the retry of a lost answer meets the very item that was sent", async () => {
    const item = {
      ...WIRE_KEY,
      status: { S: "open" },
      total: { N: "1.50" },
      labels: { SS: ["b", "a"] },
      created_at: { S: STAMP },
      updated_at: { S: STAMP },
      version: { N: "1" },
    };
    const { table } = orders([refused(item, true)]);
    const order = { ...KEY, status: "open" as const, total: "1.5", labels: new Set(["a", "b"]) };
    expect((await table.create(order)).version).toBe(1);
  });

  it("fails where the answer was not lost, or the item is another", async () => {
    const same = { ...stored("1"), created_at: { S: STAMP }, updated_at: { S: STAMP } };
    for (const step of [refused(same), refused({ ...same, total: { N: "2" } }, true)]) {
      const { table } = orders([step]);
      expect((await failure(table.create({ ...KEY, status: "open" }))).kind).toBe("AlreadyExists");
    }
  });
});

describe("put and save", () => {
  it("write one version more where the value has one", async () => {
    const { table, script } = orders([{ answer: {} }, { answer: {} }]);
    const order = { ...KEY, status: "open" as const, version: 4, created_at: "2020-01-01T00:00:00Z" };
    await table.put(order);
    await table.save(order);
    expect(order.version).toBe(6);
    expect(script.bodies).toMatchObject([
      {
        ConditionExpression: "#n0 = :v0",
        Item: { version: { N: "5" }, created_at: { S: "2020-01-01T00:00:00.000000Z" } },
      },
      { ExpressionAttributeValues: { ":v0": { N: "5" } }, Item: { version: { N: "6" } } },
    ]);
  });

  it("put without a version is unconditional, save is as create", async () => {
    const { table, script } = orders([{ answer: {} }, { answer: {} }]);
    await table.put({ ...KEY, status: "open" });
    await table.save({ ...KEY, status: "open", version: null });
    const [first, second] = script.bodies as { ConditionExpression?: string }[];
    expect(first?.ConditionExpression).toBeUndefined();
    expect(second?.ConditionExpression).toBe("attribute_not_exists(#n0)");
  });

  it("give the replaced item where it is asked for", async () => {
    const { table, script } = orders([{ answer: { Attributes: stored("3") } }, { answer: {} }]);
    const replaced = await table.put({ ...KEY, status: "paid" }, { returnOld: true });
    expect(replaced.old?.version).toBe(3);
    expect(replaced.item.status).toBe("paid");
    expect((await table.put({ ...KEY, status: "paid" }, { returnOld: true })).old).toBeUndefined();
    expect(script.bodies).toMatchObject([{ ReturnValues: "ALL_OLD" }, {}]);
  });

  it("tell a stale version, a missing item and a false condition apart", async () => {
    const versioned = { ...KEY, status: "open" as const, version: 4 };
    const outcome = async (item?: WireItem): Promise<unknown> => {
      const error = await failure(orders([refused(item)]).table.save({ ...versioned }));
      return [error.code, error.kind];
    };
    expect(await outcome(stored("5"))).toEqual(["ConditionFailed", "VersionConflict"]);
    expect(await outcome({ ...WIRE_KEY, status: { S: "open" } })).toEqual([
      "ConditionFailed",
      "VersionConflict",
    ]);
    expect(await outcome()).toEqual(["ItemNotFound", undefined]);
    const { table } = orders([refused(stored("4"))]);
    const error = await failure(table.put({ ...versioned }, { condition: table.field("total").exists() }));
    expect([error.code, error.kind]).toEqual(["ConditionFailed", undefined]);
  });

  it("adopt an item that was stored without a version", async () => {
    const { table, script } = orders([{ answer: {} }]);
    await table.save({ ...KEY, status: "open" }, { adopt: true });
    expect(script.bodies).toMatchObject([
      {
        ConditionExpression: "attribute_exists(#n0) AND attribute_not_exists(#n1)",
        Item: { version: { N: "1" } },
      },
    ]);
  });

  it("refuse a version that cannot be incremented, before anything is sent", async () => {
    for (const version of [Number.MAX_SAFE_INTEGER, 1.5, "4" as never]) {
      const { table, script } = orders([]);
      const error = await failure(table.save({ ...KEY, status: "open", version }));
      expect([error.code, error.path, script.sent.length]).toEqual(["ValidationFailed", "version", 0]);
    }
  });

  it("refuse adopt of a model without a version", async () => {
    const client = new Client({ transport: new Script([]), clock: testClock(NOW) });
    const error = await failure(client.table(Everything).save({ id: "x" }, { adopt: true }));
    expect(error.code).toBe("ValidationFailed");
  });
});

describe("get, find and exists", () => {
  it("send the key alone, of whatever value has it", async () => {
    const { table, script } = orders([{ answer: { Item: stored("1") } }, { answer: {} }, { answer: {} }]);
    const order = await table.get(KEY, { consistent: true });
    expect(await table.find(order)).toBeUndefined();
    expect(await table.exists(KEY)).toBe(false);
    expect(script.bodies).toEqual([
      { TableName: "orders", Key: WIRE_KEY, ConsistentRead: true },
      { TableName: "orders", Key: WIRE_KEY },
      {
        TableName: "orders",
        Key: WIRE_KEY,
        ProjectionExpression: "#n0, #n1",
        ExpressionAttributeNames: { "#n0": "customer_id", "#n1": "order_id" },
      },
    ]);
  });

  it("tell a missing item by get", async () => {
    const error = await failure(orders([{ answer: {} }]).table.get(KEY));
    expect(error).toBeInstanceOf(ItemNotFound);
    expect([error.origin, error.retryable, error.message.includes('"c"')]).toEqual(["service", false, false]);
  });

  it("give what was selected, and fill nothing in", async () => {
    const { table } = orders([{ answer: { Item: {} } }, { answer: { Item: { status: { S: "paid" } } } }]);
    expect(await table.get(KEY, { select: ["total", "labels"] })).toEqual({});
    expect(await table.get(KEY, { view: "Summary" })).toEqual({ status: "paid" });
  });

  it.each([
    [{ view: "Nothing" as "Summary" }],
    [{ view: "Summary", select: ["total"] } as never],
    [{ select: [] }],
  ])("refuse the selection %j", async (options) => {
    const { table, script } = orders([]);
    expect((await failure(table.find(KEY, options))).code).toBe("ValidationFailed");
    expect(script.sent).toEqual([]);
  });
});

describe("update", () => {
  it("keeps the update time and the version, and gives the new item", async () => {
    const { table, script } = orders([{ answer: { Attributes: stored("2") } }]);
    const item = await table.update(KEY, { set: { total: "2.50", note: "" }, expectedVersion: 1 });
    expect(item.version).toBe(2);
    expect(script.bodies).toEqual([
      {
        TableName: "orders",
        Key: WIRE_KEY,
        UpdateExpression: "SET #n1 = :v1, #n2 = :v2 REMOVE #n3 ADD #n0 :v3",
        ConditionExpression: "#n0 = :v0",
        ExpressionAttributeNames: { "#n0": "version", "#n1": "total", "#n2": "updated_at", "#n3": "note" },
        ExpressionAttributeValues: {
          ":v0": { N: "1" },
          ":v1": { N: "2.5" },
          ":v2": { S: STAMP },
          ":v3": { N: "1" },
        },
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    ]);
  });

  it("creates with the creation time where it may", async () => {
    const { table, script } = orders([{ answer: {} }]);
    await expect(
      table.update(KEY, { set: { status: "paid" }, upsert: true, return: "none" }),
    ).resolves.toBeUndefined();
    expect(script.bodies).toMatchObject([
      { UpdateExpression: "SET #n0 = :v0, #n1 = if_not_exists(#n1, :v1), #n2 = :v2 ADD #n3 :v3" },
    ]);
  });

  it("gives a part of what changed where that is asked for", async () => {
    const { table } = orders([{ answer: { Attributes: { total: { N: "1" } } } }, { answer: {} }]);
    expect(await table.update(KEY, { add: { total: "1" }, return: "updatedNew" })).toEqual({ total: "1" });
    expect(await table.update(KEY, { add: { total: "1" }, return: "old" })).toBeUndefined();
  });

  it("tells a missing item, and what it may have done when the answer is lost", async () => {
    const { table } = orders([refused(), { cut: true }]);
    expect((await failure(table.update(KEY, { remove: ["total"] }))).code).toBe("ItemNotFound");
    const error = await failure(table.update(KEY, { remove: ["total"] }));
    expect([error.code, error.retryable, error.maybeApplied]).toEqual(["NetworkError", true, true]);
  });

  it.each([
    ["an unknown kind of result", { set: { total: "1" }, return: "all" }],
    ["an expected version of another type", { set: { total: "1" }, expectedVersion: "1" }],
    ["a key", { set: { order_id: "x" } }],
  ])("refuses %s before anything is sent", async (_name, changes) => {
    const { table, script } = orders([]);
    expect((await failure(table.update(KEY, changes as never))).code).toBe("ValidationFailed");
    expect(script.sent).toEqual([]);
  });

  it("refuses an expected version of a model without one", async () => {
    const table = new Client({ transport: new Script([]) }).table(Everything);
    expect((await failure(table.update({ id: "x" }, { set: { text: "a" }, expectedVersion: 1 }))).code).toBe(
      "ValidationFailed",
    );
    expect((await failure(table.delete({ id: "x" }, { expectedVersion: 1 }))).code).toBe("ValidationFailed");
  });
});

describe("delete", () => {
  it("is unconditional unless something has to hold", async () => {
    const { table, script } = orders([{ answer: {} }, { answer: { Attributes: stored("1") } }]);
    await expect(table.delete(KEY)).resolves.toBeUndefined();
    const old = await table.delete(KEY, { mustExist: true, returnOld: true });
    expect(old?.version).toBe(1);
    expect(script.bodies).toEqual([
      { TableName: "orders", Key: WIRE_KEY },
      {
        TableName: "orders",
        Key: WIRE_KEY,
        ConditionExpression: "attribute_exists(#n0)",
        ExpressionAttributeNames: { "#n0": "customer_id" },
        ReturnValues: "ALL_OLD",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    ]);
  });
});

describe("an error", () => {
  it("gives the returned item when asked, and shows it nowhere", async () => {
    const item = { ...stored("4"), note: { S: "hush" } };
    const error = await failure(orders([refused(item)]).table.create({ ...KEY, status: "open" }));
    expect(error.item()).toMatchObject({ note: "hush", version: 4 });
    for (const shown of [
      String(error),
      error.stack,
      inspect(error),
      inspect(error, { depth: 9 }),
      JSON.stringify(error),
    ]) {
      expect(shown).not.toContain("hush");
    }
    expect(inspect(error)).toContain("[cause]: ConditionalCheckFailedException");
  });

  it("says that the returned item does not fit only when asked for it", async () => {
    const error = await failure(orders([refused(WIRE_KEY)]).table.create({ ...KEY, status: "open" }));
    expect(error.code).toBe("ConditionFailed");
    expect(() => error.item()).toThrow("DecodeFailed at status");
  });
});
