/** Transactions as users call them: what is sent, the caller's objects, and texts that are kept. */

import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Step } from "../src/testing.ts";
import { scripted, canceledOf } from "./groups.ts";
import { failure } from "./transport/things.ts";

const canceled = (...reasons: object[]): Step => ({ error: "TransactionCanceledException", reasons });
const STAMPED = { at: "2026-01-02T03:04:05.000006Z", version: 1 };

describe("a transaction", () => {
  it("brings the caller's objects up to date when it is done", async () => {
    const { client, ledgers } = scripted([{ answer: {} }]);
    const [created, saved] = [{ id: "a" }, { id: "b", version: 6 }];
    await client.transactWrite([ledgers.actions.create(created), ledgers.actions.save(saved)]);
    expect([created, saved]).toEqual([
      { id: "a", ...STAMPED },
      { id: "b", at: STAMPED.at, version: 7 },
    ]);
  });

  it("leaves them as they are when it is not, and is built but once", async () => {
    const conflict = canceled({ Code: "TransactionConflict" }, { Code: "None" });
    const { client, ledgers, script, slept } = scripted([
      conflict,
      canceled({ Code: "ConditionalCheckFailed" }, {}),
    ]);
    const values = [{ id: "a" }, { id: "b" }];
    const error = await failure(client.transactWrite(values.map((value) => ledgers.actions.put(value))));
    expect([error.code, values, slept]).toEqual(["TransactionCanceled", [{ id: "a" }, { id: "b" }], [25]]);
    expect(script.sent[1]?.body).toBe(script.sent[0]?.body);
  });

  it("takes a token of the source, or the caller's", async () => {
    const { client, notes, script } = scripted([{ answer: {} }, { answer: {} }, { answer: {} }]);
    const actions = [notes.actions.put({ id: "1" })];
    await client.transactWrite(actions);
    await client.transactWrite(actions, { token: "mine" });
    await client.transactWrite(actions);
    expect(script.bodies.map((body) => (body as { ClientRequestToken: string }).ClientRequestToken)).toEqual([
      ...["token-1", "mine", "token-2"],
    ]);
  });

  it("evaluates nothing before it is sent", () => {
    const { notes, ledgers } = scripted([]);
    expect(() => [
      notes.actions.put({ id: "x" }),
      ledgers.actions.update({ id: "" }, {}),
      ledgers.actions.check({ id: "a" }, {}),
    ]).not.toThrow();
  });

  it("is refused with the error of what is refused, and sends nothing", async () => {
    const { client, ledgers, script } = scripted([]);
    const empty = ledgers.actions.update({ id: "a" }, {});
    expect((await failure(client.transactWrite([empty]))).code).toBe("ValidationFailed");
    expect((await failure(client.transactWrite([{} as never]))).code).toBe("ValidationFailed");
    expect(script.sent).toEqual([]);
  });

  it("tells that it may have happened where its answer was lost", async () => {
    const { client, notes } = scripted([{ cut: true }]);
    const error = await failure(client.transactWrite([notes.actions.put({ id: "1" })]));
    expect([error.code, error.maybeApplied]).toEqual(["NetworkError", true]);
  });

  it("is kept as text and sent as it is, as often as wanted", async () => {
    const { client, ledgers, script } = scripted([{ answer: {} }, { answer: {} }]);
    const value = { id: "a" };
    const text = await client.prepare([ledgers.actions.create(value)], { token: "kept" });
    expect([script.sent, value]).toEqual([[], { id: "a" }]);
    const other = scripted([{ answer: {} }]);
    await client.transactSend(text);
    await client.transactSend(text);
    await other.client.transactSend(text);
    expect([...script.sent, ...other.script.sent].map(({ body }) => body)).toEqual([text, text, text]);
  });
});

describe("TransactionCanceled", () => {
  it("holds no values where it is printed or written as JSON", async () => {
    const item = { id: { S: "a" }, owner: { S: "s3cret" } };
    const { client, ledgers } = scripted([
      canceled({ Code: "ConditionalCheckFailed", Item: item, Message: "s3cret" }),
    ]);
    const error = canceledOf(await failure(client.transactWrite([ledgers.actions.create({ id: "a" })])));
    expect(error.reasons[0]?.item()).toEqual({ id: "a", ownedBy: "s3cret" });
    for (const text of [
      String(error),
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
    ]) {
      expect(text).not.toContain("s3cret");
    }
    expect(inspect(error.reasons) + JSON.stringify(error.reasons)).not.toContain("s3cret");
  });
});

describe("actions", () => {
  it("are printed without their values", () => {
    const { ledgers } = scripted([]);
    const actions = [
      ledgers.actions.put({ id: "s3cret" }),
      ledgers.actions.get({ id: "s3cret" }),
      ledgers.actions,
    ];
    expect(inspect(actions, { depth: 9 }) + JSON.stringify(actions)).not.toContain("s3cret");
  });
});

describe("a transactional read", () => {
  it("gives an item for each key, or undefined", async () => {
    const { client, notes, ledgers } = scripted([
      { answer: { Responses: [{}, { Item: { owner: { S: "x" } } }] } },
    ]);
    const read = await client.transactGet([
      notes.actions.get({ id: "1" }),
      ledgers.actions.get({ id: "a" }, { select: ["owner"] }),
    ]);
    expect(read).toEqual([undefined, { ownedBy: "x" }]);
  });

  it("is asked for again where others were in its way", async () => {
    const { client, notes, slept } = scripted([
      canceled({ Code: "TransactionConflict" }),
      { answer: { Responses: [{}] } },
    ]);
    expect(await client.transactGet([notes.actions.get({ id: "1" })])).toEqual([undefined]);
    expect(slept).toEqual([25]);
  });
});
