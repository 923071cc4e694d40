import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareUtf8, quote, utf8Length } from "../../src/text/utf8.ts";

const text = fc.string({ unit: "binary" });

describe("compareUtf8", () => {
  it("orders as the bytes do, where UTF-16 units would not", () => {
    expect(compareUtf8("\uff5e", "😀")).toBeLessThan(0);
    fc.assert(
      fc.property(text, text, (left, right) => {
        const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect(Math.sign(compareUtf8(left, right))).toBe(bytes);
      }),
    );
  });
});

describe("quote", () => {
  it("is JSON, escaped only where JSON demands it", () => {
    expect(quote('<é&\u2028>"\\\u0000\u001f\b')).toBe('"<é&\u2028>\\"\\\\\\u0000\\u001f\\b"');
    fc.assert(
      fc.property(text, fc.nat(3), (part, times) => {
        const long = part.repeat(times * 20);
        expect(JSON.parse(quote(long) ?? "")).toBe(long);
      }),
    );
  });

  it.each(["\ud800", "a\udc00", "\ude00\ud83d", "x".repeat(60) + "\ud800"])(
    "refuses a lone surrogate",
    (lone) => {
      expect(quote(lone)).toBeUndefined();
    },
  );
});

describe("utf8Length", () => {
  it("counts bytes", () => {
    expect([utf8Length("a"), utf8Length("é"), utf8Length("😀")]).toEqual([1, 2, 4]);
  });
});
