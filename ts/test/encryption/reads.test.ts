import { describe, expect, it } from "vitest";
import type { AttributeValue, WireItem } from "../../src/codec/value.ts";
import { isCode } from "../../src/errors/code.ts";
import { InMemoryKeys, type Step } from "../../src/testing.ts";
import { DataKeyCache } from "../../src/encryption/cache.ts";
import { sealedItem, secured, tampered } from "./secrets.ts";

const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

const valueOf = (item: WireItem, name: string): AttributeValue => item[name] ?? { NULL: true };

const PLAIN = { id: "a", hint: "h", pin: 7, body: "my secret", marks: new Set(["x", "y"]) };
const SEALED = await sealedItem(PLAIN);
const READ = { ...PLAIN, version: 1 };
const answer = (answered: Extract<Step, { readonly answer: unknown }>["answer"]): Step => ({
  answer: answered,
});

describe("a read of encrypted attributes", () => {
  it("opens them wherever items come from", async () => {
    const { client, table, keys } = secured([
      answer({ Item: SEALED }),
      answer({ Items: [SEALED] }),
      answer({ Items: [SEALED] }),
      answer({ Responses: { notes: [SEALED] } }),
      answer({ Responses: [{ Item: SEALED }] }),
      answer({ Attributes: SEALED }),
    ]);
    const found = [
      await table.get({ id: "a" }),
      (await table.query({ partition: "a" }).all()).items[0],
      (await table.scan().all()).items[0],
      (await table.batchGet([{ id: "a" }])).items[0],
      (await client.transactGet([table.actions.get({ id: "a" })]))[0],
      await table.delete({ id: "a" }, { returnOld: true }),
    ];
    expect(found).toEqual(Array.from({ length: 6 }, () => READ));
    expect(keys.calls.map(({ api }) => api)).toEqual(Array.from({ length: 18 }, () => "Decrypt"));
  });

  it("asks once for each key among the items of an answer", async () => {
    const cache = new DataKeyCache({ maxAgeMs: 1000, maxUses: 9 });
    const kms = new InMemoryKeys();
    const items = [
      await sealedItem({ id: "a", body: "x" }, { cache, kms }),
      await sealedItem({ id: "b", body: "y" }, { cache, kms }),
    ];
    const { table, keys } = secured([answer({ Items: items })]);
    expect((await table.scan().all()).items.map(({ body }) => body)).toEqual(["x", "y"]);
    expect(keys.calls).toHaveLength(1);
  });

  it("fetches the key for a selection, and does not show it", async () => {
    const { table, script } = secured([answer({ Item: { id: { S: "a" }, body: valueOf(SEALED, "body") } })]);
    expect(await table.get({ id: "a" }, { select: ["body"] })).toEqual({ body: "my secret" });
    expect(script.bodies[0]).toMatchObject({ ExpressionAttributeNames: { "#n0": "body", "#n1": "id" } });
  });

  it("reads a key that it fetched as any other, and opens nothing without one", async () => {
    const body = valueOf(SEALED, "body");
    const { table, keys } = secured([
      answer({ Item: { id: { N: "1" }, body } }),
      answer({ Item: { body } }),
      answer({ Item: { id: { BOOL: true }, body } }),
      answer({ Items: [{ id: { N: "1" }, body }] }),
    ]);
    const select = ["body"] as const;
    expect(await failure(table.get({ id: "a" }, { select }))).toMatchObject({
      code: "DecodeFailed",
      path: "id",
    });
    const asked = keys.calls.length;
    expect(await failure(table.get({ id: "a" }, { select }))).toMatchObject({
      code: "InvalidEncryptedEnvelope",
      path: "body",
    });
    expect(await failure(table.get({ id: "a" }, { select }))).toMatchObject({
      code: "DecodeFailed",
      path: "id",
    });
    expect(keys.calls).toHaveLength(asked);
    const found = table.scan().select(["body"]).all();
    expect(await failure(found)).toMatchObject({ code: "DecodeFailed", path: "id" });
  });

  it("asks for nothing where nothing encrypted comes back", async () => {
    const { table, keys } = secured([
      answer({ Item: { id: { S: "a" }, body: { NULL: true } } }),
      answer({ Item: { hint: { S: "h" } } }),
      answer({ Item: { id: { S: "a" } } }),
      answer({ Count: 1 }),
    ]);
    expect(await table.get({ id: "a" })).toEqual({ id: "a", marks: new Set() });
    expect(await table.get({ id: "a" }, { select: ["hint"] })).toEqual({ hint: "h" });
    expect([await table.exists({ id: "a" }), await table.scan().count()]).toEqual([true, 1]);
    expect(keys.calls).toEqual([]);
  });

  it("tells the first item that cannot be opened, by its attribute", async () => {
    const wrong = {
      ...SEALED,
      body: tampered(SEALED.body, { ct: { B: Buffer.alloc(20).toString("base64") } }),
    };
    const { table } = secured([answer({ Items: [SEALED, wrong] })]);
    const error = await failure(table.scan().all());
    expect(error).toMatchObject({ code: "InvalidEncryptedEnvelope", path: "body", origin: "client" });
    expect((error as Error).message).not.toContain("secret");
  });

  it("opens nothing of another item", async () => {
    const { table } = secured([answer({ Item: { ...SEALED, id: { S: "b" } } })]);
    expect(await failure(table.get({ id: "b" }))).toMatchObject({
      code: "InvalidEncryptedEnvelope",
      path: "pin",
    });
  });

  it("opens nothing of another attribute", async () => {
    const other = await sealedItem({ id: "a", body: "text" });
    const { table } = secured([answer({ Item: { ...SEALED, pin: valueOf(other, "body") } })]);
    expect(await failure(table.get({ id: "a" }))).toMatchObject({ code: "InvalidEncryptedEnvelope" });
  });

  it("asks the older keys where another key wrapped it, in their order", async () => {
    const kms = new InMemoryKeys();
    const old = await sealedItem({ id: "a", body: "x" }, { kms, key: "alias/old" });
    const { table } = secured([answer({ Item: old })], { kms, readKeys: ["alias/older", "alias/old"] });
    expect((await table.get({ id: "a" })).body).toBe("x");
    expect(kms.calls.slice(1).map(({ keyId }) => keyId)).toEqual(["alias/app", "alias/older", "alias/old"]);
  });

  it("counts the answer of the last key", async () => {
    const old = await sealedItem({ id: "a", body: "x" }, { key: "alias/gone" });
    const { table, keys } = secured([answer({ Item: old })], { readKeys: ["alias/old"] });
    const error = await failure(table.get({ id: "a" }));
    expect(error).toMatchObject({
      code: "KeyUnavailable",
      awsType: "IncorrectKeyException",
      retryable: false,
    });
    expect(keys.calls).toHaveLength(2);
  });

  it("reads plain values where that is allowed, and no others", async () => {
    const settings = { allowPlaintextReads: true };
    const item: WireItem = { id: { S: "a" }, body: { S: "plain" }, pin: valueOf(SEALED, "pin") };
    const { table } = secured(
      [answer({ Item: item }), answer({ Item: { ...item, pin: { S: "7" } } }), answer({ Item: item })],
      settings,
    );
    expect(await table.get({ id: "a" })).toMatchObject({ body: "plain", pin: 7 });
    expect(await failure(table.get({ id: "a" }))).toMatchObject({
      code: "InvalidEncryptedEnvelope",
      path: "pin",
    });
    const strict = secured([answer({ Item: item })]);
    expect(await failure(strict.table.get({ id: "a" }))).toMatchObject({ path: "body" });
  });

  it("keeps a key that it got for its cache's time", async () => {
    const cache = new DataKeyCache({ maxAgeMs: 1000, maxUses: 9 });
    const { table, keys } = secured([answer({ Item: SEALED }), answer({ Item: SEALED })], { cache });
    await table.get({ id: "a" });
    await table.get({ id: "a" });
    expect(keys.calls).toHaveLength(3);
  });

  it("does not keep a refusal", async () => {
    const cache = new DataKeyCache({ maxAgeMs: 1000, maxUses: 9 });
    const item = { id: { S: "a" }, body: valueOf(SEALED, "body") };
    const { table, keys } = secured([answer({ Item: item }), answer({ Item: item })], { cache });
    keys.refuse("ThrottlingException");
    expect(await failure(table.get({ id: "a" }))).toMatchObject({ code: "KeyUnavailable", retryable: true });
    expect((await table.get({ id: "a" })).body).toBe("my secret");
  });
});

