import { describe, expect, it } from "vitest";
import { type AttributeValue, type WireItem } from "../../src/codec/value.ts";
import { Encryption } from "../../src/encryption/keys.ts";
import { isCode } from "../../src/errors/code.ts";
import { Client } from "../../src/client.ts";
import { DataKeyCache } from "../../src/encryption/cache.ts";
import { InMemoryKeys, Script, testClock } from "../../src/testing.ts";
import { Note, NOW, secured } from "./secrets.ts";

const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

const wrappedOf = (value: AttributeValue | undefined): number =>
  (
    JSON.parse(Buffer.from((value as { M: { edk: { B: string } } }).M.edk.B, "base64").toString()) as {
      number: number;
    }
  ).number;

const nonceOf = (value: AttributeValue | undefined): string =>
  (value as { M: { nonce: { B: string } } }).M.nonce.B;

describe("a write of encrypted attributes", () => {
  it("asks for one key after the other, by the bytes of the names, before anything is sent", async () => {
    const { table, script, keys } = secured([{ answer: {} }]);
    const value = { id: "a", pin: 7, marks: new Set(["x"]), body: "my secret" };
    const stored = await table.create(value);
    expect(keys.calls.map(({ api, context }) => [api, context["dynamorm:attribute"]])).toEqual([
      ["GenerateDataKey", "body"],
      ["GenerateDataKey", "marks"],
      ["GenerateDataKey", "pin"],
    ]);
    expect(stored).toEqual({ ...value, version: 1 });
    expect(value).toEqual(stored);
    const { Item: item } = script.bodies[0] as { Item: WireItem };
    expect([item.body, item.marks, item.pin].map(wrappedOf)).toEqual([1, 2, 3]);
    expect(JSON.stringify(script.bodies)).not.toContain("secret");
  });

  it("asks for nothing where nothing is encrypted, or where it is refused", async () => {
    const { table, script, keys } = secured([{ answer: {} }]);
    await table.put({ id: "a", hint: "h", body: null });
    expect(script.bodies).toEqual([
      { TableName: "notes", Item: { hint: { S: "h" }, id: { S: "a" }, version: { N: "1" } } },
    ]);
    const refused = [
      table.put({ id: "a", body: 7 as never }),
      table.put({ id: "", body: "my secret" }),
      table.put({ id: "a", body: "x".repeat(410_000) }),
      table.update({ id: "a" }, { set: { body: "b" }, remove: ["body"] }),
      table.update({ id: "a" }, { set: { body: "b" }, condition: table.field("body").eq("x") }),
    ];
    const codes = await Promise.all(refused.map(async (one) => (await failure(one)) as { code: string }));
    expect(codes.map(({ code }) => code)).toEqual([
      ...["ValidationFailed", "ValidationFailed", "ItemTooLarge", "ValidationFailed"],
      "EncryptedFieldNotQueryable",
    ]);
    expect([keys.calls.length, script.sent.length]).toEqual([0, 1]);
  });

  it("is too large with its envelope alone", async () => {
    const { table, script, keys } = secured([]);
    const error = await failure(table.put({ id: "a", body: "x".repeat(409_540) }));
    expect([isCode(error, "ItemTooLarge"), script.sent.length, keys.calls.length]).toEqual([true, 0, 1]);
  });

  it("sends nothing where KMS refuses, and leaves the value alone", async () => {
    const { table, script, keys } = secured([]);
    keys.refuse("AccessDeniedException");
    const value = { id: "a", body: "my secret" };
    const error = await failure(table.create(value));
    expect(error).toMatchObject({
      ...{ code: "KeyUnavailable", origin: "service", retryable: false, awsType: "AccessDeniedException" },
      ...{ path: "body", status: 400, maybeApplied: false },
    });
    expect([script.sent.length, value]).toEqual([0, { id: "a", body: "my secret" }]);
  });

  it("seals what an update sets, and gives back what it returns", async () => {
    const { table, script, keys } = secured([{ answer: {} }, { answer: {} }]);
    await table.update({ id: "a" }, { set: { pin: 7, body: "b", hint: "h" }, return: "none" });
    expect(keys.calls.map(({ context }) => context["dynamorm:attribute"])).toEqual(["body", "pin"]);
    const body = script.bodies[0] as { UpdateExpression: string; ExpressionAttributeValues: WireItem };
    expect(body.UpdateExpression).toContain("SET #n1 = :v0, #n2 = :v1, #n3 = :v2");
    expect([":v0", ":v1"].map((name) => wrappedOf(body.ExpressionAttributeValues[name]))).toEqual([2, 1]);

    const again = secured([
      { answer: { Attributes: { body: body.ExpressionAttributeValues[":v1"] ?? { S: "" } } } },
    ]);
    const found = await again.table.update({ id: "a" }, { set: { hint: "x" }, return: "updatedNew" });
    expect(found).toEqual({ body: "b" });
  });

  it("says that a write was taken whose answer cannot be opened", async () => {
    const { table, keys } = secured([{ answer: { Attributes: { id: { S: "a" }, body: { S: "plain" } } } }]);
    const error = await failure(table.update({ id: "a" }, { set: { hint: "x" } }));
    expect(error).toMatchObject({ code: "InvalidEncryptedEnvelope", path: "body", maybeApplied: true });
    expect(keys.calls).toEqual([]);
  });

  it("is the one that was sent where its answer was lost, and asks for no key again", async () => {
    const script = new Script([]);
    const { table, keys } = secured([], {}, { transport: script });
    script.send = (request) => {
      const { Item: item } = JSON.parse(request.body) as { Item: WireItem };
      const error = { error: "ConditionalCheckFailedException", item, lost: true };
      return new Script([error]).send(request);
    };
    expect(await table.create({ id: "a", body: "b" })).toEqual({
      id: "a",
      body: "b",
      version: 1,
      marks: new Set(),
    });
    expect(keys.calls.map(({ api }) => api)).toEqual(["GenerateDataKey"]);
  });

  it("stops asking where it is cancelled", async () => {
    const { table, script, keys } = secured([]);
    const error = await failure(table.put({ id: "a", body: "b" }, { signal: AbortSignal.abort() }));
    expect([isCode(error, "Canceled"), keys.calls.length, script.sent.length]).toEqual([true, 0, 0]);
  });
});

