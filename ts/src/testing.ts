/** The entry `dynamorm-ts/testing`: clocks, tokens and answers that a test decides, and a DynamoDB of its own. */

export { InMemoryKeys, type KeyCall } from "./encryption/memory.ts";
export { openGcm } from "./encryption/field.ts";
export { withNonces } from "./encryption/keys.ts";
export { type LocalDynamoDB, localDynamoDB } from "./local.ts";
export { Script, type Step } from "./transport/script.ts";

/** Nanoseconds of one second, for steps of a clock. */
export const SECOND = 1_000_000_000n;

/**
 * Make a clock that reads `start` first and `tick` more at each further reading, in nanoseconds since the epoch.
 *
 * @example
 * new Client({ clock: testClock(1_767_323_045n * SECOND, SECOND) })
 */
export function testClock(start: bigint, tick = 0n): () => bigint {
  let reading = start - tick;
  return () => {
    reading += tick;
    return reading;
  };
}

/** Make a token source that gives these tokens in order, and throws when they are spent. */
export function testTokens(tokens: readonly string[]): () => string {
  const left = [...tokens];
  return () => {
    const token = left.shift();
    if (token === undefined) {
      throw new Error("the token source is spent");
    }
    return token;
  };
}

/** Make a sleeper that waits for nothing and keeps what it was asked for, in milliseconds. */
export function testSleeper(): {
  readonly sleeper: (delayMs: number) => Promise<void>;
  readonly slept: number[];
} {
  const slept: number[] = [];
  return {
    slept,
    sleeper: (delayMs) => {
      slept.push(delayMs);
      return Promise.resolve();
    },
  };
}

/** Make a source of nonces of 12 bytes that count from 1: with `withNonces` envelopes are the same in each run, and not secret. */
export function testNonces(): () => Uint8Array {
  let reading = 0n;
  return () => {
    reading += 1n;
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(reading, 4);
    return new Uint8Array(nonce);
  };
}

/** Make a random source that gives these numbers in order, and then `then`. */
export function testRandom(numbers: readonly number[] = [], then = 0.5): () => number {
  const left = [...numbers];
  return () => left.shift() ?? then;
}
