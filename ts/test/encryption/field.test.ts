import { describe, expect, it } from "vitest";
import type { AttributeValue } from "../../src/codec/value.ts";
import {
  additionalData,
  decrypt,
  encrypt,
  type EnvelopeContext,
  openEnvelope,
  sealText,
  sealValue,
} from "../../src/encryption/field.ts";
import { isCode } from "../../src/errors/code.ts";
import { tampered } from "./secrets.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
const NONCE = Uint8Array.from({ length: 12 }, (_, index) => index);
const WRAPPED = Uint8Array.of(1, 2, 3);
const CONTEXT: EnvelopeContext = {
  namespace: "acme",
  model: "Note",
  attribute: "body",
  client: { tenant: "t" },
  key: [
    ["id", { S: "é" }],
    ["at", { N: "1.50" }],
  ],
};

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

/** The Galois/Counter Mode of Operation, McGrew and Viega, appendix B: test cases 13 to 16, of keys of 256 bits. */
const VECTORS = {
  "no text": {
    key: "00".repeat(32),
    nonce: "00".repeat(12),
    data: "",
    plain: "",
    sealed: "530f8afbc74536b9a963b4f1c4cb738b",
  },
  "a block of zeros": {
    key: "00".repeat(32),
    nonce: "00".repeat(12),
    data: "",
    plain: "00".repeat(16),
    sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
  },
  "text and data": {
    key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
    nonce: "cafebabefacedbaddecaf888",
    data: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    plain:
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    sealed:
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" +
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
  },
};

describe("AES-256-GCM", () => {
  it.each(Object.entries(VECTORS))(
    "agrees with its authors on %s",
    (_, { key, nonce, data, plain, sealed }) => {
      const [k, n, a] = [bytes(key), bytes(nonce), bytes(data)];
      expect(Buffer.from(encrypt(bytes(plain), k, n, a)).toString("hex")).toBe(sealed);
      expect(Buffer.from(decrypt(bytes(sealed), k, n, a) ?? []).toString("hex")).toBe(plain);
      expect(decrypt(bytes(sealed).with(0, (bytes(sealed)[0] ?? 0) ^ 1), k, n, a)).toBeUndefined();
    },
  );
});

describe("additional data", () => {
  it("has every part behind its length", () => {
    const parts = ["dynamorm.envelope.v1", "1", "acme", "Note", "body", '{"tenant":"t"}'];
    const all = [...parts, "id", "S", "é", "at", "N", "1.5"].map((part) => Buffer.from(part));
    const expected = all.flatMap((part) => [0, 0, 0, part.length, ...part]);
    expect([...additionalData(CONTEXT)]).toEqual(expected);
  });

  it("says of nothing that it is empty", () => {
    const said = Buffer.from(additionalData({ model: "N", attribute: "a", key: [["id", { B: "AAE=" }]] }));
    expect(said.toString("latin1")).toContain("\0\0\0\x011\0\0\0\0\0\0\0\x01N\0\0\0\x01a\0\0\0\x02{}");
    expect([...said.subarray(-7)]).toEqual([66, 0, 0, 0, 2, 0, 1]);
  });

  it.each([
    ["a key of another type", { key: [["id", { BOOL: true }]] }],
    ["a number that is none", { key: [["id", { N: "x" }]] }],
    ["half a pair of UTF-16", { key: [["id", { S: "\ud800" }]] }],
    ["a model that is no text", { model: "\ud800" }],
  ])("refuses %s", (_, change) => {
    expect(() => additionalData({ ...CONTEXT, ...change } as EnvelopeContext)).toThrow(/^ValidationFailed/);
  });
});

const seal = (value: AttributeValue): AttributeValue => sealValue(value, KEY, NONCE, WRAPPED, CONTEXT);

