import { describe, expect, it } from "vitest";
import { backoffMs, retriesOf } from "../../src/operation/backoff.ts";
import { backoff } from "../groups.ts";

const all = (options: Parameters<typeof backoff>[0]): number[] =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].map((again) => backoffMs(backoff(options), again));

describe("the wait before something is sent again", () => {
  it("doubles from the base to the cap", () => {
    const almost = { random: () => 1 - Number.EPSILON };
    expect(all(almost)).toEqual([49, 99, 199, 399, 799, 1599, 3199, 4999, 4999]);
  });

  it("is that much times what chance gives, cut down", () => {
    expect(all({ random: () => 0.333, baseMs: 100, capMs: 1000 })).toEqual([
      ...[33, 66, 133, 266],
      ...[333, 333, 333, 333, 333],
    ]);
    expect(all({ random: () => 0 })).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("is a number after any number of attempts", () => {
    expect([1, 100, 5000, 1e9].map((again) => backoffMs(backoff({ capMs: 10 }), again))).toEqual([
      5, 5, 5, 5,
    ]);
    expect(backoffMs(backoff({ baseMs: 0 }), 5000)).toBe(0);
  });

  it("reads chance once", () => {
    let readings = 0;
    backoffMs(backoff({ random: () => (readings += 1) / 10 }), 3);
    expect(readings).toBe(1);
  });
});

describe("settings", () => {
  it("are ten attempts, fifty milliseconds and five seconds", () => {
    expect(retriesOf()).toEqual({ maxAttempts: 10, baseMs: 50, capMs: 5000 });
    expect(retriesOf({ maxAttempts: 1, baseMs: 0 })).toEqual({ maxAttempts: 1, baseMs: 0, capMs: 5000 });
  });

  it.each([{ maxAttempts: 0 }, { maxAttempts: 1.5 }, { maxAttempts: NaN }, { baseMs: -1 }, { capMs: -1 }])(
    "refuse %o",
    (options) => {
      expect(() => retriesOf(options)).toThrow(expect.objectContaining({ code: "ValidationFailed" }));
    },
  );
});
