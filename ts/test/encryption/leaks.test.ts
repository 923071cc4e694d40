/** Nothing that the library makes shows a plain value or a data key, wherever one looks. */

import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { codecOf } from "../../src/codec/item.ts";
import { DataKey, DataKeyCache } from "../../src/encryption/cache.ts";
import { Encryption, ringOf } from "../../src/encryption/keys.ts";
import { put } from "../../src/operation/put.ts";
import { InMemoryKeys } from "../../src/testing.ts";
import { Note, NOW, sealedItem, secured } from "./secrets.ts";

const SECRET = "my own secret";

/** Every text that can be reached from a value by its members, its prototype's getters, and what prints it. */
function textsOf(value: unknown, seen = new Set<unknown>(), depth = 0): string[] {
  if (typeof value === "string") {
    return [value];
  }
  if (value instanceof Uint8Array) {
    return [Buffer.from(value).toString("base64"), Buffer.from(value).toString("latin1")];
  }
  if (typeof value !== "object" || value === null || seen.has(value) || depth > 8) {
    return [];
  }
  seen.add(value);
  const printed = [
    said(value),
    inspect(value, { depth: 9, showHidden: true }),
    JSON.stringify(value, replaced),
  ];
  const members = Reflect.ownKeys(value).flatMap((name) =>
    textsOf((value as Record<PropertyKey, unknown>)[name], seen, depth + 1),
  );
  return [...printed, ...members];
}

/** What `String` says of anything. */
const said = (value: unknown): string => Reflect.apply(String, undefined, [value]);

const replaced = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

function leaks(value: unknown, keys: readonly Uint8Array[] = []): string[] {
  const wanted = [SECRET, Buffer.from(SECRET).toString("base64").slice(0, 12)];
  for (const key of keys) {
    wanted.push(Buffer.from(key).toString("base64").slice(0, 20), [...key].join(", "));
  }
  return textsOf(value).filter((text) => wanted.some((one) => text.includes(one)));
}

describe("what the library makes", () => {
  it("of a write shows neither the value nor its key", async () => {
    const cache = new DataKeyCache({ maxAgeMs: 1000, maxUses: 9 });
    const { client, table, script, keys } = secured([{ answer: {} }], { cache });
    await table.put({ id: "a", body: SECRET });
    const { plain } = await new InMemoryKeys().generateDataKey("alias/app", {
      "dynamorm:model": "Note",
      "dynamorm:attribute": "body",
    });
    expect(leaks([client, table, script.sent, keys, cache], [plain])).toEqual([]);
  });

  it("before and during a write shows neither", () => {
    const codec = codecOf(Note, true);
    const draft = codec.draftItem({ id: "a", body: SECRET });
    const exchange = put(codec, "notes", { id: "a", body: SECRET }, { mode: "put", now: NOW });
    expect(leaks([draft, draft.seals, exchange, exchange.secrets, exchange.next()])).toEqual([]);
  });

  it("of keys shows none", () => {
    const plain = new Uint8Array(32).fill(9);
    const key = new DataKey("k", Uint8Array.of(1), plain);
    const encryption = new Encryption({ key: "k", kms: new InMemoryKeys(), context: { tenant: SECRET } });
    const ring = ringOf(encryption, 0n, undefined);
    expect(leaks([key, encryption, ring, new InMemoryKeys()], [plain])).toEqual([]);
    expect([said(key), inspect(encryption), JSON.stringify(ring)]).toEqual([
      "DataKey",
      "Encryption",
      '"Ring"',
    ]);
  });

  it("of errors shows nothing that was opened", async () => {
    const item = await sealedItem({ id: "a", body: SECRET, marks: new Set([SECRET]) });
    const { client, table } = secured([
      { error: "ConditionalCheckFailedException", item },
      { error: "TransactionCanceledException", reasons: [{ Code: "ConditionalCheckFailed", Item: item }] },
      { answer: { Item: { ...item, version: { S: "x" } } } },
      { cut: true },
    ]);
    const errors: unknown[] = [];
    for (const work of [
      () => table.create({ id: "a", body: SECRET }),
      () => client.transactWrite([table.actions.create({ id: "a", body: SECRET })]),
      () => table.get({ id: "a" }),
      () => table.put({ id: "a", body: SECRET }),
      () => table.put({ id: "a", body: SECRET, pin: SECRET as never }),
    ]) {
      errors.push(await work().catch((error: unknown) => error));
    }
    expect(errors.map((error) => (error as { code: string }).code)).toEqual([
      ...["ConditionFailed", "TransactionCanceled", "DecodeFailed", "NetworkError", "ValidationFailed"],
    ]);
    expect(leaks(errors)).toEqual([]);
    expect((errors[0] as { item: () => unknown }).item()).toMatchObject({ body: SECRET });
  });
});