describe("an envelope", () => {
  it.each<AttributeValue>([
    ...[{ S: "" }, { S: "é\u0000𐀂" }, { N: "-0.5" }, { B: "AAE=" }, { BOOL: false }, { NULL: true as const }],
    ...[{ SS: ["a", "b"] }, { NS: ["1", "2"] }, { BS: ["AA=="] }, { L: [] }],
    { M: { a: { L: [{ N: "1" }] }, __proto__x: { S: "" } } },
  ])("gives back %j", (value) => {
    expect(openEnvelope(seal(value), KEY, CONTEXT)).toEqual(value);
  });

  it("has four members, and the tag behind the ciphertext", () => {
    const text = '{"S":"a"}';
    expect(seal({ S: "a" })).toEqual({
      M: {
        v: { N: "1" },
        edk: { B: "AQID" },
        nonce: { B: "AAECAwQFBgcICQoL" },
        ct: { B: Buffer.from(sealText(text, KEY, NONCE, additionalData(CONTEXT))).toString("base64") },
      },
    });
  });

  const flipped = (text: string, at: number): { B: string } => {
    const changed = Buffer.from(text, "base64");
    const place = at < 0 ? changed.length + at : at;
    changed[place] = (changed[place] ?? 0) ^ 1;
    return { B: changed.toString("base64") };
  };
  const whole = seal({ S: "my secret" }) as { M: Record<"ct" | "nonce" | "edk", { B: string }> };

  it.each<readonly [string, unknown]>([
    ["a text", { S: "x" }],
    ["nothing", undefined],
    ["another tag beside", { ...whole, S: "x" }],
    ["a missing member", { M: { ct: whole.M.ct, nonce: whole.M.nonce, edk: whole.M.edk } }],
    ["a member too many", tampered(whole, { more: { S: "x" } })],
    ["another version", tampered(whole, { v: { N: "2" } })],
    ["a version of another type", tampered(whole, { v: { S: "1" } })],
    ["a nonce of 11 bytes", tampered(whole, { nonce: { B: "AAECAwQFBgcICQo=" } })],
    ["a nonce that is no base64", tampered(whole, { nonce: { B: "?" } })],
    ["a ciphertext under 16 bytes", tampered(whole, { ct: { B: "AAEC" } })],
    ["no wrapped key", tampered(whole, { edk: { B: "" } })],
    ["too long a wrapped key", tampered(whole, { edk: { B: Buffer.alloc(6145).toString("base64") } })],
    ["a flipped bit of the ciphertext", tampered(whole, { ct: flipped(whole.M.ct.B, 0) })],
    ["a flipped bit of the tag", tampered(whole, { ct: flipped(whole.M.ct.B, -1) })],
    ["a flipped bit of the nonce", tampered(whole, { nonce: flipped(whole.M.nonce.B, 0) })],
  ])("does not open with %s", (_, envelope) => {
    expect(() => openEnvelope(envelope as AttributeValue, KEY, CONTEXT)).toThrow(/^InvalidEncryptedEnvelope/);
  });

  it.each<readonly [string, Partial<EnvelopeContext>]>([
    ["namespace", { namespace: undefined }],
    ["model", { model: "Other" }],
    ["attribute", { attribute: "pin" }],
    ["client context", { client: { tenant: "u" } }],
    ["key", { key: [["id", { S: "f" }]] }],
    ["type of key", { key: [["id", { B: "w6k=" }]] }],
  ])("does not open under another %s", (_, change) => {
    const other = { ...CONTEXT, ...change };
    expect(() => openEnvelope(whole as never, KEY, other)).toThrow(/^InvalidEncryptedEnvelope/);
  });

  it.each(["", "no JSON", '{"S":1}', '{"S":"a","N":"1"}', "[]", '"a"', '{"L":[{"X":"a"}]}', "\ufeff{}"])(
    "does not open to %j, which is no value",
    (text) => {
      const ct = Buffer.from(sealText(text, KEY, NONCE, additionalData(CONTEXT))).toString("base64");
      const envelope = tampered(whole, { ct: { B: ct } });
      expect(() => openEnvelope(envelope, KEY, CONTEXT)).toThrow(/^InvalidEncryptedEnvelope/);
    },
  );

  it("does not open a value that nests deeper than any can", () => {
    const text = `${'{"L":['.repeat(100_000)}${"]}".repeat(100_000)}`;
    const ct = Buffer.from(sealText(text, KEY, NONCE, additionalData(CONTEXT))).toString("base64");
    expect(() => openEnvelope(tampered(whole as never, { ct: { B: ct } }), KEY, CONTEXT)).toThrow(
      /^InvalidEncryptedEnvelope/,
    );
  });

  it("is read whatever the spelling of its version", () => {
    const other = tampered(whole, { v: { N: "1.0" } });
    expect(openEnvelope(other, KEY, CONTEXT)).toEqual({ S: "my secret" });
  });

  it("is not made of parts that have not their length", () => {
    const value = { S: "a" };
    for (const make of [
      () => sealValue(value, KEY.subarray(1), NONCE, WRAPPED, CONTEXT),
      () => sealValue(value, KEY, NONCE.subarray(1), WRAPPED, CONTEXT),
      () => sealValue(value, KEY, NONCE, new Uint8Array(), CONTEXT),
      () => sealValue({ S: 1 } as never, KEY, NONCE, WRAPPED, CONTEXT),
    ]) {
      expect(make).toThrow(/^ValidationFailed/);
    }
  });

  it("tells nothing of the value where it does not open", () => {
    try {
      openEnvelope(tampered(whole, { ct: flipped(whole.M.ct.B, 0) }), KEY, CONTEXT);
      expect.unreachable();
    } catch (error) {
      expect(isCode(error, "InvalidEncryptedEnvelope") && error.cause).toBe(undefined);
      expect(String(error)).not.toContain("secret");
    }
  });
});