describe("the item of a failed condition", () => {
  const failed: Step = { error: "ConditionalCheckFailedException", item: SEALED };

  it("is opened when the answer is read", async () => {
    const { table, keys } = secured([failed]);
    const error = await failure(table.create({ id: "a" }));
    expect(keys.calls).toHaveLength(3);
    expect(isCode(error, "ConditionFailed") && error.item()).toEqual(READ);
  });

  it("gives what the opening gave, and the condition stays the error", async () => {
    const { table, keys } = secured([failed]);
    ["AccessDeniedException", "AccessDeniedException", "AccessDeniedException"].forEach((name) => {
      keys.refuse(name);
    });
    const error = await failure(table.create({ id: "a" }));
    expect(isCode(error, "ConditionFailed")).toBe(true);
    expect(() => (error as { item: () => unknown }).item()).toThrow(/^KeyUnavailable/);
  });

  it("is opened in a transaction's reasons", async () => {
    const reasons = [{ Code: "ConditionalCheckFailed", Item: SEALED }];
    const { client, table } = secured([{ error: "TransactionCanceledException", reasons }]);
    const error = await failure(client.transactWrite([table.actions.create({ id: "a" })]));
    expect(isCode(error, "TransactionCanceled") && error.reasons[0]?.item()).toEqual(READ);
  });
});

