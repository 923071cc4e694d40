/** Batches as users call them: results, the caller's objects, errors that hold no values, and waits that are cancelled. */

import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { BatchIncomplete } from "../src/errors/catalogue.ts";
import { isCode } from "../src/errors/code.ts";
import { sleep } from "../src/sleeper.ts";
import type { Step } from "../src/testing.ts";
import { scripted, upTo, incompleteOf } from "./groups.ts";
import { failure } from "./transport/things.ts";

const key = (id: number): object => ({ id: { N: String(id) } });
const left = (table: string, ...entries: unknown[]): Step => ({
  answer: { UnprocessedItems: { [table]: entries as never } },
});

describe("a batch get", () => {
  it("gives items and missing keys of one table", async () => {
    const { notes } = scripted([{ answer: { Responses: { notes: [key(2) as never] } } }]);
    expect(await notes.batchGet([{ id: "1" }, { id: "2" }, { id: "1.0" }])).toEqual({
      items: [{ id: "2" }],
      missing: [{ id: "1" }],
    });
  });

  it("gives keys as callers give them", async () => {
    const { purchases } = scripted([{ answer: {} }]);
    const keys = [{ customer_id: "c", number: 7 }];
    expect(await purchases.batchGet(keys, { select: ["total"] })).toEqual({ items: [], missing: keys });
  });

  it("gives items of several models beside their names", async () => {
    const shop = (sk: string, _type: string): object => ({
      ...{ pk: { S: "CUSTOMER#c" }, sk: { S: sk }, customer_id: { S: "c" }, _type: { S: _type } },
      ...(_type === "Purchase" ? { number: { N: "1" } } : {}),
    });
    const items = [shop("PROFILE", "Customer"), shop("ORDER#0001", "Purchase")] as never[];
    const { client, customers, purchases, notes } = scripted([
      { answer: { Responses: { shop: items } } },
      { answer: {} },
    ]);
    const found = await client.batchGet([
      purchases.actions.get({ customer_id: "c", number: 1 }),
      notes.actions.get({ id: "1" }),
      customers.actions.get({ customer_id: "c" }),
    ]);
    expect(found).toEqual({
      items: [
        { model: "Purchase", item: { customer_id: "c", number: 1 } },
        { model: "Customer", item: { customer_id: "c" } },
      ],
      missing: [{ model: "Note", key: { id: "1" } }],
    });
  });

  it("sends nothing for nothing", async () => {
    const { notes, client, script } = scripted([]);
    expect(await notes.batchGet([])).toEqual({ items: [], missing: [] });
    expect(await client.batchGet([])).toEqual({ items: [], missing: [] });
    expect(script.sent).toEqual([]);
  });

  it("takes actions and nothing else", async () => {
    const { client, notes } = scripted([]);
    for (const other of [{}, null, notes.actions.put({ id: "1" })]) {
      expect((await failure(client.batchGet([other as never]))).code).toBe("ValidationFailed");
    }
  });
});

describe("a batch of writes", () => {
  it("gives numbers", async () => {
    const { notes, client, ledgers, script } = scripted([
      { answer: {} },
      { answer: {} },
      { answer: {} },
      { answer: {} },
    ]);
    expect(await notes.batchPut([{ id: "1" }, { id: "2" }])).toBe(2);
    expect(await notes.batchDelete(new Set([{ id: "1" }]))).toBe(1);
    expect(await notes.batchWrite({ put: [{ id: "1" }], delete: [{ id: "2" }, { id: "3" }] })).toEqual({
      ...{ written: 1, deleted: 2 },
    });
    const actions = [ledgers.actions.put({ id: "a" }), notes.actions.delete({ id: "1" })];
    expect(await client.batchWrite(actions)).toEqual({ written: 1, deleted: 1 });
    expect(script.sent.map(({ api, tableName }) => [api, tableName])).toEqual([
      ...[1, 2, 3].map(() => ["BatchWriteItem", "notes"]),
      ["BatchWriteItem", "ledgers, notes"],
    ]);
    expect(await notes.batchWrite({})).toEqual({ written: 0, deleted: 0 });
  });

  it("brings the caller's objects up to date, frozen ones excepted", async () => {
    const { ledgers } = scripted([{ answer: {} }]);
    const values = [{ id: "a" }, Object.freeze({ id: "b" })];
    await ledgers.batchPut(values);
    expect(values).toEqual([{ id: "a", at: "2026-01-02T03:04:05.000006Z", version: 1 }, { id: "b" }]);
  });

  it("leaves the objects of a refused batch as they are", async () => {
    const { ledgers, script } = scripted([]);
    const values = [{ id: "a" }, { id: "b", version: 1 }];
    expect((await failure(ledgers.batchPut(values))).path).toBe("version");
    expect([values, script.sent]).toEqual([[{ id: "a" }, { id: "b", version: 1 }], []]);
  });

  it("brings those objects up to date that were written, where others were not", async () => {
    const entry = { PutRequest: { Item: { id: { S: "b" } } } };
    const { ledgers, slept } = scripted([left("ledgers", entry), { error: "AccessDeniedException" }]);
    const values = [{ id: "a" }, { id: "b" }];
    const error = await failure(ledgers.batchPut(values));
    expect([error.code, error.retryable, slept]).toEqual(["BatchIncomplete", false, [25]]);
    expect(values).toEqual([{ id: "a", at: "2026-01-02T03:04:05.000006Z", version: 1 }, { id: "b" }]);
  });

  it("writes the last of two values of one key, and the other one stays as it is", async () => {
    const { ledgers } = scripted([{ answer: {} }]);
    const [first, last] = [{ id: "a" }, { id: "a", ownedBy: "x" }];
    expect(await ledgers.batchPut([first, last], { lastWins: true })).toBe(1);
    expect([first, last]).toEqual([{ id: "a" }, { ...last, version: 1 }]);
  });

  it("brings an object up to date that stands in it for two tables", async () => {
    const { client, ledgers } = scripted([{ answer: {} }]);
    const value: { id: string; version?: number } = { id: "a" };
    const other = scripted([], { tablePrefix: "dev-" }).ledgers;
    await client.batchWrite([ledgers.actions.put(value), other.actions.put(value)]);
    expect(value.version).toBe(1);
  });

  it("takes an object twice only where the last one wins", async () => {
    const { ledgers } = scripted([{ answer: {} }]);
    const value: { id: string; version?: number } = { id: "a" };
    expect((await failure(ledgers.batchPut([value, value]))).code).toBe("ValidationFailed");
    expect(value).toEqual({ id: "a" });
    expect(await ledgers.batchPut([value, value], { lastWins: true })).toBe(1);
    expect(value.version).toBe(1);
  });

  it("writes the version plus one where nothing is checked", async () => {
    const { ledgers } = scripted([{ answer: {} }]);
    const value = { id: "a", version: 4 };
    await ledgers.batchPut([value], { unchecked: true });
    expect(value.version).toBe(5);
  });
});

