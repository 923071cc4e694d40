import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidCursor } from "../../src/errors/catalogue.ts";
import { type Bound, type Cursor, NONCE_BYTES, Signer } from "../../src/operation/cursor.ts";
import { canonicalNumber } from "../../src/text/decimal.ts";

const nonce = (): Uint8Array => crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
const SECRETS = ["newest", "older"];

const SIGNERS = {
  plain: new Signer(),
  signed: new Signer({ secrets: SECRETS }),
  encrypted: new Signer({ secrets: SECRETS, encrypt: true, nonce }),
};

type Kind = keyof typeof SIGNERS;
const KINDS = Object.keys(SIGNERS) as Kind[];

const name = fc.string({ unit: "binary", minLength: 1, maxLength: 8 });
const text = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
const value = fc.oneof(
  text.map((S) => ({ S })),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }), fc.integer({ min: -90, max: 80 }))
    .map(([digits, exponent]) => ({ N: canonicalNumber(`${digits}E${exponent}`) ?? "0" })),
  fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map((bytes) => ({ B: Buffer.from(bytes).toString("base64") })),
);
const cursors: fc.Arbitrary<Cursor> = fc.record({
  key: fc.dictionary(name, value, {
    minKeys: 1,
    maxKeys: 4,
    noNullPrototype: true,
  }),
  index: fc.option(name, { nil: undefined }),
  order: fc.constantFrom("asc", "desc", undefined),
  segment: fc.option(fc.tuple(fc.nat(), fc.nat()), { nil: undefined }),
});
const bounds: fc.Arbitrary<Bound> = fc.record({
  table: text,
  index: text,
  models: fc.array(text, { minLength: 1, maxLength: 3 }),
  condition: text,
  filter: text,
  context: text,
});

/** What reading comes to: the cursor, or that it is refused. */
function outcome(signer: Signer, given: unknown, bound: Bound = {}): Cursor | "refused" {
  try {
    return signer.read(given, () => bound);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidCursor);
    return "refused";
  }
}

const ALPHABET = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= é");

/** A text with one character cut, doubled, and changed to another; the seed chooses. */
function mutants(written: string, seed: number): string[] {
  const at = seed % written.length;
  const [head, character, tail] = [written.slice(0, at), written.charAt(at), written.slice(at + 1)];
  const others = ALPHABET.filter((other) => other !== character);
  return ["", character + character, others[seed % others.length] ?? ""].map((put) => head + put + tail);
}

