/** Long work: order, back-pressure, callbacks, failures and cancellation, over a transport that answers when it is told to. */

import { describe, expect, it } from "vitest";
import type { BulkCounts, BulkFailure, BulkOptions } from "../src/bulk.ts";
import { Client, type ClientOptions } from "../src/client.ts";
import type { Request, Response } from "../src/operation/exchange.ts";
import { type Step, testClock, testRandom, testSleeper } from "../src/testing.ts";
import type { Transport } from "../src/transport/transport.ts";
import { Ledger, Note, NOW, scripted, upTo, incompleteOf } from "./groups.ts";
import { failure } from "./transport/things.ts";

const OK: Response = { ok: true, answer: {}, requestId: undefined };
const DONE: Step = { answer: {} };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A transport whose answers are given by hand. */
class Held implements Transport {
  readonly open: { readonly ids: string[]; readonly answer: (response: Response) => void }[] = [];
  readonly sent: string[][] = [];

  send(request: Request): Promise<Response> {
    const ids = [...request.body.matchAll(/"id":\{"[NS]":"([^"]*)"/g)].map(([, id]) => id ?? "");
    this.sent.push(ids);
    return new Promise((resolve) => {
      this.open.push({ ids, answer: resolve });
    });
  }

  /** Answer the request that came first, and let what follows happen. */
  async answer(response = OK, index = 0): Promise<void> {
    this.open.splice(index, 1)[0]?.answer(response);
    await turn();
  }
}

function held(options: ClientOptions = {}): { readonly transport: Held; readonly client: Client } {
  const transport = new Held();
  return { transport, client: new Client({ transport, clock: testClock(NOW, 1_000_000_000n), ...options }) };
}

const values = (count: number): { id: string }[] => upTo(count).map((id) => ({ id: String(id) }));

async function* streaming<T>(elements: Iterable<T>, taken: T[] = []): AsyncGenerator<T, void, undefined> {
  for (const element of elements) {
    await Promise.resolve();
    taken.push(element);
    yield element;
  }
}

describe("a stream", () => {
  it.each([
    ["an array", (): Iterable<{ id: string }> => values(60)],
    ["an async generator", (): AsyncIterable<{ id: string }> => streaming(values(60))],
    ["a generator", (): Iterable<{ id: string }> => values(60).values()],
  ])("is written in chunks: %s", async (_, make) => {
    const { notes, script } = scripted([DONE, DONE, DONE]);
    const told: BulkCounts[] = [];
    const counts = await notes.bulkPut(make(), { progress: (so) => void told.push(so) });
    expect(counts).toEqual({ written: 60, deleted: 0, failed: 0 });
    expect(told.map(({ written }) => written)).toEqual([25, 50, 60]);
    expect(script.left).toBe(0);
  });

  it("of nothing sends nothing", async () => {
    const { notes, client } = scripted([]);
    expect(await notes.bulkDelete([])).toEqual({ written: 0, deleted: 0, failed: 0 });
    expect(await client.bulkWrite(streaming([]))).toEqual({ written: 0, deleted: 0, failed: 0 });
  });

  it("mixes puts and deletes of any models", async () => {
    const { client, notes, ledgers, script } = scripted([DONE]);
    const actions = [ledgers.actions.put({ id: "a" }), notes.actions.delete({ id: "1" })];
    expect(await client.bulkWrite(streaming(actions))).toEqual({ written: 1, deleted: 1, failed: 0 });
    expect(script.sent[0]?.tableName).toBe("ledgers, notes");
  });

  it("leaves the caller's objects as they are", async () => {
    const { ledgers } = scripted([DONE]);
    const value = { id: "a" };
    await ledgers.bulkPut([value]);
    expect(value).toEqual({ id: "a" });
  });

  it.each([0, -1, 1.5, NaN])("is not written by a concurrency of %d", async (concurrency) => {
    const { notes } = scripted([]);
    expect((await failure(notes.bulkPut([], { concurrency }))).code).toBe("ValidationFailed");
  });

  it("has one reading of the clock for each chunk", async () => {
    const stamps: unknown[] = [];
    const { transport, client } = held({ clock: testClock(0n, 1_000_000_000n) });
    const work = client.table(Ledger).bulkPut(values(51), { concurrency: 1 });
    const send = transport.send.bind(transport);
    transport.send = (request) => {
      stamps.push(...new Set([...request.body.matchAll(/00:00:0\d/g)].map(([time]) => time)));
      return send(request);
    };
    while (stamps.length < 3 || transport.open.length > 0) {
      await turn();
      await transport.answer();
    }
    await work;
    expect(stamps).toEqual(["00:00:00", "00:00:01", "00:00:02"]);
  });
});

describe("what is under way", () => {
  it("is at most so many chunks, and nothing is taken ahead of need", async () => {
    const { transport, client } = held();
    const taken: { id: string }[] = [];
    const work = client.table(Note).bulkPut(streaming(values(200), taken), { concurrency: 2 });
    await turn();
    expect([transport.open.length, taken.length]).toEqual([2, 50]);
    await transport.answer();
    expect([transport.open.length, taken.length]).toEqual([2, 75]);
    await transport.answer();
    await transport.answer();
    expect([transport.open.length, taken.length]).toEqual([2, 125]);
    while (transport.open.length > 0) {
      await transport.answer();
    }
    expect(await work).toEqual({ written: 200, deleted: 0, failed: 0 });
  });

  it("holds four chunks unless told otherwise", async () => {
    const { transport, client } = held();
    const work = client.table(Note).bulkPut(values(200));
    await turn();
    expect(transport.open).toHaveLength(4);
    while (transport.open.length > 0) {
      await transport.answer();
    }
    await work;
  });

  it("keeps the writes of one item in the order of the stream", async () => {
    const { transport, client } = held();
    const { actions } = client.table(Note);
    const stream = [
      ...[actions.put({ id: "1" }), actions.put({ id: "2" })],
      // Ends the chunk, and begins one that waits for it.
      ...[actions.delete({ id: "1.0" }), actions.put({ id: "3" })],
    ];
    const work = client.bulkWrite(stream);
    await turn();
    expect(transport.sent).toEqual([["1", "2"]]);
    await transport.answer();
    expect(transport.sent).toEqual([
      ["1", "2"],
      ["1", "3"],
    ]);
    await transport.answer();
    expect(await work).toEqual({ written: 3, deleted: 1, failed: 0 });
  });

  it("waits for a chunk further back that has the item", async () => {
    const { transport, client } = held();
    const stream = [...values(50), { id: "3" }, { id: "60" }];
    const work = client.table(Note).bulkPut(stream);
    await turn();
    expect(transport.sent).toHaveLength(2);
    await transport.answer(OK, 1);
    expect(transport.sent).toHaveLength(2);
    await transport.answer();
    expect(transport.sent[2]).toEqual(["3", "60"]);
    await transport.answer();
    await work;
  });
});

describe("callbacks", () => {
  it("are called one at a time", async () => {
    const refused = { id: "" };
    const { ledgers } = scripted(Array.from({ length: 8 }, () => DONE));
    let inside = 0;
    let most = 0;
    let calls = 0;
    const call = async (): Promise<void> => {
      calls += 1;
      inside += 1;
      most = Math.max(most, inside);
      await turn();
      inside -= 1;
    };
    const stream = values(200).flatMap((value) => (value.id.endsWith("7") ? [refused, value] : [value]));
    await ledgers.bulkPut(stream, { progress: call, onFailure: call });
    expect([most, calls]).toEqual([1, 28]);
  });

  it("are told the numbers after each chunk", async () => {
    const { notes } = scripted([DONE, { error: "InternalServerError" }, DONE]);
    const told: number[][] = [];
    const options: BulkOptions<{ readonly id: string }> = {
      concurrency: 1,
      progress: ({ written, deleted, failed }) => void told.push([written, deleted, failed]),
      onFailure: () => undefined,
    };
    expect(await notes.bulkDelete(values(60), options)).toEqual({ written: 0, deleted: 35, failed: 25 });
    expect(told).toEqual([
      [0, 25, 0],
      [0, 25, 25],
      [0, 35, 25],
    ]);
  });

  it("end the work by throwing", async () => {
    const boom = new Error("boom");
    const { notes, script } = scripted([DONE, DONE]);
    const work = notes.bulkPut(values(60), {
      concurrency: 1,
      progress: () => {
        throw boom;
      },
    });
    const error = incompleteOf(await failure(work));
    expect([error.code, error.cause, error.retryable, script.sent.length]).toEqual([
      "BatchIncomplete",
      boom,
      false,
      1,
    ]);
    expect([error.done, error.undone, error.unknown]).toEqual([[], [], []]);
  });
});

describe("with onFailure", () => {
  const told = (): { readonly failures: BulkFailure[]; readonly onFailure: (one: BulkFailure) => void } => {
    const failures: BulkFailure[] = [];
    return { failures, onFailure: (one) => void failures.push(one) };
  };
  const short = ({ state, error, model, key }: BulkFailure): unknown[] => [state, error.code, model, key];

  it("a refused write is told, and the work goes on", async () => {
    const { client, ledgers, script } = scripted([DONE]);
    const { failures, onFailure } = told();
    const stream = [
      ...[ledgers.actions.put({ id: "a" }), ledgers.actions.put({ id: "b", version: 2 })],
      ...[ledgers.actions.delete({ id: "" }), {} as never, ledgers.actions.put({ id: "c" })],
    ];
    expect(await client.bulkWrite(stream, { onFailure })).toEqual({ written: 2, deleted: 0, failed: 3 });
    expect(failures.map(short)).toEqual([
      ["undone", "ValidationFailed", "Ledger", { id: "b" }],
      ["undone", "ValidationFailed", "Ledger", undefined],
      ["undone", "ValidationFailed", undefined, undefined],
    ]);
    expect(script.left).toBe(0);
  });

  it("the work goes on behind an error that passes", async () => {
    const entry = { PutRequest: { Item: { id: { N: "30" } } } };
    const left: Step = { answer: { UnprocessedItems: { notes: [entry] } } };
    const { notes, slept } = scripted([{ error: "InternalServerError", lost: true }, left, left, DONE], {
      retries: { maxAttempts: 2 },
    });
    const { failures, onFailure } = told();
    const counts = await notes.bulkPut(values(60), { concurrency: 1, onFailure });
    expect([counts, slept]).toEqual([{ written: 34, deleted: 0, failed: 26 }, [25]]);
    expect(failures.slice(0, 25).map(short)).toEqual(
      values(25).map((key) => ["unknown", "ServiceError", "Note", key]),
    );
    expect(failures.slice(25).map(short)).toEqual([["undone", "BatchIncomplete", "Note", { id: "30" }]]);
  });

  it("an error that stays ends it, and what was told is not listed again", async () => {
    const { transport, client } = held();
    const { failures, onFailure } = told();
    const taken: { id: string }[] = [];
    const stream = streaming(values(60), taken);
    const work = failure(client.table(Note).bulkPut(stream, { concurrency: 2, onFailure }));
    await turn();
    const refused = scripted([{ error: "AccessDeniedException" }]);
    await transport.answer(await refused.client.transport.send({ ...REQUEST }));
    expect([transport.open.length, taken.length]).toEqual([1, 50]);
    await transport.answer();
    const error = incompleteOf(await work);
    expect([error.code, error.retryable, error.awsType]).toEqual([
      "BatchIncomplete",
      false,
      "AccessDeniedException",
    ]);
    expect([error.done, error.undone, error.unknown]).toEqual([[], [], []]);
    expect(failures.map(short)).toEqual(values(25).map((key) => ["undone", "AccessDenied", "Note", key]));
  });
});

const REQUEST: Request = {
  api: "BatchWriteItem",
  tableName: "notes",
  body: "{}",
  writes: true,
  delayMs: undefined,
};

describe("without onFailure the first failure ends the work", () => {
  it("of a refused write, with all that was taken and is not done", async () => {
    const { ledgers, script } = scripted([DONE]);
    const taken: { id: string }[] = [];
    const stream = streaming([...values(27), { id: "" }, { id: "x" }], taken);
    const error = incompleteOf(await failure(ledgers.bulkPut(stream)));
    expect([error.code, error.path, error.retryable]).toEqual(["BatchIncomplete", undefined, false]);
    expect(error.cause).toMatchObject({ code: "ValidationFailed", path: "id" });
    expect(error.undone.map(({ key }) => key)).toEqual([{ id: "26" }, { id: "27" }]);
    expect([taken.length, script.sent.length]).toEqual([28, 1]);
  });

  it("of a chunk, in the order of the stream, and waits for what is under way", async () => {
    const { transport, client } = held();
    const work = failure(client.table(Note).bulkPut(streaming(values(90)), { concurrency: 3 }));
    await turn();
    const lost = await scripted([{ cut: true }]).client.transport.send(REQUEST);
    const refused = await scripted([{ error: "ResourceNotFoundException" }]).client.transport.send(REQUEST);
    await transport.answer(lost, 1);
    await transport.answer(refused);
    expect(transport.open).toHaveLength(1);
    await transport.answer();
    const error = incompleteOf(await work);
    expect([error.code, error.retryable, error.maybeApplied]).toEqual(["BatchIncomplete", true, true]);
    expect(error.cause).toMatchObject({ code: "NetworkError" });
    expect(error.undone.map(({ key }) => key)).toEqual(values(25));
    expect(error.unknown.map(({ key }) => key)).toEqual(values(50).slice(25));
    expect(transport.sent).toHaveLength(3);
  });

  it("whose attempts were spent, with the failure of the last one as its cause", async () => {
    const { notes } = scripted([{ error: "ThrottlingException" }], { retries: { maxAttempts: 1 } });
    const error = incompleteOf(await failure(notes.bulkPut(values(2))));
    expect([error.code, error.retryable, error.awsType]).toEqual([
      "BatchIncomplete",
      true,
      "ThrottlingException",
    ]);
    expect(error.cause).toMatchObject({ code: "Throttled" });
    expect(error.undone).toHaveLength(2);
  });

  it("of the stream itself, which is closed where it goes on", async () => {
    const boom = new Error("boom");
    const { notes } = scripted([]);
    const stream = function* (): Generator<{ id: string }> {
      yield { id: "1" };
      throw boom;
    };
    const error = incompleteOf(await failure(notes.bulkPut(stream())));
    expect([error.code, error.cause, error.origin]).toEqual(["BatchIncomplete", boom, "client"]);
    expect(error.undone.map(({ key }) => key)).toEqual([{ id: "1" }]);
    let isClosed = false;
    const endless = function* (): Generator<{ id: string }> {
      try {
        for (;;) {
          yield { id: "" };
        }
      } finally {
        isClosed = true;
      }
    };
    await failure(scripted([]).ledgers.bulkPut(endless()));
    expect(isClosed).toBe(true);
  });

  it("holds no values in what is printed", async () => {
    const { ledgers } = scripted([]);
    const error = await failure(ledgers.bulkPut([{ id: "s3cret" }, { id: "" }]));
    expect(String(error) + JSON.stringify(error)).not.toContain("s3cret");
  });
});

describe("a signal", () => {
  it("from before lets nothing be taken", async () => {
    const { notes, script } = scripted([]);
    const taken: { id: string }[] = [];
    const stream = streaming(values(3), taken);
    const error = await failure(notes.bulkPut(stream, { signal: AbortSignal.abort() }));
    expect([error.code, error.origin, taken, script.sent]).toEqual(["Canceled", "client", [], []]);
  });

  it("starts nothing new and waits for what is under way", async () => {
    const { transport, client } = held();
    const abort = new AbortController();
    const taken: { id: string }[] = [];
    const work = failure(
      client.table(Note).bulkPut(streaming(values(60), taken), { signal: abort.signal, concurrency: 1 }),
    );
    await turn();
    abort.abort();
    await turn();
    expect([transport.open.length, taken.length]).toEqual([1, 25]);
    await transport.answer();
    const error = incompleteOf(await work);
    expect([error.code, error.undone, error.unknown]).toEqual(["BatchIncomplete", [], []]);
    expect(error.cause).toMatchObject({ code: "Canceled" });
    expect(transport.sent).toHaveLength(1);
  });

  it("lists what was taken and not sent", async () => {
    const abort = new AbortController();
    const { notes, script } = scripted([]);
    const stream = async function* (): AsyncGenerator<{ id: string }> {
      yield* values(3);
      abort.abort();
      await new Promise(() => undefined);
    };
    const error = incompleteOf(await failure(notes.bulkPut(stream(), { signal: abort.signal })));
    expect([error.code, error.undone.map(({ key }) => key), script.sent]).toEqual([
      "BatchIncomplete",
      values(3),
      [],
    ]);
  });

  it("ends the wait of a chunk, whose rest is not done", async () => {
    const abort = new AbortController();
    const { slept } = testSleeper();
    const { notes, script } = scripted([{ error: "ThrottlingException" }], {
      random: testRandom(),
      sleeper: (delayMs) => {
        slept.push(delayMs);
        abort.abort();
        return new Promise(() => undefined);
      },
    });
    const error = incompleteOf(await failure(notes.bulkPut(values(2), { signal: abort.signal })));
    expect([error.code, error.undone.length, slept, script.sent.length]).toEqual([
      "BatchIncomplete",
      2,
      [25],
      1,
    ]);
    expect(error.cause).toMatchObject({ code: "Canceled" });
  });
});
