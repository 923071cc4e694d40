/**
 * Decimal numbers as text: reading any spelling, and the one canonical spelling that is written.
 *
 * Nothing here goes through binary floating point, so no digit is ever lost.
 */

import { NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN } from "../generated/limits.ts";

/** A number taken apart: `digits` has no zeros at either end and is empty for zero; the first digit stands at 10^exponent. */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const SPELLING = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Take a number's text apart; undefined where it is no decimal number. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = SPELLING.exec(text);
  if (match === null) {
    return undefined;
  }
  const whole = match[2] ?? "";
  const all = whole + (match[3] ?? "");
  if (all === "") {
    return undefined;
  }
  const first = all.search(/[1-9]/);
  if (first < 0) {
    return { negative: false, digits: "", exponent: 0 };
  }
  return {
    negative: match[1] === "-",
    digits: trimZeros(all, first),
    exponent: whole.length - 1 - first + Number(match[4] ?? 0),
  };
}

function trimZeros(all: string, first: number): string {
  let end = all.length;
  while (all.charCodeAt(end - 1) === 0x30) {
    end--;
  }
  return all.slice(first, end);
}

/** Tell whether DynamoDB stores the number: at most 38 digits, and a magnitude within its range. */
export function isStorable(number: Decimal): boolean {
  return (
    number.digits === "" ||
    (number.digits.length <= NUMBER_DIGITS_MAX &&
      number.exponent <= NUMBER_EXPONENT_MAX &&
      number.exponent >= NUMBER_EXPONENT_MIN)
  );
}

/** Tell whether the number has no fraction. */
export function isIntegral(number: Decimal): boolean {
  return number.digits.length <= number.exponent + 1;
}

const PLAIN_BELOW = 38;
const PLAIN_FROM = -7;

/** Write a number in canonical text. */
export function formatDecimal({ negative, digits, exponent }: Decimal): string {
  if (digits === "") {
    return "0";
  }
  const sign = negative ? "-" : "";
  if (exponent >= PLAIN_BELOW || exponent < PLAIN_FROM) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits.charAt(0)}${fraction}E${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
  }
  if (exponent < 0) {
    return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  }
  const point = exponent + 1;
  return digits.length <= point
    ? sign + digits.padEnd(point, "0")
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

// Canonical already, and short enough to be in range whatever it says: most numbers.
const CANONICAL = /^(?:0|-?[1-9]\d{0,18}(?:\.\d{0,17}[1-9])?)$/;

/**
 * Give the canonical text of a number that DynamoDB stores; undefined where the text is no such number.
 *
 * @example
 * canonicalNumber("+010.50") // "10.5"
 */
export function canonicalNumber(text: string): string | undefined {
  if (CANONICAL.test(text)) {
    return text;
  }
  const number = parseDecimal(text);
  return number !== undefined && isStorable(number) ? formatDecimal(number) : undefined;
}

/** Give the canonical text of a finite binary64, by its shortest text that reads back to it; in or out of DynamoDB's range. */
export function floatText(value: number): string {
  if (Number.isSafeInteger(value)) {
    return value === 0 ? "0" : String(value);
  }
  const number = parseDecimal(String(value));
  return number === undefined ? String(value) : formatDecimal(number);
}

/** Read a canonical text as a binary64 whose shortest text it is; undefined where there is none. */
export function exactFloat(canonical: string): number | undefined {
  const value = Number(canonical);
  return floatText(value) === canonical ? value : undefined;
}

/** Give the canonical text of the negated number. */
export function negate(canonical: string): string {
  if (canonical === "0") {
    return canonical;
  }
  return canonical.startsWith("-") ? canonical.slice(1) : `-${canonical}`;
}

/** Compare two numbers by value; both texts have to be numbers. */
export function compareNumbers(left: string, right: string): number {
  const a = parseDecimal(left);
  const b = parseDecimal(right);
  return a === undefined || b === undefined ? 0 : compareDecimals(a, b);
}

function compareDecimals(a: Decimal, b: Decimal): number {
  const bySign = signOf(a) - signOf(b);
  if (bySign !== 0) {
    return bySign;
  }
  const magnitude = a.exponent - b.exponent || (a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0);
  return a.negative ? -magnitude : magnitude;
}

function signOf(number: Decimal): number {
  return number.digits === "" ? 0 : number.negative ? -1 : 1;
}