describe("several writes", () => {
  const items = (count: number): { id: string; body: string }[] =>
    Array.from({ length: count }, (_, index) => ({ id: `i-${index}`, body: `secret ${index}` }));

  it("of a batch are all sealed before the first request, and sent again as they are", async () => {
    const { table, script, keys } = secured([
      { error: "ProvisionedThroughputExceededException" },
      { answer: {} },
      { answer: {} },
    ]);
    await table.batchPut(items(26));
    expect(keys.calls).toHaveLength(26);
    expect(script.sent[0]?.body).toBe(script.sent[1]?.body);
    expect(script.sent).toHaveLength(3);
  });

  it("of a batch send nothing where KMS refuses the last of them", async () => {
    const { table, script, keys } = secured([]);
    const work = table.batchPut(items(2));
    keys.refuse("DisabledException");
    expect([isCode(await failure(work), "KeyUnavailable"), script.sent.length]).toEqual([true, 0]);
  });

  it("of one item in a batch have the envelope of the last alone", async () => {
    const { table, keys } = secured([{ answer: {} }]);
    await table.batchPut([...items(1), ...items(1)], { lastWins: true });
    expect(keys.calls).toHaveLength(1);
  });

  it("of a transaction are sealed once, whatever comes of them", async () => {
    const reasons = [{ Code: "ThrottlingError" }, { Code: "None" }];
    const { client, table, script, keys } = secured([
      { error: "TransactionCanceledException", reasons },
      { answer: {} },
    ]);
    const value = { id: "a", body: "b" };
    await client.transactWrite([
      table.actions.put(value),
      table.actions.update({ id: "z" }, { set: { pin: 1 } }),
    ]);
    expect(keys.calls.map(({ context }) => context["dynamorm:attribute"])).toEqual(["body", "pin"]);
    expect(script.sent[0]?.body).toBe(script.sent[1]?.body);
    expect(value).toMatchObject({ id: "a", body: "b", version: 1 });
  });

  it("of a prepared transaction are sealed when it is made", async () => {
    const { client, table, keys } = secured([{ answer: {} }]);
    const text = await client.prepare([table.actions.put({ id: "a", body: "my secret" })], { token: "t" });
    expect([keys.calls.length, text.includes("secret"), text.includes('"edk"')]).toEqual([1, false, true]);
    await client.transactSend(text);
  });

  it("of a chunk are undone together where KMS refuses it, and the others go on", async () => {
    const { table, script, keys } = secured([{ answer: {} }]);
    const failures: string[] = [];
    keys.refuse("KMSInternalException");
    const counts = await table.bulkPut(items(26), {
      concurrency: 1,
      onFailure: ({ state, error }) => {
        failures.push(`${state} ${error.code}`);
      },
    });
    expect(counts).toEqual({ written: 1, deleted: 0, failed: 25 });
    expect([new Set(failures), script.sent.length]).toEqual([new Set(["undone KeyUnavailable"]), 1]);
  });

  it("of a chunk do not wait for one that is too large with its envelope", async () => {
    const { table } = secured([{ answer: {} }]);
    const failures: unknown[] = [];
    const large = { id: "large", body: "x".repeat(409_540) };
    const counts = await table.bulkPut([...items(1), large], {
      onFailure: ({ key, error }) => {
        failures.push([key?.id, error.code]);
      },
    });
    expect([counts.written, failures]).toEqual([1, [["large", "ItemTooLarge"]]]);
  });
});

