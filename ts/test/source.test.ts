import { describe, expect, it } from "vitest";
import { Source } from "../src/source.ts";

describe("a source", () => {
  it("gives the elements of any stream, and then nothing", async () => {
    for (const stream of [["a", undefined], new Set(["a", undefined])]) {
      const source = new Source(stream);
      expect([await source.next(), await source.next(), await source.next()]).toEqual([
        ...[{ element: "a" }, { element: undefined }, undefined],
      ]);
    }
  });

  it("can be left while it owes an element, and is not waited for", async () => {
    const source = new Source(
      (async function* (): AsyncGenerator<number> {
        yield await new Promise<number>(() => undefined);
      })(),
    );
    const next = source.next();
    source.leave();
    expect(await next).toBeUndefined();
    await source.close();
  });

  it("closes a stream that goes on, and no other", async () => {
    const closed: string[] = [];
    const make = (name: string, count: number): Iterable<number> => ({
      [Symbol.iterator]() {
        let given = 0;
        return {
          next: () => ({ done: given === count, value: given++ }),
          return: () => {
            closed.push(name);
            return { done: true, value: undefined };
          },
        };
      },
    });
    const going = new Source(make("going", 5));
    await going.next();
    await going.close();
    const over = new Source(make("over", 0));
    await over.next();
    await over.close();
    expect(closed).toEqual(["going"]);
  });

  it("lets out what the stream throws, when it is asked and when it is closed", async () => {
    const boom = (): never => {
      throw new Error("boom");
    };
    const throwing = (next: () => { done: boolean; value: number }): Source<number> =>
      new Source({ [Symbol.iterator]: () => ({ next, return: boom }) });
    const source = throwing(boom);
    await expect(source.next()).rejects.toThrow("boom");
    await source.close();
    const closing = throwing(() => ({ done: false, value: 1 }));
    await closing.next();
    await expect(closing.close()).rejects.toThrow("boom");
  });
});
