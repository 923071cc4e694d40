import { describe, expect, it, vi } from "vitest";
import type { HandlerOptions } from "../../src/handler.ts";
import { defineModel } from "../../src/schema/declare.ts";
import { SeenInMemory } from "../../src/seen.ts";
import { client, Customer, CUSTOMER, ofShop, record, Shop, SHOP, Ticket } from "./records.ts";

const tickets = client.table(Ticket).stream();
const batch = (numbers: readonly string[]): { readonly Records: unknown[] } => ({
  Records: numbers.map((number) => record("INSERT", { number, now: {} })),
});

/** A handler that keeps what it was given, and fails for some. */
function noting(
  options: HandlerOptions,
  fails: readonly string[] = [],
): {
  readonly handled: string[];
  readonly handler: ReturnType<typeof tickets.handler>;
} {
  const handled: string[] = [];
  const handler = tickets.handler(({ sequenceNumber }) => {
    handled.push(sequenceNumber);
    if (fails.includes(sequenceNumber)) {
      throw new Error(`value of ${sequenceNumber}`);
    }
  }, options);
  return { handled, handler };
}

const quiet = { onFailure: () => undefined };
const broken = (number: string): unknown => record("INSERT", { number, now: { level: { S: "x" } } });

describe("a batch", () => {
  it("is handled in its order, and answers with nothing where all is well", async () => {
    const { handled, handler } = noting(quiet);
    expect(await handler(batch(["1", "2", "3"]))).toEqual({ batchItemFailures: [] });
    expect(handled).toEqual(["1", "2", "3"]);
  });

  it("ends at the first failure", async () => {
    const failures: unknown[] = [];
    const { handled, handler } = noting({ onFailure: (failure) => failures.push(failure) }, ["2"]);
    expect(await handler(batch(["1", "2", "3"]))).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }] });
    expect(handled).toEqual(["1", "2"]);
    expect(failures).toMatchObject([{ sequenceNumber: "2", error: new Error("value of 2") }]);
  });

  it("waits for each record", async () => {
    const order: string[] = [];
    const handler = tickets.handler(async ({ sequenceNumber }) => {
      order.push(`begin ${sequenceNumber}`);
      await Promise.resolve();
      order.push(`end ${sequenceNumber}`);
    });
    await handler(batch(["1", "2"]));
    expect(order).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
  });

  it("ends at a record that does not decode, unless somebody is told", async () => {
    const { Records: records } = batch(["1", "3"]);
    const event = { Records: [records[0], broken("2"), records[1]] };
    expect(await noting(quiet).handler(event)).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }] });
    const told: unknown[] = [];
    const { handled, handler } = noting({ onDecodeError: (failure) => told.push(failure) });
    expect(await handler(event)).toEqual({ batchItemFailures: [] });
    expect([handled, told]).toMatchObject([
      ["1", "3"],
      [{ sequenceNumber: "2", error: { code: "DecodeFailed" } }],
    ]);
    const refusing = noting({ ...quiet, onDecodeError: () => Promise.reject(new Error("no")) });
    expect(await refusing.handler(event)).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }] });
  });

  it("fails by a record that wants for a key, whoever takes what does not decode", async () => {
    const Sealed = defineModel({
      name: "Sealed",
      table: "sealed",
      keys: { partition: "id" },
      attributes: { id: { type: "S" }, note: { type: "S", encryption: {} } },
    });
    const record = {
      eventName: "INSERT",
      dynamodb: {
        Keys: { id: { S: "a" } },
        NewImage: { id: { S: "a" }, note: { S: "x" } },
        SequenceNumber: "1",
      },
    };
    const told: unknown[] = [];
    const handler = client
      .table(Sealed)
      .stream()
      .handler(() => undefined, { ...quiet, onDecodeError: (failure) => told.push(failure) });
    expect(await handler({ Records: [record] })).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }] });
    expect(told).toEqual([]);
  });

  it("fails as a whole by a record without a sequence number", async () => {
    const { handler } = noting(quiet);
    await expect(handler({ Records: [{ eventName: "INSERT" }] })).rejects.toMatchObject({
      code: "DecodeFailed",
    });
    await expect(handler({} as never)).rejects.toMatchObject({ code: "DecodeFailed" });
  });

  it("goes to the handler of each model, and of none", async () => {
    const seen: unknown[] = [];
    const handler = client.stream([Customer, Shop]).handler(
      {
        Customer: ({ new: customer }) => seen.push(customer?.name),
        Shop: ({ new: shop }) => seen.push(shop?.shop_id),
      },
      { onUnknown: () => seen.push("unknown") },
    );
    const Records = [ofShop("1", { now: CUSTOMER }), ofShop("2", { now: SHOP }), ofShop("3")];
    expect(await handler({ Records })).toEqual({ batchItemFailures: [] });
    expect(seen).toEqual(["Ada", "1", "unknown"]);
  });

  it("is not handled where a model has no handler", () => {
    const feed = client.stream([Customer, Shop]);
    expect(() => feed.handler({ Customer: () => undefined } as never)).toThrow(/^ValidationFailed/);
  });

  it("is logged by names where it fails and nobody is told", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    try {
      await noting({}, ["1"]).handler(batch(["1"]));
      await noting({}).handler({ Records: [broken("2")] });
      const [[first], [second]] = log.mock.calls as [[string], [string]];
      expect([first, first.includes("value of")]).toEqual([
        expect.stringContaining("record 1 failed"),
        false,
      ]);
      expect(second).toContain("DecodeFailed at level");
    } finally {
      log.mockRestore();
    }
  });
});

describe("seen events", () => {
  it("are not handled again, and failed ones are", async () => {
    const fails = ["2"];
    const { handled, handler } = noting({ ...quiet, seen: new SeenInMemory() }, fails);
    await handler(batch(["1", "2"]));
    fails.pop();
    expect(await handler(batch(["1", "2", "3"]))).toEqual({ batchItemFailures: [] });
    expect(handled).toEqual(["1", "2", "2", "3"]);
  });

  it("are told by the sequence number where they have no id", async () => {
    const { handled, handler } = noting({ seen: new SeenInMemory() });
    const one = { ...record("INSERT", {}), eventID: undefined };
    await handler({ Records: [one, one] });
    expect(handled).toEqual(["100"]);
  });

  it("are forgotten beyond the store's capacity, the oldest first", () => {
    const seen = new SeenInMemory(2);
    for (const id of ["a", "b", "a", "c"]) {
      seen.add(id);
    }
    expect(["a", "b", "c"].map((id) => seen.has(id))).toEqual([true, false, true]);
    expect(() => new SeenInMemory(0)).toThrow(/^ValidationFailed/);
  });
});
