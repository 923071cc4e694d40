/** The parallel scan against transports that wait: who is asked when, and what stops them. */

import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Client } from "../src/client.ts";
import type { Answer, Request, Response } from "../src/operation/exchange.ts";
import type { Parallel, ScanOptions } from "../src/index.ts";
import { defineModel } from "../src/schema/declare.ts";
import type { Item } from "../src/schema/types.ts";
import { faultError } from "../src/transport/fault.ts";
import type { SendOptions, Transport } from "../src/transport/transport.ts";
import { failure } from "./transport/things.ts";

const Note = defineModel({
  name: "Note",
  table: "notes",
  keys: { partition: "id" },
  attributes: { id: { type: "S" } },
});

type Notes = Item<(typeof Note)["definition"]>;

/** One request that was sent, and is answered when the test says so. */
interface Asked {
  readonly segment: number;
  /** How many pages of the segment were asked for before. */
  readonly page: number;
  readonly signal: AbortSignal | undefined;
  answer(answer: Answer): void;
  fail(): void;
}

/** Keeps every request open until it is answered or cancelled. */
class Held implements Transport {
  readonly asked: Asked[] = [];
  readonly open = new Set<Asked>();
  most = 0;
  readonly #answering: ((asked: Asked) => void) | undefined;

  constructor(answering?: (asked: Asked) => void) {
    this.#answering = answering;
  }

  send(request: Request, { signal }: SendOptions = {}): Promise<Response> {
    return new Promise((resolve) => {
      const { Segment: segment } = JSON.parse(request.body) as { Segment: number };
      const end = (response: Response): void => {
        this.open.delete(asked);
        resolve(response);
      };
      const refuse = (stage: "canceled" | "network"): void => {
        const error = faultError(request, { stage, sent: true, lost: false, cause: undefined });
        end({ ok: false, error, item: undefined, lost: false });
      };
      const asked: Asked = {
        segment,
        page: this.asked.filter((one) => one.segment === segment).length,
        signal,
        answer: (answer) => {
          end({ ok: true, answer, requestId: undefined });
        },
        fail: () => {
          refuse("network");
        },
      };
      if (signal?.aborted === true) {
        refuse("canceled");
        return;
      }
      signal?.addEventListener("abort", () => {
        refuse("canceled");
      });
      this.asked.push(asked);
      this.open.add(asked);
      this.most = Math.max(this.most, this.open.size);
      this.#answering?.(asked);
    });
  }

  /** Give the open request of a segment. */
  of(segment: number): Asked {
    const found = [...this.open].find((asked) => asked.segment === segment);
    if (found === undefined) {
      throw new Error(`segment ${segment} asks for nothing`);
    }
    return found;
  }
}

function scan(
  transport: Transport,
  segments: number,
  bounds: { readonly concurrency?: number } = {},
  options: ScanOptions = {},
): Parallel<Notes> {
  return new Client({ transport }).table(Note).scan(options).parallel(segments, bounds);
}

/** A page of one item, of which the segment goes on unless it is the last. */
function page(id: string, isLast = false): Answer {
  const item = { id: { S: id } };
  return { Items: [item], Count: 1, ...(isLast ? {} : { LastEvaluatedKey: item }) };
}

/** Let everything happen that nobody has to wait for. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await setImmediate();
  }
}

/** Answers by itself, a little later, so many pages of each segment. */
function answering(pages: readonly number[], delayMs = (): number => 0): Held {
  return new Held((asked) => {
    void sleep(delayMs()).then(() => {
      asked.answer(page(`${asked.segment}.${asked.page}`, asked.page + 1 >= (pages[asked.segment] ?? 1)));
    });
  });
}