describe("a cache", () => {
  it("serves as many envelopes as it may, each with a nonce of its own", async () => {
    const cache = new DataKeyCache({ maxAgeMs: 1000, maxUses: 2 });
    const { table, script, keys } = secured([{ answer: {} }, { answer: {} }, { answer: {} }], { cache });
    for (const id of ["a", "b", "c"]) {
      await table.put({ id, body: "x" });
    }
    const sealed = (script.bodies as { Item: WireItem }[]).map(({ Item: item }) => item.body);
    expect(sealed.map(wrappedOf)).toEqual([1, 1, 2]);
    expect(new Set(sealed.map(nonceOf)).size).toBe(3);
    expect(keys.calls).toHaveLength(2);
  });

  it("that tenants share serves none of them another's keys", async () => {
    const cache = new DataKeyCache({ maxAgeMs: 1000, maxUses: 99 });
    const kms = new InMemoryKeys();
    for (const tenant of ["t", "u", "t"]) {
      await secured([{ answer: {} }], { cache, kms, context: { tenant } }).table.put({ id: "a", body: "x" });
    }
    expect(kms.calls.map(({ context }) => context.tenant)).toEqual(["t", "u"]);
  });

  it("grows old by the operation's reading of the clock", async () => {
    const cache = new DataKeyCache({ maxAgeMs: 1, maxUses: 99 });
    const clock = testClock(NOW, 1_000_000n);
    const { table, keys } = secured([{ answer: {} }, { answer: {} }], { cache }, { clock });
    await table.put({ id: "a", body: "x", hint: "h" });
    await table.put({ id: "b", body: "x" });
    expect(keys.calls).toHaveLength(2);
  });
});

describe("an encryption", () => {
  it.each([
    { key: "" },
    { readKeys: [""] },
    { context: { "": "x" } },
    { context: { "dynamorm:x": "x" } },
    { context: { "aws:x": "x" } },
    { context: { x: 1 as never } },
  ])("is not made with %j", (settings) => {
    expect(() => new Encryption({ key: "k", kms: new InMemoryKeys(), ...settings })).toThrow(
      /^ValidationFailed/,
    );
  });

  it("is not there for an action that goes to a client without one", async () => {
    const { table } = secured([]);
    const other = new Client({ transport: new Script([]) });
    const error = await failure(other.transactWrite([table.actions.put({ id: "a", body: "b" })]));
    expect(error).toMatchObject({ code: "EncryptionNotConfigured", path: "body" });
    const plain = other.table(Note);
    expect(await failure(plain.put({ id: "a", body: "b" }))).toMatchObject({
      code: "EncryptionNotConfigured",
    });
  });
});
