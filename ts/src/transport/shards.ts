/** A stream, shard by shard: each behind its parent, each record once. How AWS is asked is known by `transport/streams.ts`. */

import { Canceled } from "../errors/catalogue.ts";

/** A shard of a stream. */
export interface Shard {
  readonly id: string;
  readonly parentId: string | undefined;
  /** Whether nothing is written to it any more. */
  readonly isClosed: boolean;
}

/** Where a read of a shard begins: its oldest record, its end, or behind a record. */
export type ShardStart = "oldest" | "now" | { readonly after: string };

/** What every call of a source may be told. */
export interface SourceOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
}

/** Reads the shards of streams. `sdkStreams` of the entry `dynamorm-ts/streams` is one. */
export interface ShardSource {
  /** Name all shards of a stream. */
  shards(arn: string, options: SourceOptions): Promise<readonly Shard[]>;
  /** Begin to read a shard. */
  iterator(arn: string, shardId: string, start: ShardStart, options: SourceOptions): Promise<string>;
  /** Read on; `next` is undefined at the end of the shard. Undefined for an iterator that is too old to be read on. */
  read(
    iterator: string,
    options: SourceOptions,
  ): Promise<{ readonly records: readonly unknown[]; readonly next: string | undefined } | undefined>;
}

/** How a stream is read. */
export interface ReadStreamOptions {
  /** From the oldest record, which is the default, or from now on. */
  readonly from?: "oldest" | "now";
  /** Stops where every shard is at its end or gives no record; otherwise the read goes on until it is left. */
  readonly untilEnd?: boolean;
  /** How long to wait where no shard gives a record; 1,000 unless given. */
  readonly waitMs?: number;
  /** Cancels the read. */
  readonly signal?: AbortSignal | undefined;
}

/** One shard on its way. */
interface Reading {
  readonly shard: Shard;
  start: ShardStart;
  iterator: string | undefined;
  isOver: boolean;
}

/** Read the records of a stream as they are. */
export async function* readShards(
  source: ShardSource,
  arn: string,
  { from = "oldest", untilEnd = false, waitMs = 1000, signal }: ReadStreamOptions,
  wait: (delayMs: number) => Promise<void>,
): AsyncGenerator<unknown, void, undefined> {
  const readings = new Map<string, Reading>();
  await find(source, arn, readings, from, signal);
  for (;;) {
    if (signal?.aborted === true) {
      throw new Canceled("the read of the stream was cancelled", { origin: "service", cause: signal.reason });
    }
    let isQuiet = true;
    let hasEnded = false;
    for (const reading of readable(readings)) {
      const records = await readOnce(source, arn, reading, signal);
      isQuiet &&= records.length === 0;
      hasEnded ||= reading.isOver;
      yield* records;
    }
    if (isQuiet && !hasEnded) {
      if (untilEnd) {
        return;
      }
      await wait(waitMs);
    }
    if (isQuiet || hasEnded) {
      await find(source, arn, readings, "oldest", signal);
    }
  }
}

/** Look for shards that are new. From now on means from this moment on, also in a shard whose turn comes later. */
async function find(
  source: ShardSource,
  arn: string,
  readings: Map<string, Reading>,
  start: "oldest" | "now",
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const shard of await source.shards(arn, { signal })) {
    if (!readings.has(shard.id)) {
      const isOver = start === "now" && shard.isClosed;
      const reading: Reading = { shard, start, iterator: undefined, isOver };
      readings.set(shard.id, reading);
      if (start === "now") {
        await begin(source, arn, reading, signal);
      }
    }
  }
}

/** Give the shards that are not at their end and have no parent that is still read. */
function readable(readings: ReadonlyMap<string, Reading>): readonly Reading[] {
  return [...readings.values()].filter(({ shard, isOver }) => {
    const parent = shard.parentId === undefined ? undefined : readings.get(shard.parentId);
    return !isOver && parent?.isOver !== false;
  });
}

async function begin(
  source: ShardSource,
  arn: string,
  reading: Reading,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!reading.isOver) {
    reading.iterator ??= await source.iterator(arn, reading.shard.id, reading.start, { signal });
  }
}

async function readOnce(
  source: ShardSource,
  arn: string,
  reading: Reading,
  signal: AbortSignal | undefined,
): Promise<readonly unknown[]> {
  await begin(source, arn, reading, signal);
  const page = await source.read(reading.iterator ?? "", { signal });
  if (page === undefined) {
    reading.iterator = undefined;
    return readOnce(source, arn, reading, signal);
  }
  const last = sequenceOf(page.records.at(-1));
  reading.start = last === undefined ? reading.start : { after: last };
  reading.iterator = page.next;
  reading.isOver = page.next === undefined;
  return page.records;
}

function sequenceOf(record: unknown): string | undefined {
  return (record as { readonly dynamodb?: { readonly SequenceNumber?: string } } | undefined)?.dynamodb
    ?.SequenceNumber;
}