describe("BatchIncomplete", () => {
  const secret = "s3cret";
  const incomplete = async (): Promise<BatchIncomplete> => {
    const entry = { PutRequest: { Item: { id: { S: secret } } } };
    const { ledgers } = scripted([left("ledgers", entry)], { retries: { maxAttempts: 1 } });
    return incompleteOf(await failure(ledgers.batchPut([{ id: "a" }, { id: secret, ownedBy: secret }])));
  };

  it("tells by attribute which keys are done and not", async () => {
    const error = await incomplete();
    expect(isCode(error, "BatchIncomplete") && error.undone).toEqual([
      { model: "Ledger", key: { id: secret } },
    ]);
    expect(error.done).toEqual([{ model: "Ledger", key: { id: "a" } }]);
  });

  it("holds no values where it is printed, written as JSON or cloned", async () => {
    const error = await incomplete();
    const texts = [
      String(error),
      error.stack,
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
    ];
    for (const text of [...texts, inspect(structuredClone(error)), JSON.stringify(Object.entries(error))]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("a wait", () => {
  const THROTTLED: Step = { error: "ThrottlingException" };

  it("that is cancelled ends the batch, though its sleeper goes on", async () => {
    const abort = new AbortController();
    const { notes, script } = scripted([THROTTLED], {
      sleeper: () => {
        abort.abort();
        return new Promise(() => undefined);
      },
    });
    const error = await failure(notes.batchPut([{ id: "1" }], { signal: abort.signal }));
    expect([error.code, error.maybeApplied, script.sent.length]).toEqual(["Canceled", false, 1]);
  });

  it("that is cancelled tells what was done before", async () => {
    const abort = new AbortController();
    const entry = { PutRequest: { Item: key(2) } };
    const { notes } = scripted([left("notes", entry)], {
      sleeper: () => {
        abort.abort(new Error("enough"));
        return Promise.resolve();
      },
    });
    const writes = upTo(2).map((id) => ({ id: String(id) }));
    const error = incompleteOf(await failure(notes.batchPut(writes, { signal: abort.signal })));
    expect([error.code, (error.cause as Error).name, error.unknown]).toEqual([
      "BatchIncomplete",
      "Canceled",
      [],
    ]);
    expect([error.done, error.undone].map((keys) => keys.map((one) => one.key))).toEqual([
      [{ id: "1" }],
      [{ id: "2" }],
    ]);
  });

  it("by the machine's own clock ends at once when it is cancelled", async () => {
    const abort = new AbortController();
    const { notes } = scripted([THROTTLED], { sleeper: sleep, retries: { baseMs: 60_000, capMs: 60_000 } });
    const begun = Date.now();
    const work = failure(notes.batchPut([{ id: "1" }], { signal: abort.signal }));
    setTimeout(() => {
      abort.abort();
    }, 5);
    expect((await work).code).toBe("Canceled");
    expect(Date.now() - begun).toBeLessThan(5000);
    await sleep(1);
  });

  it("of no time at all is asked for, too", async () => {
    const { notes, slept } = scripted([THROTTLED, { answer: {} }], { random: () => 0 });
    await notes.batchPut([{ id: "1" }]);
    expect(slept).toEqual([0]);
  });

  it("leaves nothing behind at a signal that lives on", async () => {
    const { signal } = new AbortController();
    const { notes } = scripted([THROTTLED, THROTTLED, { answer: {} }]);
    await notes.batchPut([{ id: "1" }], { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