describe("a batch of reads", () => {
  it("says what it read before an item that cannot be opened", async () => {
    const { table } = secured([
      {
        answer: {
          Responses: { notes: [SEALED] },
          UnprocessedKeys: { notes: { Keys: [{ id: { S: "b" } }] } },
        },
      },
      { answer: { Responses: { notes: [{ id: { S: "b" }, body: { S: "plain" } }] } } },
    ]);
    const error = await failure(table.batchGet([{ id: "a" }, { id: "b" }]));
    expect(isCode(error, "BatchIncomplete") && [error.items.length, error.undone.length]).toEqual([1, 1]);
    expect((error as Error).cause).toMatchObject({ code: "InvalidEncryptedEnvelope" });
  });
});

describe("re-encryption", () => {
  it("rewrites what is under an older key, in one update for an item, and counts", async () => {
    const kms = new InMemoryKeys();
    const old = await sealedItem({ id: "a", body: "x", pin: 1 }, { kms, key: "alias/old" });
    const current = await sealedItem({ id: "b", body: "y" }, { kms });
    const { table, script } = secured(
      [
        { answer: { Items: [old, current, { id: { S: "c" } }], LastEvaluatedKey: { id: { S: "c" } } } },
        { answer: {} },
        { answer: { Items: [old] } },
        { error: "ConditionalCheckFailedException" },
      ],
      { kms, readKeys: ["alias/old"] },
    );
    expect(await table.reencrypt()).toEqual({ read: 4, rewritten: 1, current: 2, changed: 1, failed: 0 });
    expect(script.bodies[1]).toMatchObject({
      UpdateExpression: "SET #n0 = :v2, #n1 = :v3",
      ConditionExpression: "#n0 = :v0 AND #n1 = :v1",
      ExpressionAttributeNames: { "#n0": "body", "#n1": "pin" },
      ExpressionAttributeValues: { ":v0": old.body, ":v1": old.pin },
    });
  });

  it("rewrites everything where it is told to", async () => {
    const { table } = secured([{ answer: { Items: [SEALED] } }, { answer: {} }]);
    expect(await table.reencrypt({ all: true })).toMatchObject({ read: 1, rewritten: 1 });
  });

  it("ends at the first item that fails, unless somebody is told", async () => {
    const items = [{ id: { S: "z" }, body: { S: "plain" } }, SEALED];
    const { table } = secured([{ answer: { Items: items } }, { answer: { Items: items } }]);
    expect(await failure(table.reencrypt())).toMatchObject({
      code: "InvalidEncryptedEnvelope",
      path: "body",
    });
    const told: unknown[] = [];
    const counts = await table.reencrypt({
      onFailure: ({ key, error }) => {
        told.push([key, error.code]);
      },
    });
    expect(counts).toEqual({ read: 2, rewritten: 0, current: 1, changed: 0, failed: 1 });
    expect(told).toEqual([[{ id: "z" }, "InvalidEncryptedEnvelope"]]);
  });
});

describe("a projection of a stream", () => {
  it("writes what is newer, and tells whether it did", async () => {
    const { table, script } = secured([
      { answer: {} },
      { error: "ConditionalCheckFailedException", item: SEALED },
    ]);
    expect(await table.project({ id: "a", hint: "2" }, "hint")).toBe(true);
    expect(await table.project({ id: "a", hint: "1" }, "hint")).toBe(false);
    expect(script.bodies[0]).toMatchObject({
      ConditionExpression: "attribute_not_exists(#n0) OR #n1 < :v0",
      ExpressionAttributeValues: { ":v0": { S: "2" } },
    });
  });

  it.each([
    ["an unknown attribute", "none", "ValidationFailed"],
    ["an attribute without a value", "hint", "ValidationFailed"],
    ["an encrypted attribute", "body", "EncryptedFieldNotQueryable"],
  ])("does not tell what is newer by %s", async (_, by, code) => {
    const { table, script } = secured([]);
    expect(await failure(table.project({ id: "a", body: "x" }, by as "hint"))).toMatchObject({
      code,
      path: by,
    });
    expect(script.sent).toEqual([]);
  });
});