describe("a parallel scan", () => {
  it.each([
    { segments: 1, concurrency: 1, most: 1 },
    { segments: 5, concurrency: 1, most: 1 },
    { segments: 5, concurrency: 2, most: 2 },
    { segments: 5, concurrency: 5, most: 5 },
    { segments: 3, concurrency: 9, most: 3 },
    { segments: 4, concurrency: undefined, most: 4 },
  ])("of $segments segments has at most $concurrency requests under way", async (given) => {
    const { segments, concurrency, most } = given;
    const transport = answering(Array.from({ length: segments }, (_, segment) => 1 + (segment % 3)));
    const bounds = concurrency === undefined ? {} : { concurrency };
    const { items, cursors } = await scan(transport, segments, bounds).all();
    expect(transport.most).toBe(most);
    expect(items).toHaveLength(transport.asked.length);
    expect(cursors).toEqual(Array.from({ length: segments }, () => undefined));
  });

  it("gives every item once, whatever the segments hold and however long they take", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
        async (pages, concurrency, delays) => {
          const transport = answering(pages, () => Number(delays.next().value));
          const { items } = await scan(transport, pages.length, { concurrency }).all();
          const wanted = pages.flatMap((count, segment) =>
            Array.from({ length: count }, (_, at) => `${segment}.${at}`),
          );
          expect(items.map(({ id }) => id).sort()).toEqual(wanted.sort());
          expect(transport.most).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("sends nothing before the first page is asked for, and each time begins from the start", async () => {
    const transport = answering([1, 1]);
    const parallel = scan(transport, 2);
    await settle();
    expect(transport.asked).toEqual([]);
    for (const times of [1, 2]) {
      expect((await parallel.all()).items).toHaveLength(2);
      expect(transport.asked).toHaveLength(2 * times);
    }
  });

  it("reads no segment more than one page ahead of who takes them", async () => {
    const transport = answering([9, 9, 9]);
    const taken = [0, 0, 0];
    let pages = 0;
    for await (const { segment = -1 } of scan(transport, 3).pages()) {
      await settle();
      await sleep(3);
      for (const [number, count] of taken.entries()) {
        const asked = transport.asked.filter((one) => one.segment === number).length;
        expect(asked, `segment ${number}`).toBeLessThanOrEqual(count + 1);
      }
      taken[segment] = (taken[segment] ?? 0) + 1;
      pages += 1;
    }
    expect([pages, taken]).toEqual([27, [9, 9, 9]]);
  });

  it("lets no fast segment starve a slow one, nor wait for it", async () => {
    const transport = new Held((asked) => {
      if (asked.segment > 0) {
        asked.answer(page(`${asked.segment}.${asked.page}`, asked.page === 5));
      }
    });
    const pages = scan(transport, 3).pages();
    for (let taken = 0; taken < 6; taken += 1) {
      await pages.next();
    }
    transport.of(0).answer(page("slow", true));
    await settle();
    const rest: (string | undefined)[] = [];
    for await (const { items } of pages) {
      rest.push(items[0]?.id);
    }
    expect(rest).toHaveLength(7);
    expect(rest.slice(0, 3)).toContain("slow");
  });

  it("keeps no page that was taken, though a segment is slow", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const made: WeakRef<Answer>[] = [];
    const stop = new AbortController();
    const transport: Transport = {
      send: (request, { signal } = {}) => {
        if (request.body.includes('"Segment":0')) {
          return new Held().send(request, { signal });
        }
        const answer = page(String(made.length));
        made.push(new WeakRef(answer));
        return Promise.resolve({ ok: true, answer, requestId: undefined });
      },
    };
    const given: WeakRef<object>[] = [];
    const pages = scan(transport, 2, {}, { signal: stop.signal }).pages();
    for (let taken = 0; taken < 200; taken += 1) {
      const { value } = await pages.next();
      given.push(new WeakRef(value as object));
    }
    await settle();
    collect();
    const alive = (refs: readonly WeakRef<object>[]): number =>
      refs.filter((ref) => ref.deref() !== undefined).length;
    expect(alive(made)).toBeLessThan(10);
    expect(alive(given)).toBeLessThan(10);
    stop.abort();
    expect((await failure(pages.next())).code).toBe("Canceled");
  });
});

describe("a parallel scan ends", () => {
  /** A scan of three segments whose first page was taken, with the others' requests still open. */
  async function halfway(
    options: ScanOptions = {},
  ): Promise<{ transport: Held; pages: ReturnType<Parallel<Notes>["pages"]> }> {
    const transport = new Held();
    const pages = scan(transport, 4, { concurrency: 3 }, options).pages();
    const first = pages.next();
    transport.of(1).answer(page("1.0"));
    expect((await first).value?.segment).toBe(1);
    return { transport, pages };
  }

  async function expectQuiet(transport: Held, sent: number): Promise<void> {
    await settle();
    expect([transport.open.size, transport.asked.length]).toEqual([0, sent]);
    expect(transport.asked.every(({ signal }) => signal?.aborted === true)).toBe(true);
  }

  it("as the error of one segment, which stops the others", async () => {
    const { transport, pages } = await halfway();
    const next = failure(pages.next());
    transport.of(2).fail();
    expect((await next).code).toBe("NetworkError");
    await expectQuiet(transport, 4);
    expect(await pages.next()).toEqual({ done: true, value: undefined });
  });

  it("as an error that came while its pages were looked at: nothing more is sent", async () => {
    const { transport, pages } = await halfway();
    transport.of(0).answer(page("0.0"));
    transport.of(2).fail();
    await settle();
    expect((await failure(pages.next())).code).toBe("NetworkError");
    await expectQuiet(transport, 3);
  });

  it("as an item that does not fit the model", async () => {
    const { transport, pages } = await halfway();
    const next = failure(pages.next());
    transport.of(0).answer({ Items: [{ id: { N: "1" } }] });
    expect((await next).code).toBe("DecodeFailed");
    await expectQuiet(transport, 4);
  });

  it("where its loop is left", async () => {
    const transport = answering([1, 9, 9, 9], () => 2);
    const ids: string[] = [];
    for await (const { id } of scan(transport, 4, { concurrency: 3 })) {
      ids.push(id);
      break;
    }
    expect(ids).toHaveLength(1);
    await expectQuiet(transport, 3);
  });

  it("where its pages are closed", async () => {
    const { transport, pages } = await halfway();
    await pages.return();
    await expectQuiet(transport, 3);
  });

  it("where its signal says so, whether somebody waits or not", async () => {
    for (const isWaiting of [true, false]) {
      const abort = new AbortController();
      const { transport, pages } = await halfway({ signal: abort.signal });
      const next = isWaiting ? failure(pages.next()) : undefined;
      abort.abort();
      await settle();
      expect((await (next ?? failure(pages.next()))).code).toBe("Canceled");
      await expectQuiet(transport, isWaiting ? 4 : 3);
    }
  });

  it("before it begins where its signal says so", async () => {
    const transport = new Held();
    const error = await failure(scan(transport, 3, {}, { signal: AbortSignal.abort() }).all());
    expect(error.code).toBe("Canceled");
    expect(transport.asked).toEqual([]);
  });
});

describe("a parallel scan is refused", () => {
  const notes = new Client({ transport: new Held() }).table(Note);

  it.each<[string, () => unknown]>([
    ["no segment", () => notes.scan().parallel(0)],
    ["half a segment", () => notes.scan().parallel(1.5)],
    ["more than a million segments", () => notes.scan().parallel(1_000_001)],
    ["no concurrency", () => notes.scan().parallel(2, { concurrency: 0 })],
    ["a limit", () => notes.scan({ limit: 1 }).parallel(2)],
    ["a cursor", () => notes.scan({ cursor: "x" }).parallel(2)],
    ["a segment of its own", () => notes.scan({ segment: [0, 2] }).parallel(2)],
  ])("with %s", (_name, make) => {
    expect(make).toThrow("ValidationFailed");
  });
});
