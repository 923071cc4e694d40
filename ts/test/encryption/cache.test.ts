import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { DataKey, DataKeyCache } from "../../src/encryption/cache.ts";
import { isCode } from "../../src/errors/code.ts";

const HOME = { keyId: "k", context: { "dynamorm:model": "M", "dynamorm:attribute": "a" } };
const key = (number: number): DataKey =>
  new DataKey("k", Uint8Array.of(number), new Uint8Array(32).fill(number));
const MILLI = 1_000_000n;

describe("a cache of data keys", () => {
  it("gives a generated key as often as it may be used", () => {
    const cache = new DataKeyCache({ maxAgeMs: 10, maxUses: 3 });
    const made = key(1);
    expect(cache.take(HOME, 0n)).toBeUndefined();
    cache.keepGenerated(HOME, made, 0n);
    expect([cache.take(HOME, 0n), cache.take(HOME, 0n), cache.take(HOME, 0n)]).toEqual([
      made,
      made,
      undefined,
    ]);
    expect(cache.find(HOME, made.wrapped, 0n)).toBe(made);
  });

  it("gives no key that is as old as it may be", () => {
    const cache = new DataKeyCache({ maxAgeMs: 10, maxUses: 9 });
    cache.keepGenerated(HOME, key(1), 5n);
    cache.keepOpened(HOME, key(2), 5n);
    expect(cache.take(HOME, 5n + 10n * MILLI - 1n)).toBeDefined();
    expect(cache.find(HOME, Uint8Array.of(2), 5n + 10n * MILLI - 1n)).toBeDefined();
    expect(cache.take(HOME, 5n + 10n * MILLI)).toBeUndefined();
    expect(cache.find(HOME, Uint8Array.of(1), 5n)).toBeUndefined();
    expect(cache.find(HOME, Uint8Array.of(2), 5n + 10n * MILLI)).toBeUndefined();
  });

  it("makes no envelopes with a key that was got by Decrypt", () => {
    const cache = new DataKeyCache({ maxAgeMs: 10, maxUses: 9 });
    cache.keepOpened(HOME, key(1), 0n);
    expect(cache.take(HOME, 0n)).toBeUndefined();
  });

  it.each([
    ["KMS key", { ...HOME, keyId: "other" }],
    ["attribute", { ...HOME, context: { ...HOME.context, "dynamorm:attribute": "b" } }],
    ["pair of the client's", { ...HOME, context: { ...HOME.context, tenant: "t" } }],
    ["namespace", { ...HOME, context: { ...HOME.context, "dynamorm:namespace": "n" } }],
    [
      "order of pairs with other words",
      { keyId: "k", context: { "dynamorm:model": "a", "dynamorm:attribute": "M" } },
    ],
  ])("gives no key to another %s", (_, other) => {
    const cache = new DataKeyCache({ maxAgeMs: 10, maxUses: 9 });
    cache.keepGenerated(HOME, key(1), 0n);
    expect(cache.take(other, 0n)).toBeUndefined();
    expect(cache.find(other, Uint8Array.of(1), 0n)).toBeUndefined();
  });

  it("gives a key whatever the order of the pairs", () => {
    const cache = new DataKeyCache({ maxAgeMs: 10, maxUses: 9 });
    cache.keepGenerated(HOME, key(1), 0n);
    const context = Object.fromEntries(Object.entries(HOME.context).reverse());
    expect(cache.take({ ...HOME, context }, 0n)).toBeDefined();
  });

  it("lets the least recently used key go first", () => {
    const cache = new DataKeyCache({ maxAgeMs: 10, maxUses: 9, maxEntries: 2 });
    cache.keepOpened(HOME, key(1), 0n);
    cache.keepOpened(HOME, key(2), 0n);
    cache.find(HOME, Uint8Array.of(1), 0n);
    cache.keepOpened(HOME, key(3), 0n);
    const left = [1, 2, 3].filter((number) => cache.find(HOME, Uint8Array.of(number), 0n) !== undefined);
    expect(left).toEqual([1, 3]);
  });

  it("has no sealing key left where its entry went", () => {
    const cache = new DataKeyCache({ maxAgeMs: 10, maxUses: 9, maxEntries: 1 });
    cache.keepGenerated(HOME, key(1), 0n);
    cache.keepOpened(HOME, key(2), 0n);
    expect(cache.take(HOME, 0n)).toBeUndefined();
  });

  it.each([
    { maxAgeMs: 0, maxUses: 1 },
    { maxAgeMs: -1, maxUses: 1 },
    { maxAgeMs: Infinity, maxUses: 1 },
    { maxAgeMs: NaN, maxUses: 1 },
    { maxAgeMs: 1, maxUses: 0 },
    { maxAgeMs: 1, maxUses: 2 ** 32 + 1 },
    { maxAgeMs: 1, maxUses: 1.5 },
    { maxAgeMs: 1, maxUses: 1, maxEntries: 0 },
  ])("is not made of %j", (options) => {
    try {
      new DataKeyCache(options);
      expect.unreachable();
    } catch (error) {
      expect(isCode(error, "ValidationFailed")).toBe(true);
    }
  });

  it("is made of the most uses that a key may have", () => {
    expect(inspect(new DataKeyCache({ maxAgeMs: 1, maxUses: 2 ** 32 }))).toBe("DataKeyCache");
  });
});
