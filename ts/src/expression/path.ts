/** Document paths: `address.city` and `lines[0].sku` as text, or segments whose names may hold anything. */

import { ValidationFailed } from "../errors/catalogue.ts";
import { formatPath, type Segment } from "../errors/path.ts";

/** A path, taken apart. */
export type PathSegments = readonly Segment[];

const PART = /^([^.[\]]+)((?:\[\d+\])*)$/;

/**
 * Take a path apart; text is split at `.` and `[n]`, segments are taken as they are.
 *
 * @throws {ValidationFailed} where it is malformed.
 * @example
 * parsePath("lines[0].sku") // ["lines", 0, "sku"]
 */
export function parsePath(path: string | PathSegments): PathSegments {
  const segments = typeof path === "string" ? path.split(".").flatMap(parsePart) : path;
  if (typeof segments[0] !== "string" || !segments.every(isSegment)) {
    throw new ValidationFailed("a path is names and list indexes, and begins with a name");
  }
  return Object.freeze([...segments]);
}

function parsePart(part: string): Segment[] {
  const match = PART.exec(part);
  if (match?.[1] === undefined) {
    throw new ValidationFailed("the path is malformed");
  }
  return [match[1], ...Array.from((match[2] ?? "").matchAll(/\d+/g), ([index]) => Number(index))];
}

function isSegment(segment: unknown): boolean {
  return typeof segment === "string"
    ? segment !== "" && segment.isWellFormed()
    : Number.isSafeInteger(segment) && (segment as number) >= 0;
}

/** Tell whether one path equals another or leads to something that contains it. */
export function contains(outer: PathSegments, inner: PathSegments): boolean {
  return outer.length <= inner.length && outer.every((segment, index) => segment === inner[index]);
}

/** Write a path for an error. */
export function pathText(path: PathSegments): string {
  return formatPath(path);
}
