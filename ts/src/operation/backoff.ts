/** How often, and after which waits, the library itself sends something again: capped exponential backoff with full jitter. */

import { ValidationFailed } from "../errors/catalogue.ts";

/** How the library sends again what DynamoDB left undone. */
export interface Retries {
  /** How often a chunk of a batch, or a transaction, is sent at most; 10 unless given. */
  readonly maxAttempts: number;
  /** The first wait is below this; it doubles each time. 50 unless given. */
  readonly baseMs: number;
  /** No wait is longer; 5,000 unless given. */
  readonly capMs: number;
}

/** The settings, and where chance comes from: a number from 0 to below 1. */
export interface Backoff extends Retries {
  readonly random: () => number;
}

/** Fill in the defaults. @throws {ValidationFailed} */
export function retriesOf({ maxAttempts = 10, baseMs = 50, capMs = 5000 }: Partial<Retries> = {}): Retries {
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw new ValidationFailed("maxAttempts is a whole number, at least 1");
  }
  if (!(baseMs >= 0) || !(capMs >= 0)) {
    throw new ValidationFailed("baseMs and capMs are not negative");
  }
  return { maxAttempts, baseMs, capMs };
}

/** Beyond this many doublings every cap is reached. */
const DOUBLINGS_MAX = 62;

/** Give the wait before something is sent again for the n-th time, in milliseconds; reads the random source once. */
export function backoffMs({ baseMs, capMs, random }: Backoff, again: number): number {
  const most = Math.min(capMs, baseMs * 2 ** Math.min(again - 1, DOUBLINGS_MAX));
  return Math.floor(random() * most);
}
