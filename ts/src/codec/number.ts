/** Numbers: each format's native number ↔ the canonical text on the wire. */

import type { Attribute, Format } from "../schema/model.ts";
import { canonicalNumber, exactFloat, floatText } from "../text/decimal.ts";
import { unixNumber } from "./time.ts";
import { refuse, refuseKind, refuseWire, type ValueCodec, type Wire } from "./value.ts";

/** One format of N: native number ↔ canonical text. */
export interface NumberFormat {
  /** Give the canonical text of a native number. */
  readonly write: (value: unknown) => string;
  /** Give the native number of any text that is a number; undefined where the format cannot hold it. */
  readonly read: (text: string) => number | bigint | string | undefined;
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

// Short enough for a JavaScript number, whatever the digits.
const SHORT_WHOLE = /^-?\d{1,15}$/;

function writeFloat(value: unknown): string {
  if (typeof value !== "number") {
    return refuseKind("a number", value);
  }
  if (!Number.isFinite(value)) {
    return refuse("NaN and the infinities are no numbers of DynamoDB");
  }
  return canonicalNumber(floatText(value)) ?? refuse("the number is out of DynamoDB's range");
}

function writeInt(value: unknown): string {
  if (typeof value !== "number") {
    return refuseKind("a number", value);
  }
  if (!Number.isSafeInteger(value)) {
    return refuse("expected a safe integer; declare the format int64 for larger ones");
  }
  return value === 0 ? "0" : String(value);
}

function writeInt64(value: unknown): string {
  if (typeof value !== "bigint") {
    return refuseKind("a bigint", value);
  }
  return value > INT64_MAX || value < INT64_MIN ? refuse("the integer is beyond 64 bits") : String(value);
}

function writeDecimal(value: unknown): string {
  if (typeof value !== "string") {
    return refuseKind("decimal text", value);
  }
  return (
    canonicalNumber(value) ?? refuse("expected decimal text of at most 38 digits, within DynamoDB's range")
  );
}

const WHOLE = /^-?\d+$/;

function readInt(text: string): number | undefined {
  if (SHORT_WHOLE.test(text)) {
    return Number(text) + 0;
  }
  // Told whole by its text: a JavaScript number would have rounded it by then.
  const canonical = canonicalNumber(text);
  const value = canonical !== undefined && WHOLE.test(canonical) ? Number(canonical) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}

function readInt64(text: string): bigint | undefined {
  const canonical = canonicalNumber(text);
  if (canonical === undefined || !WHOLE.test(canonical)) {
    return undefined;
  }
  const value = BigInt(canonical);
  return value > INT64_MAX || value < INT64_MIN ? undefined : value;
}

function readFloat(text: string): number | undefined {
  const canonical = canonicalNumber(text);
  return canonical === undefined ? undefined : Number(canonical);
}

function readExact(text: string): number | undefined {
  if (SHORT_WHOLE.test(text)) {
    return Number(text) + 0;
  }
  const canonical = canonicalNumber(text);
  return canonical === undefined ? undefined : exactFloat(canonical);
}

/** Numbers without a format: what a JavaScript number holds exactly. */
export const PLAIN_NUMBER: NumberFormat = { write: writeFloat, read: readExact };

const INT: NumberFormat = { write: writeInt, read: readInt };

const FORMATS: Partial<Record<Format, NumberFormat>> = {
  int: INT,
  int64: { write: writeInt64, read: readInt64 },
  float: { write: writeFloat, read: readFloat },
  decimal: { write: writeDecimal, read: canonicalNumber },
  unix_seconds: { write: unixNumber(1000), read: readInt },
  unix_millis: { write: unixNumber(1), read: readInt },
};

/** Give the format of an attribute of type N. */
export function numberFormat(attribute: Attribute): NumberFormat {
  return (attribute.format && FORMATS[attribute.format]) ?? PLAIN_NUMBER;
}

/** Give the format of what is added to an attribute: a number, also where the attribute is a time. */
export function addendFormat(attribute: Attribute): NumberFormat {
  const isTime = attribute.format === "unix_seconds" || attribute.format === "unix_millis";
  return isTime ? INT : numberFormat(attribute);
}

/** Make the codec of an attribute of type N. */
export function numberCodec(attribute: Attribute): ValueCodec {
  const { write, read } = numberFormat(attribute);
  const what = attribute.format === undefined ? "N" : `N as ${attribute.format}`;
  const isTtl = attribute.roles.includes("ttl");
  return {
    encode(value) {
      const text = write(value);
      if (isTtl && text.startsWith("-")) {
        refuse("a time to live is not before 1970");
      }
      return `{"N":"${text}"}`;
    },
    decode(wire: Wire) {
      const text = wire.N;
      const value = typeof text === "string" ? read(text) : undefined;
      return value ?? refuseWire("N", wire, what);
    },
  };
}
