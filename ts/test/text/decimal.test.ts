import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalNumber,
  compareNumbers,
  exactFloat,
  floatText,
  negate,
  parseDecimal,
} from "../../src/text/decimal.ts";

/** Any spelling of a decimal number of up to 38 digits, within DynamoDB's range. */
const storable = fc
  .tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.integer({ min: -120, max: 80 }))
  .map(([digits, exponent]) => `${digits}E${exponent}`);

describe("canonicalNumber", () => {
  it.each([
    ["0", "0"],
    ["-0.000", "0"],
    ["+007", "7"],
    ["10.50", "10.5"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1E37", "10000000000000000000000000000000000000"],
    ["1E38", "1E+38"],
    ["12.5e40", "1.25E+41"],
    ["1E-7", "0.0000001"],
    ["0.00000001", "1E-8"],
    ["9.9999999999999999999999999999999999999E+125", "9.9999999999999999999999999999999999999E+125"],
    ["-1E-130", "-1E-130"],
  ])("writes %s as %s", (text, canonical) => {
    expect(canonicalNumber(text)).toBe(canonical);
  });

  it.each(["", ".", "-", "e5", "1e", "0x10", "1_000", " 1", "NaN", "Infinity", "1,5", "٣"])(
    "finds no number in %j",
    (text) => {
      expect(canonicalNumber(text)).toBeUndefined();
    },
  );

  it.each(["123456789012345678901234567890123456789", "1E126", "-1E126", "1E-131", "1E999999999999"])(
    "refuses %s, which DynamoDB does not store",
    (text) => {
      expect(canonicalNumber(text)).toBeUndefined();
    },
  );

  it("is a fixed point, and keeps the value", () => {
    fc.assert(
      fc.property(storable, (text) => {
        const canonical = canonicalNumber(text) ?? "";
        expect(canonicalNumber(canonical)).toBe(canonical);
        expect(parseDecimal(canonical)).toEqual(parseDecimal(text));
      }),
    );
  });

  it("gives equal numbers equal text, whatever their spelling", () => {
    fc.assert(
      fc.property(storable, fc.nat(20), (text, zeros) => {
        const [digits = "", exponent = ""] = text.split("E");
        const spelled = `${digits}${"0".repeat(zeros)}E${Number(exponent) - zeros}`;
        expect(canonicalNumber(spelled)).toBe(canonicalNumber(text));
      }),
    );
  });
});

describe("floatText", () => {
  it("reads back to the same binary64, negative zero aside", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(floatText(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it("is canonical wherever DynamoDB stores the number", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e125, max: 1e125, noNaN: true }), (value) => {
        const stored = canonicalNumber(floatText(value));
        expect(stored === undefined || stored === floatText(value)).toBe(true);
      }),
    );
  });
});

describe("exactFloat", () => {
  it("gives a number only where it is exact", () => {
    expect(exactFloat("0.1")).toBe(0.1);
    expect(exactFloat("9007199254740991")).toBe(9007199254740991);
    expect(exactFloat("9007199254740993")).toBeUndefined();
    expect(exactFloat("0.1000000000000000055511151231257827")).toBeUndefined();
  });
});

describe("compareNumbers", () => {
  it.each([
    ["-1", "0"],
    ["-10", "-9"],
    ["9", "10"],
    ["0.1", "0.11"],
    ["1E-130", "1E+125"],
    ["-1E+125", "-1E-130"],
  ])("puts %s before %s", (less, more) => {
    expect(compareNumbers(less, more)).toBeLessThan(0);
    expect(compareNumbers(more, less)).toBeGreaterThan(0);
  });

  it("finds numbers of equal value equal", () => {
    expect(compareNumbers("1.50", "15E-1")).toBe(0);
    expect(compareNumbers("-0", "0.0")).toBe(0);
  });
});

describe("negate", () => {
  it("never doubles a sign", () => {
    expect(["0", "1.5", "-1.5"].map(negate)).toEqual(["0", "-1.5", "1.5"]);
  });
});
