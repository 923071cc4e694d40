import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { describe, expect, it } from "vitest";
import { sdkStreams } from "../../src/streams.ts";
import type { ReadStreamOptions, Shard, ShardSource } from "../../src/transport/shards.ts";
import { scripted, Ticket } from "../stream/records.ts";

type Pages = Readonly<Record<string, readonly (readonly string[])[]>>;

/** A stream of shards with pages of records; `open` ones have no end. */
function source(
  shards: readonly Shard[],
  pages: Pages,
): { readonly source: ShardSource; readonly asked: string[] } {
  const asked: string[] = [];
  const left = new Map(Object.entries(pages).map(([id, list]) => [id, [...list]]));
  return {
    asked,
    source: {
      shards: () => Promise.resolve(shards),
      iterator: (_, id, start) => {
        asked.push(`${id} ${typeof start === "object" ? start.after : start}`);
        return Promise.resolve(id);
      },
      read: (id) => {
        const page = left.get(id)?.shift() ?? [];
        const records = page.map((number) => ({ dynamodb: { SequenceNumber: number } }));
        const isClosed = shards.find((shard) => shard.id === id)?.isClosed === true;
        const isOver = isClosed && left.get(id)?.length === 0;
        return Promise.resolve({ records, next: isOver ? undefined : id });
      },
    },
  };
}

const shard = (id: string, parentId?: string, isClosed = false): Shard => ({ id, parentId, isClosed });
const TABLE = { answer: { Table: { LatestStreamArn: "arn" } } };

async function numbers(from: ShardSource, options: ReadStreamOptions, slept?: number[]): Promise<string[]> {
  const { client, slept: waits } = scripted([TABLE]);
  const found: string[] = [];
  for await (const record of client.table(Ticket).stream().records(from, options)) {
    found.push((record as { dynamodb: { SequenceNumber: string } }).dynamodb.SequenceNumber);
  }
  slept?.push(...waits);
  return found;
}

describe("a stream", () => {
  it("is read from the oldest record to where it ends, each shard behind its parent", async () => {
    const shards = [shard("child", "parent"), shard("parent", "gone", true), shard("other")];
    const { source: from, asked } = source(shards, {
      parent: [["1"], ["2"]],
      child: [["3"], []],
      other: [["a"]],
    });
    const slept: number[] = [];
    expect(await numbers(from, { untilEnd: true }, slept)).toEqual(["1", "a", "2", "3"]);
    expect([asked, slept]).toEqual([["parent oldest", "other oldest", "child oldest"], []]);
  });

  it("is read from now on, without the shards that are closed", async () => {
    const { source: from, asked } = source([shard("old", undefined, true), shard("new", "old")], {
      old: [["1"]],
      new: [["2"]],
    });
    expect(await numbers(from, { from: "now", untilEnd: true })).toEqual(["2"]);
    expect(asked).toEqual(["new now"]);
  });

  it("is waited for where it gives nothing", async () => {
    const { source: from } = source([shard("s")], { s: [["1"], [], [], ["2"]] });
    const { client, slept } = scripted([TABLE]);
    const found: unknown[] = [];
    for await (const record of client.table(Ticket).stream().records(from, { waitMs: 7 })) {
      found.push(record);
      if (found.length === 2) {
        break;
      }
    }
    expect(slept).toEqual([7, 7]);
  });

  it("goes on behind the last record where an iterator is too old", async () => {
    const { source: from, asked } = source([shard("s")], { s: [["1"], ["2"]] });
    let reads = 0;
    const read: ShardSource["read"] = (iterator, options) => {
      reads += 1;
      return reads === 2 ? Promise.resolve(undefined) : from.read(iterator, options);
    };
    expect(await numbers({ ...from, read }, { untilEnd: true })).toEqual(["1", "2"]);
    expect(asked).toEqual(["s oldest", "s 1"]);
  });

  it("is not there for every table", async () => {
    const { client } = scripted([{ answer: { Table: {} } }]);
    const records = client.table(Ticket).stream().records(source([], {}).source);
    await expect(records.next()).rejects.toMatchObject({ code: "ValidationFailed" });
  });

  it("is left by its signal", async () => {
    const { client } = scripted([TABLE]);
    const stop = new AbortController();
    const { source: from } = source([shard("s")], { s: [["1"]] });
    const records = client.table(Ticket).stream().records(from, { signal: stop.signal });
    await records.next();
    stop.abort();
    await expect(records.next()).rejects.toMatchObject({ code: "Canceled" });
  });
});

describe("the SDK's streams", () => {
  /** A streams client that gives these answers, by the SDK's own hook for sending. */
  function sdk(answers: readonly (readonly [status: number, body: object])[]): {
    readonly client: DynamoDBStreamsClient;
    readonly sent: unknown[];
  } {
    const sent: unknown[] = [];
    const left = [...answers];
    const client = new DynamoDBStreamsClient({
      region: "us-east-1",
      credentials: { accessKeyId: "AKID", secretAccessKey: "secret" },
      maxAttempts: 1,
      requestHandler: {
        handle(request: { body: Uint8Array }) {
          sent.push(JSON.parse(Buffer.from(request.body).toString()));
          const [statusCode, body] = left.shift() ?? [200, {}];
          const headers = { "x-amzn-requestid": "REQUEST" };
          return Promise.resolve({
            response: { statusCode, headers, body: Buffer.from(JSON.stringify(body)) },
          });
        },
      } as never,
    });
    return { client, sent };
  }

  it("give their shards from all pages, and their records", async () => {
    const { client, sent } = sdk([
      [200, { StreamDescription: { Shards: [{ ShardId: "a" }], LastEvaluatedShardId: "a" } }],
      [
        200,
        {
          StreamDescription: {
            Shards: [
              { ShardId: "b", ParentShardId: "a", SequenceNumberRange: { EndingSequenceNumber: "9" } },
            ],
          },
        },
      ],
      [200, { ShardIterator: "i" }],
      [200, { Records: [{ eventName: "INSERT" }], NextShardIterator: "j" }],
      [400, { __type: "ExpiredIteratorException" }],
    ]);
    const streams = sdkStreams(client);
    expect(await streams.shards("arn", {})).toEqual([shard("a"), shard("b", "a", true)]);
    expect(await streams.iterator("arn", "a", { after: "7" }, {})).toBe("i");
    expect(await streams.read("i", {})).toEqual({ records: [{ eventName: "INSERT" }], next: "j" });
    expect(await streams.read("j", {})).toBeUndefined();
    expect(sent).toEqual([
      { StreamArn: "arn" },
      { StreamArn: "arn", ExclusiveStartShardId: "a" },
      { StreamArn: "arn", ShardId: "a", ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: "7" },
      { ShardIterator: "i" },
      { ShardIterator: "j" },
    ]);
  });

  it("give the library's errors", async () => {
    const { client } = sdk([[400, { __type: "LimitExceededException" }]]);
    await expect(sdkStreams(client).read("i", {})).rejects.toMatchObject({
      ...{ code: "LimitExceeded", retryable: true, awsType: "LimitExceededException", requestId: "REQUEST" },
      maybeApplied: false,
    });
  });
});
