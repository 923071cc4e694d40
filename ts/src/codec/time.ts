/** Times: RFC 3339 text of fixed width, dates, uuids, boolean texts, and the seconds and milliseconds of the epoch. */

import type { Attribute, Format } from "../schema/model.ts";
import { refuse, refuseKind, refuseWire, ValueFault, type ValueCodec, type Wire } from "./value.ts";

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, in seconds of the epoch.
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;
const NANOS_PER_SECOND = 1_000_000_000n;

/**
 * Read RFC 3339 text to its canonical text in UTC; undefined where it is no such time, or has more than `digits` significant fraction digits.
 *
 * @example
 * canonicalTime("2026-01-02T05:04:05.5+02:00", 6) // "2026-01-02T03:04:05.500000Z"
 */
export function canonicalTime(text: string, digits: 6 | 9): string | undefined {
  const match = RFC3339.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, date = "", hour = "", minute = "", second = ""] = match;
  const fraction = (match[5] ?? "").replace(/0+$/, "");
  if (!isDate(date) || hour > "23" || minute > "59" || second > "59" || fraction.length > digits) {
    return undefined;
  }
  const offset = offsetSeconds(match[6], match[7] ?? "00", match[8] ?? "00");
  if (offset === undefined) {
    return undefined;
  }
  const local = Date.parse(`${date}T${hour}:${minute}:${second}Z`) / 1000;
  return timeText(local - offset, fraction, digits);
}

function offsetSeconds(sign: string | undefined, hours: string, minutes: string): number | undefined {
  if (hours > "23" || minutes > "59") {
    return undefined;
  }
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  return sign === "-" ? -seconds : seconds;
}

function timeText(seconds: number, fraction: string, digits: number): string | undefined {
  if (!(seconds >= FIRST_SECOND && seconds <= LAST_SECOND)) {
    return undefined;
  }
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction.padEnd(digits, "0")}Z`;
}

function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) {
    return false;
  }
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return month >= 1 && month <= 12 && day >= 1 && day <= last;
}

/** One format of S: native value ↔ text. */
interface TextFormat {
  readonly what: string;
  readonly write: (value: unknown) => string | undefined;
  readonly read: (text: string) => string | boolean | undefined;
}

function fromText(read: (text: string) => string | undefined): Pick<TextFormat, "write" | "read"> {
  return { read, write: (value) => (typeof value === "string" ? read(value) : undefined) };
}

const TIMESTAMP: TextFormat = {
  what: "S as timestamp",
  read: (text) => canonicalTime(text, 6),
  write(value) {
    if (value instanceof Date) {
      const millis = value.getTime();
      const seconds = Math.floor(millis / 1000);
      return timeText(seconds, String(millis - seconds * 1000).padStart(3, "0"), 6);
    }
    return typeof value === "string" ? canonicalTime(value, 6) : undefined;
  },
};

const FORMATS: Partial<Record<Format, TextFormat>> = {
  timestamp: TIMESTAMP,
  rfc3339nano: { what: "S as rfc3339nano", ...fromText((text) => canonicalTime(text, 9)) },
  date: {
    what: "S as date",
    ...fromText((text) => (isDate(text) && !text.startsWith("0000") ? text : undefined)),
  },
  uuid: {
    what: "S as uuid",
    ...fromText((text) => (UUID.test(text) ? text.toLowerCase() : undefined)),
  },
  bool_string: {
    what: "S as bool_string",
    write: (value) => (typeof value === "boolean" ? String(value) : undefined),
    read: (text) => (text === "true" ? true : text === "false" ? false : undefined),
  },
};

/** Make the codec of an attribute of type S with a format; undefined where it has none. */
export function formattedCodec(attribute: Attribute): ValueCodec | undefined {
  const format = attribute.format && FORMATS[attribute.format];
  if (format === undefined) {
    return undefined;
  }
  const { what, write, read } = format;
  return {
    encode: (value) => `{"S":"${write(value) ?? refuseKind(what, value)}"}`,
    decode(wire: Wire) {
      const text = wire.S;
      const value = typeof text === "string" ? read(text) : undefined;
      return value ?? refuseWire("S", wire, what);
    },
  };
}

/** Make the writer of whole seconds (1000) or milliseconds (1) of the epoch: a Date is cut down, a number has to be whole. */
export function unixNumber(millisPerUnit: number): (value: unknown) => string {
  return (value) => {
    const number = value instanceof Date ? Math.floor(value.getTime() / millisPerUnit) : value;
    if (typeof number !== "number") {
      return refuseKind("a number or a Date", value);
    }
    if (!Number.isSafeInteger(number)) {
      return refuse("expected a whole number of the epoch");
    }
    return number === 0 ? "0" : String(number);
  };
}

/**
 * Give the wire value's JSON text of a clock's reading for an attribute that holds times; finer digits are cut, never rounded.
 *
 * @param nanos nanoseconds since the epoch
 */
export function encodeInstant(attribute: Attribute, nanos: bigint): string {
  const seconds = floorDivide(nanos, NANOS_PER_SECOND);
  const fraction = String(nanos - seconds * NANOS_PER_SECOND).padStart(9, "0");
  switch (attribute.format) {
    case "unix_seconds":
      return `{"N":"${seconds}"}`;
    case "unix_millis":
      return `{"N":"${floorDivide(nanos, 1_000_000n)}"}`;
    default: {
      const digits = attribute.format === "rfc3339nano" ? 9 : 6;
      const text = timeText(Number(seconds), fraction.slice(0, digits), digits);
      if (text === undefined) {
        throw new ValueFault("the clock's reading is outside the years 1 to 9999", undefined, [
          attribute.name,
        ]);
      }
      return `{"S":"${text}"}`;
    }
  }
}

/** BigInt division cuts towards zero; instants before 1970 have to be cut down. */
export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
