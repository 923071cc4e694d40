import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecOf, marshalItem, unmarshalItem } from "../../src/codec/item.ts";
import type { WireItem } from "../../src/codec/value.ts";
import { isCode } from "../../src/errors/code.ts";
import type { DynamORMError } from "../../src/errors/error.ts";
import { defineModel } from "../../src/schema/declare.ts";
import { canonicalNumber } from "../../src/text/decimal.ts";
import type { JsonValue } from "../../src/text/json.ts";
import { Everything, Order } from "./models.ts";

function failure(work: () => unknown): DynamORMError {
  try {
    work();
  } catch (error) {
    return error as DynamORMError;
  }
  throw new Error("nothing was refused");
}

const text = fc.string({ unit: "binary" });
const bytes = fc.uint8Array({ maxLength: 12 });
// What DynamoDB stores is narrower than binary64.
const float = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => value === 0 || (Math.abs(value) > 1e-129 && Math.abs(value) < 1e125))
  .map((value) => value + 0);
const name = fc.string({ unit: "binary", maxLength: 6 });

const { untyped } = fc.letrec<{ untyped: unknown }>((tie) => ({
  untyped: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text,
    float,
    fc.boolean(),
    fc.constant(null),
    bytes,
    fc.array(text, { minLength: 1, maxLength: 3 }).map((members) => new Set(members)),
    fc.array(float, { minLength: 1, maxLength: 3 }).map((members) => new Set(members)),
    fc.array(tie("untyped"), { maxLength: 3 }),
    fc.dictionary(name, tie("untyped"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

const instant = fc.date({
  min: new Date(-62135596800000),
  max: new Date(253402300799999),
  noInvalidDate: true,
});
const stamp = instant.map((date) => date.toISOString().replace("Z", "000Z"));

// JSON.stringify writes -0 as 0, as we do; what DynamoDB does not store as a number is not stored in JSON text either.
const json = fc
  .jsonValue({ stringUnit: "binary" })
  .map((given) => JSON.stringify(given))
  .filter((written) => written !== "null" && !/e[+-]?\d{3}/.test(written))
  .map((written) => JSON.parse(written) as JsonValue);

const value = fc.record(
  {
    id: fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
    text,
    kind: fc.constantFrom("a" as const, "b" as const),
    num: float,
    whole: fc.maxSafeInteger(),
    big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    ratio: float,
    price: fc
      .tuple(fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }), fc.integer({ min: -90, max: 80 }))
      .map(([digits, exponent]) => canonicalNumber(`${digits}E${exponent}`) ?? "0"),
    seconds: fc.maxSafeInteger(),
    millis: fc.maxSafeInteger(),
    bin: bytes,
    flag: fc.boolean(),
    items: fc.array(untyped, { maxLength: 3 }),
    doc: fc.dictionary(name, untyped, { maxKeys: 3, noNullPrototype: true }),
    words: fc.array(text, { maxLength: 4 }).map((members) => new Set(members)),
    numbers: fc.array(float, { maxLength: 4 }).map((members) => new Set(members)),
    blobs: fc.uniqueArray(bytes, { maxLength: 3, selector: String }).map((members) => new Set(members)),
    stamp,
    nano: stamp.map((canonical) => canonical.replace("Z", "000Z")),
    day: instant.map((date) => date.toISOString().slice(0, 10)),
    uid: fc.uuid(),
    yes_no: fc.boolean(),
    data: json,
    notes: fc.array(text, { maxLength: 3 }),
    inner: fc.record(
      {
        label: text,
        level: fc.maxSafeInteger(),
        marks: fc.array(float, { maxLength: 3 }).map((members) => new Set(members)),
        rows: fc.array(fc.record({ at: stamp, ok: fc.boolean() }, { requiredKeys: [] }), { maxLength: 2 }),
      },
      { requiredKeys: ["level"] },
    ),
  },
  { requiredKeys: ["id"] },
);

/** What is read fills absent sets in; bytes in sets come in the order of the wire. */
function normal(read: Record<string, unknown>): unknown {
  const sets = { words: new Set(), numbers: new Set(), blobs: new Set() };
  const inner = read.inner as object | undefined;
  const blobs = [...((read.blobs ?? new Set()) as Set<Uint8Array>)].map((blob) =>
    Buffer.from(blob).toString("hex"),
  );
  return {
    ...sets,
    ...read,
    ...(inner === undefined ? {} : { inner: { marks: new Set(), ...inner } }),
    blobs: blobs.sort(),
  };
}

describe("a native Date", () => {
  it.each([
    [0, "000000"],
    [1, "001000"],
    [5, "005000"],
    [10, "010000"],
    [99, "099000"],
    [100, "100000"],
    [999, "999000"],
  ])("keeps its %i milliseconds at their place", (millis, fraction) => {
    for (const [second, base] of [
      ["2026-01-02T03:04:05", Date.UTC(2026, 0, 2, 3, 4, 5)],
      ["1969-12-31T23:59:58", -2000],
    ] as const) {
      const stamp = new Date(base + millis);
      expect(marshalItem(Everything, { id: "e", stamp })).toMatchObject({
        stamp: { S: `${second}.${fraction}Z` },
      });
    }
  });
});

describe("the codec of an item", () => {
  it("reads back every value it writes", () => {
    fc.assert(
      fc.property(value, (given) => {
        const read = unmarshalItem(Everything, marshalItem(Everything, given as never));
        expect(normal(read)).toEqual(normal(given));
      }),
      { numRuns: 300 },
    );
  });

  it("writes equal values as equal text, and reads what it reads again", () => {
    fc.assert(
      fc.property(value, (given) => {
        const codec = codecOf(Everything);
        const written = codec.encodeItem(given);
        expect(codec.encodeItem(codec.decodeItem(JSON.parse(written) as WireItem))).toBe(written);
      }),
    );
  });

  it("agrees with the SDK's own marshaller on untyped values", () => {
    // Sets and bytes are the SDK's own types; empty sets and keys alike are nothing it takes.
    fc.assert(
      fc.property(untyped, (given) => {
        const ours = marshalItem(Everything, { id: "x", items: [given] }).items;
        const theirs = marshall({ items: [given] }, { allowImpreciseNumbers: true }).items;
        const read = (list: unknown): unknown =>
          unmarshall({ list: list as never }, { wrapNumbers: Number as never }).list;
        expect(read(bytesOf(ours))).toEqual(read(theirs));
      }),
    );
  });

  it("names the attribute and the types, never the value", () => {
    const error = failure(() =>
      marshalItem(Everything, { id: "x", inner: { level: 1, rows: [{}, { ok: "secret" }] } } as never),
    );
    expect(error.message).toBe("ValidationFailed at inner.rows[1].ok: expected a boolean, found string");
    expect(error.path).toBe("inner.rows[1].ok");
  });

  it.each([
    ["a name with a dot", { "a.b": 1 }, "doc.`a.b`"],
    ["a plain name", { x: { y: Number.NaN } }, "doc.x.y"],
  ])("writes the path of %s", (_name, doc, path) => {
    const invalid = JSON.parse(JSON.stringify(doc), (key, member: unknown) =>
      key === "a.b" || key === "y" ? undefined : member,
    ) as object;
    const broken = path.includes("y") ? { x: { y: Number.NaN } } : { ...invalid, "a.b": 1n };
    expect(failure(() => marshalItem(Everything, { id: "x", doc: broken })).path).toBe(path);
  });

  it.each([
    ["an unknown attribute", { nosuch: 1 }, "nosuch"],
    ["an unknown attribute that every object has", { constructor: 1 }, "constructor"],
    ["a number for text", { text: 5 }, "text"],
    ["text for a number", { whole: "5" }, "whole"],
    ["an unsafe integer", { whole: 2 ** 53 }, "whole"],
    ["a number for an int64", { big: 5 }, "big"],
    ["an int64 beyond 64 bits", { big: 2n ** 63n }, "big"],
    ["a number for a decimal", { price: 1.5 }, "price"],
    ["39 digits", { price: "1".repeat(39) }, "price"],
    ["NaN", { ratio: Number.NaN }, "ratio"],
    ["an infinity", { num: Number.POSITIVE_INFINITY }, "num"],
    ["a number too small for DynamoDB", { ratio: 5e-324 }, "ratio"],
    ["a fraction of a second", { seconds: 1.5 }, "seconds"],
    ["an invalid Date", { stamp: new Date(Number.NaN) }, "stamp"],
    ["a time without an offset", { stamp: "2026-01-02T03:04:05" }, "stamp"],
    ["a Date for nanoseconds", { nano: new Date(0) }, "nano"],
    ["numbers for bytes", { bin: [1, 2] }, "bin"],
    ["an ArrayBuffer for bytes", { bin: new ArrayBuffer(1) }, "bin"],
    ["an array for a set", { words: ["a"] }, "words"],
    ["a set of mixed members", { words: new Set(["a", 1]) }, "words"],
    ["an object for a list", { notes: {} }, "notes"],
    ["null in a typed list", { notes: ["a", null] }, "notes[1]"],
    ["a hole in an untyped list", { items: [undefined] }, "items[0]"],
    ["an array for a map", { inner: [] }, "inner"],
    ["a Map for a map", { doc: new Map() }, "doc"],
    ["a Date in an untyped list", { items: [new Date(0)] }, "items[0]"],
    ["a bigint in an untyped map", { doc: { n: 1n } }, "doc.n"],
    ["an empty set in an untyped map", { doc: { s: new Set() } }, "doc.s"],
    ["a missing required member", { inner: {} }, "inner.level"],
    ["a value outside the enumeration", { kind: "c" }, "kind"],
    ["a lone surrogate", { text: "\ud800" }, "text"],
    ["a lone surrogate in a key", { doc: { "\udc00": 1 } }, "doc"],
    ["bytes in JSON", { data: [new Uint8Array(1)] }, "data"],
    ["something that is not null", { nothing: 0 }, "nothing"],
  ])("refuses %s on write", (_name, broken, path) => {
    const error = failure(() => marshalItem(Everything, { id: "x", ...broken } as never));
    expect([error.code, error.origin, error.path]).toEqual(["ValidationFailed", "client", path]);
  });

  it.each([
    ["another tag", { whole: { S: "5" } }, "whole"],
    ["a fraction in an integer", { whole: { N: "1.5" } }, "whole"],
    ["an integer that is not safe", { whole: { N: "9007199254740993" } }, "whole"],
    ["an int64 that overflows", { big: { N: "9223372036854775808" } }, "big"],
    ["a number that is not exact", { num: { N: "9007199254740993" } }, "num"],
    ["no number", { price: { N: "abc" } }, "price"],
    ["no base64", { bin: { B: "!!" } }, "bin"],
    ["base64 without padding", { bin: { B: "AA" } }, "bin"],
    ["a list for a set", { words: { L: [] } }, "words"],
    ["a number that is not exact in a set", { numbers: { NS: ["9007199254740993"] } }, "numbers"],
    ["NULL in a typed list", { notes: { L: [{ NULL: true }] } }, "notes[0]"],
    ["an unknown tag in a list", { items: { L: [{ X: 1 }] } }, "items[0]"],
    ["JSON that repeats a key", { data: { S: '{"a":1,"a":2}' } }, "data"],
    ["a value outside the enumeration", { kind: { S: "c" } }, "kind"],
    ["a required member that is NULL", { inner: { M: { level: { NULL: true } } } }, "inner.level"],
    ["no map where a map should be", { inner: { M: [] } }, "inner"],
    ["a day that is none", { day: { S: "2025-02-29" } }, "day"],
  ])("refuses %s on read", (_name, stored, path) => {
    const item = { id: { S: "x" }, ...stored } as unknown as WireItem;
    const error = failure(() => unmarshalItem(Everything, item));
    expect([error.code, error.origin, error.path]).toEqual(["DecodeFailed", "client", path]);
    expect(error.message).toContain("Everything");
  });

  it("tells a value without its key so first", () => {
    const error = failure(() => marshalItem(Order, { status: 5, order_id: null } as never));
    expect([error.code, error.path]).toEqual(["MissingPrimaryKey", "customer_id"]);
  });

  it("reads absent and NULL alike, and gives absent sets as empty ones", () => {
    const read = unmarshalItem(Everything, {
      id: { S: "x" },
      text: { NULL: true },
      words: { NULL: true },
      flag: { NULL: false },
    } as unknown as WireItem);
    expect(read).toEqual({ id: "x", words: new Set(), numbers: new Set(), blobs: new Set() });
  });

  it("fills nothing in where a part was selected", () => {
    expect(codecOf(Everything).decodePartial({ inner: { M: {} } })).toEqual({ inner: {} });
  });

  it("collapses bytes that are equal", () => {
    const blobs = new Set([Uint8Array.of(2), Uint8Array.of(1), Buffer.from([2])]);
    expect(marshalItem(Everything, { id: "x", blobs }).blobs).toEqual({ BS: ["AQ==", "Ag=="] });
  });

  it("takes a window on a larger buffer as the bytes it shows", () => {
    const window = new Uint8Array(Uint8Array.of(0, 255, 0).buffer, 1, 1);
    expect(marshalItem(Everything, { id: "x", bin: window }).bin).toEqual({ B: "/w==" });
  });

  it("gives bytes of their own, no Buffer", () => {
    const { bin } = unmarshalItem(Everything, { id: { S: "x" }, bin: { B: "AP8=" } });
    expect(bin?.constructor).toBe(Uint8Array);
    expect(bin?.buffer.byteLength).toBe(2);
  });

  it("names members by their field in camel case, and attributes by their own name", () => {
    const item = marshalItem(Order, {
      customer_id: "c",
      order_id: "o",
      status: "open",
      placedAt: new Date(Date.UTC(2026, 0, 2)),
    });
    expect(item.placed).toEqual({ S: "2026-01-02T00:00:00.000000Z" });
    expect(unmarshalItem(Order, item).placedAt).toBe("2026-01-02T00:00:00.000000Z");
  });

  it("works with attributes named like members that every object has", () => {
    const Awkward = defineModel({
      name: "Awkward",
      table: "awkward",
      keys: { partition: "id" },
      attributes: { id: { type: "S" }, constructor: { type: "S" }, toString: { type: "S", required: true } },
    });
    expect(failure(() => marshalItem(Awkward, { id: "x" } as never)).path).toBe("toString");
    const item = marshalItem(Awkward, { id: "x", toString: "y" } as never);
    expect(item).toEqual({ id: { S: "x" }, toString: { S: "y" } });
    expect(Object.keys(unmarshalItem(Awkward, item))).toEqual(["id", "toString"]);
  });

  it("keeps a map's member named __proto__", () => {
    const doc = JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>;
    const item = marshalItem(Everything, { id: "x", doc });
    expect(JSON.stringify(item.doc)).toBe('{"M":{"__proto__":{"M":{"a":{"N":"1"}}}}}');
    expect(JSON.stringify(unmarshalItem(Everything, item).doc)).toBe('{"__proto__":{"a":1}}');
  });

  it("refuses an item that is too large before anything is sent", () => {
    const error = failure(() => marshalItem(Everything, { id: "x", text: "é".repeat(205_000) }));
    expect(isCode(error, "ItemTooLarge")).toBe(true);
    expect(marshalItem(Everything, { id: "x", text: "é".repeat(204_000) }).id).toEqual({ S: "x" });
  });

  it("refuses keys that are empty or too long, of the table and of indexes", () => {
    const order = { customer_id: "c", order_id: "o", status: "open" as const };
    const of = (change: object): unknown => failure(() => marshalItem(Order, { ...order, ...change })).path;
    expect(of({ customer_id: "" })).toBe("customer_id");
    expect(of({ customer_id: "é".repeat(1025) })).toBe("customer_id");
    expect(of({ order_id: "x".repeat(1025) })).toBe("order_id");
    expect(marshalItem(Order, { ...order, customer_id: "é".repeat(1024) }).order_id).toEqual({ S: "o" });
  });
});

/** The SDK takes bytes where the wire has base64. */
function bytesOf(wire: unknown): unknown {
  const [[tag, inner] = ["", null]] = Object.entries(wire as object) as [string, unknown][];
  switch (tag) {
    case "B":
      return { B: new Uint8Array(Buffer.from(inner as string, "base64")) };
    case "L":
      return { L: (inner as unknown[]).map(bytesOf) };
    case "M":
      return {
        M: Object.fromEntries(Object.entries(inner as object).map(([key, member]) => [key, bytesOf(member)])),
      };
    default:
      return wire;
  }
}
