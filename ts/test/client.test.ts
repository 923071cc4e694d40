import { describe, expect, it } from "vitest";
import { Client, type ClientOptions } from "../src/client.ts";
import { field } from "../src/expression/field.ts";
import { defineModel } from "../src/schema/declare.ts";
import { Script, SECOND, testClock, testSleeper, testTokens } from "../src/testing.ts";
import { Order } from "./codec/models.ts";
import { KEY, NOW, orders, stored } from "./orders.ts";
import { failure } from "./transport/things.ts";

describe("a client", () => {
  it("resolves names by prefix and override", () => {
    const name = (options: ClientOptions): string =>
      new Client({ transport: new Script([]), ...options }).table(Order).name;
    expect(name({ tablePrefix: "dev-" })).toBe("dev-orders");
    expect(name({ tablePrefix: "dev-", tableNames: { orders: "real" } })).toBe("real");
    expect(name({ tableNames: { other: "real" } })).toBe("orders");
  });

  it("reads its clock exactly once for each operation", async () => {
    const clock = testClock(NOW, SECOND);
    let readings = 0;
    const counting = (): bigint => {
      readings += 1;
      return clock();
    };
    const answers = Array.from({ length: 8 }, () => ({
      answer: { Item: stored("1"), Attributes: stored("1") },
    }));
    const { table } = orders(answers, { clock: counting });
    const calls = [
      () => table.create({ ...KEY, status: "open" }),
      () => table.put({ ...KEY, status: "open" }),
      () => table.save({ ...KEY, status: "open" }),
      () => table.get(KEY),
      () => table.find(KEY),
      () => table.exists(KEY),
      () => table.update(KEY, { set: { total: "1" } }),
      () => table.delete(KEY),
    ];
    for (const [index, call] of calls.entries()) {
      await call();
      expect(readings).toBe(index + 1);
    }
  });

  it("cuts the clock down to the attribute's unit, before 1970 too", async () => {
    const Ledger = defineModel({
      name: "Ledger",
      table: "ledgers",
      keys: { partition: "id" },
      attributes: {
        id: { type: "S" },
        opened: { type: "N", format: "unix_seconds", roles: ["created_at"] },
        touched: { type: "S", format: "rfc3339nano", roles: ["updated_at"] },
      },
    });
    const client = new Client({ transport: new Script([{ answer: {} }]), clock: testClock(-1n) });
    expect(await client.table(Ledger).create({ id: "x" })).toEqual({
      id: "x",
      opened: -1,
      touched: "1969-12-31T23:59:59.999999999Z",
    });
  });

  it("waits where a conversation asks for it", async () => {
    const { sleeper, slept } = testSleeper();
    const script = new Script([{ answer: {} }]);
    const client = new Client({ transport: script, sleeper, tokens: testTokens(["t1"]) });
    const request = { api: "GetItem", tableName: "t", body: "{}", writes: false, delayMs: 25 } as const;
    let pending: typeof request | undefined = request;
    const exchange = {
      next: () => pending,
      receive: () => {
        pending = undefined;
      },
      result: () => "done",
    };
    expect(await client.run(exchange)).toBe("done");
    expect(slept).toEqual([25]);
    expect(client.tokens()).toBe("t1");
    expect(() => client.tokens()).toThrow("spent");
  });

  it("sends nothing for a signal that was given before", async () => {
    const { table, script } = orders([]);
    const error = await failure(table.delete(KEY, { signal: AbortSignal.abort() }));
    expect([error.code, error.origin, error.maybeApplied, script.sent.length]).toEqual([
      "Canceled",
      "client",
      false,
      0,
    ]);
  });

  it("runs a document's model over plain maps", async () => {
    const { documentFromJson, canonicalDms } = await import("../src/schema/dms.ts");
    const model = documentFromJson(JSON.parse(canonicalDms(Order))).model("Order");
    const script = new Script([{ answer: {} }]);
    const created = await new Client({ transport: script, clock: testClock(NOW) })
      .table(model)
      .create({ ...KEY, status: "open", placed: new Date(0) });
    expect(created.placed).toBe("1970-01-01T00:00:00.000000Z");
    expect(field("x").path).toEqual(["x"]);
  });
});