describe.each(KINDS)("a %s cursor", (kind) => {
  const signer = SIGNERS[kind];

  it("is read as what was written", () => {
    fc.assert(
      fc.property(cursors, bounds, (cursor, bound) => {
        expect(
          outcome(
            signer,
            signer.write(cursor, () => bound),
            bound,
          ),
        ).toEqual(cursor);
      }),
    );
  });

  it("is text for a URL, with the one dot of a signature", () => {
    fc.assert(
      fc.property(cursors, (cursor) => {
        const written = signer.write(cursor, () => ({}));
        expect(written).toMatch(kind === "plain" ? /^[\w-]+$/ : /^[\w-]+\.[\w-]{43}$/);
      }),
    );
  });

  it("has one spelling: with a character cut, doubled or changed it is no other text's cursor", () => {
    fc.assert(
      fc.property(cursors, fc.nat(), (cursor, seed) => {
        const written = signer.write(cursor, () => ({}));
        for (const mutant of mutants(written, seed)) {
          const read = outcome(signer, mutant);
          if (kind !== "plain") {
            expect(read).toBe("refused");
          } else if (read !== "refused") {
            expect(signer.write(read, () => ({}))).toBe(mutant);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is no other kind's", () => {
    const written = signer.write({ key: { id: { S: "x" } }, order: "asc" }, () => ({}));
    for (const other of KINDS.filter((one) => one !== kind)) {
      expect(outcome(SIGNERS[other], written)).toBe("refused");
    }
  });

  it.each([
    ["no text", 5],
    ["null", null],
    ["nothing", ""],
    ["a dot", "."],
    ["no JSON", Buffer.from("{").toString("base64url")],
    ["no object", Buffer.from("[]").toString("base64url")],
    ["bytes that are no UTF-8", Buffer.from([0xff]).toString("base64url")],
  ])("is refused where it is %s", (_name, given) => {
    expect(outcome(signer, given)).toBe("refused");
  });
});

describe("the spelling", () => {
  const spell = (json: string): Cursor | "refused" =>
    outcome(SIGNERS.plain, Buffer.from(json).toString("base64url"));

  it("is canonical JSON", () => {
    expect(spell('{"k":{"id":{"N":"1"}},"s":"ASC","v":1}')).toEqual({
      key: { id: { N: "1" } },
      order: "asc",
      index: undefined,
      segment: undefined,
    });
  });

  it.each([
    ["another version", '{"k":{"id":{"N":"1"}},"v":2}'],
    ["no version", '{"k":{"id":{"N":"1"}}}'],
    ["another order of members", '{"v":1,"k":{"id":{"N":"1"}}}'],
    ["white space", '{"k":{"id":{"N":"1"}}, "v":1}'],
    ["a member too many", '{"k":{"id":{"N":"1"}},"v":1,"x":0}'],
    ["a member twice", '{"k":{"id":{"N":"1"}},"v":1,"v":1}'],
    ["an escape without need", '{"k":{"id":{"S":"\\u0041"}},"v":1}'],
    ["half a pair of UTF-16", '{"k":{"id":{"S":"\\ud800"}},"v":1}'],
    ["a number that is not canonical", '{"k":{"id":{"N":"1.0"}},"v":1}'],
    ["a number that is none", '{"k":{"id":{"N":"one"}},"v":1}'],
    ["bytes that are not canonical", '{"k":{"id":{"B":"AR=="}},"v":1}'],
    ["a value that is no value", '{"k":{"id":"x"},"v":1}'],
    ["a value of two types", '{"k":{"id":{"N":"1","S":"x"}},"v":1}'],
    ["no key", '{"v":1}'],
    ["an index that is no text", '{"i":1,"k":{"id":{"N":"1"}},"v":1}'],
    ["another direction", '{"k":{"id":{"N":"1"}},"s":"UP","v":1}'],
    ["half a segment", '{"g":[1],"k":{"id":{"N":"1"}},"v":1}'],
    ["a segment that is no number", '{"g":["0",1],"k":{"id":{"N":"1"}},"v":1}'],
  ])("refuses %s", (_name, json) => {
    expect(spell(json)).toBe("refused");
  });
});

describe("a signature", () => {
  const bound: Required<Bound> = {
    table: "t",
    index: "i",
    models: ["A", "B"],
    condition: "c",
    filter: "f",
    context: "x",
  };
  const cursor: Cursor = { key: { id: { S: "x" } }, order: "asc", index: undefined, segment: undefined };
  const written = SIGNERS.signed.write(cursor, () => bound);

  it.each<[string, Bound]>([
    ["another table", { ...bound, table: "u" }],
    ["another index", { ...bound, index: "" }],
    ["other models", { ...bound, models: ["B", "A"] }],
    ["another key condition", { ...bound, condition: "d" }],
    ["another filter", { ...bound, filter: "" }],
    ["another context", { ...bound, context: "y" }],
    ["parts that are cut elsewhere", { ...bound, condition: "", filter: "cf" }],
  ])("does not hold for %s", (_name, other) => {
    expect(outcome(SIGNERS.signed, written, bound)).toEqual(cursor);
    expect(outcome(SIGNERS.signed, written, other)).toBe("refused");
  });

  it("is by the first secret, and read by every one", () => {
    const rotated = new Signer({ secrets: ["next", ...SECRETS] });
    expect(outcome(rotated, written, bound)).toEqual(cursor);
    expect(
      outcome(
        SIGNERS.signed,
        rotated.write(cursor, () => bound),
        bound,
      ),
    ).toBe("refused");
    expect(outcome(new Signer({ secrets: ["other"] }), written, bound)).toBe("refused");
  });

  it("of the same bytes is the same, given as text or as bytes", () => {
    const bytes = new Signer({ secrets: [new TextEncoder().encode("newest")] });
    expect(bytes.write(cursor, () => bound)).toBe(written);
  });

  it("stands under an encrypted key that is opened by every secret, too", () => {
    const older = new Signer({ secrets: ["older"], encrypt: true, nonce });
    expect(
      outcome(
        SIGNERS.encrypted,
        older.write(cursor, () => bound),
        bound,
      ),
    ).toEqual(cursor);
  });
});

describe("an encrypted cursor", () => {
  it("shows nothing of the key, and is another each time", () => {
    const hidden = { key: { id: { S: "ada@example.org" } }, order: "asc" as const };
    const [one, two] = [1, 2].map(() => SIGNERS.encrypted.write(hidden, () => ({})));
    expect(one).not.toBe(two);
    expect(Buffer.from(one?.split(".")[0] ?? "", "base64url").includes("ada")).toBe(false);
  });
});

describe("a signer", () => {
  it.each([
    ["an empty secret", { secrets: [""] }],
    ["an empty secret behind another", { secrets: ["a", new Uint8Array()] }],
    ["encryption without secrets", { encrypt: true }],
  ])("is not made with %s", (_name, options) => {
    expect(() => new Signer(options)).toThrow("ValidationFailed");
  });

  it("does not encrypt without nonces", () => {
    const signer = new Signer({ secrets: SECRETS, encrypt: true });
    expect(() => signer.write({ key: { id: { S: "x" } } }, () => ({}))).toThrow("ValidationFailed");
  });
});
