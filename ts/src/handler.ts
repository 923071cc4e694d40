/** A batch of a stream, as Lambda delivers it: record by record, and from which one on it is to come again. */

import { DecodeFailed } from "./errors/catalogue.ts";
import { DynamORMError } from "./errors/error.ts";
import { isCode } from "./errors/code.ts";
import type { SeenEvents } from "./seen.ts";
import { idsOf } from "./stream/record.ts";

/** A Lambda event of a stream. */
export interface Batch {
  readonly Records: readonly unknown[];
}

/** What Lambda is told: from which record on the batch is to come again; nothing where all were handled. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** A record that failed. */
export interface RecordFailure {
  /** Undefined where none could be read. */
  readonly sequenceNumber: string | undefined;
  readonly error: unknown;
  /** The record as it came. */
  readonly record: unknown;
}

/** What a handler of batches takes beside what it does with records. */
export interface HandlerOptions {
  /**
   * Is told of a record that does not decode, and the batch goes on behind it. Without it, or where it throws, the
   * record fails, and so does one that cannot be opened for want of a key: it may be, later.
   */
  readonly onDecodeError?: ((failure: RecordFailure) => unknown) | undefined;
  /** Is given a record of none of the models. Without it such a record does not decode. */
  readonly onUnknown?: ((record: unknown) => unknown) | undefined;
  /** Is told of the failure that ended a batch; by default it is logged. */
  readonly onFailure?: ((failure: RecordFailure) => unknown) | undefined;
  /** Remembers what was handled, so that it is not handled again. */
  readonly seen?: SeenEvents | undefined;
}

/** What a batch needs of a feed. */
interface Decoder<R> {
  decode: (record: unknown) => Promise<R>;
  knows: (record: unknown) => boolean;
}

/** Handle a batch. */
export async function handleBatch<R>(
  feed: Decoder<R>,
  handle: (record: R) => unknown,
  options: HandlerOptions,
  batch: Batch,
): Promise<BatchResponse> {
  const records: unknown = (batch as Partial<Batch> | null | undefined)?.Records;
  if (!Array.isArray(records)) {
    throw new DecodeFailed("the event has no list of records");
  }
  for (const record of records as readonly unknown[]) {
    try {
      await handleOnce(feed, handle, options, record);
    } catch (error) {
      const { sequenceNumber } = idsOf(record);
      if (sequenceNumber === undefined) {
        throw error;
      }
      await (options.onFailure ?? log)({ sequenceNumber, error, record });
      return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
}

async function handleOnce<R>(
  feed: Decoder<R>,
  handle: (record: R) => unknown,
  options: HandlerOptions,
  record: unknown,
): Promise<void> {
  const { eventId, sequenceNumber } = idsOf(record);
  const { seen } = options;
  const id = eventId ?? sequenceNumber;
  if (id !== undefined && seen !== undefined && (await seen.has(id))) {
    return;
  }
  await handleOne(feed, handle, options, record);
  if (id !== undefined) {
    await seen?.add(id);
  }
}

async function handleOne<R>(
  feed: Decoder<R>,
  handle: (record: R) => unknown,
  { onDecodeError, onUnknown }: HandlerOptions,
  record: unknown,
): Promise<void> {
  let isUnknown: boolean;
  let decoded: R | undefined;
  try {
    isUnknown = onUnknown !== undefined && !feed.knows(record);
    decoded = isUnknown ? undefined : await feed.decode(record);
  } catch (error) {
    if (onDecodeError === undefined || isForWantOfAKey(error)) {
      throw error;
    }
    await onDecodeError({ sequenceNumber: idsOf(record).sequenceNumber, error, record });
    return;
  }
  await (isUnknown ? onUnknown?.(record) : handle(decoded as R));
}

function isForWantOfAKey(error: unknown): boolean {
  return isCode(error, "KeyUnavailable") || isCode(error, "EncryptionNotConfigured");
}

/** An error of the caller's own may hold values, so its name has to do. */
function log({ sequenceNumber, error }: RecordFailure): void {
  const name = error instanceof Error ? error.name : typeof error;
  const told = error instanceof DynamORMError ? error.message : name;
  // eslint-disable-next-line no-console -- where nobody listens, the failure is at least in the log
  console.error(
    `dynamorm: record ${sequenceNumber ?? ""} failed, and its batch comes again from there: ${told}`,
  );
}
