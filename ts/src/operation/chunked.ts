/**
 * A batch as a conversation: chunk after chunk, each sent again until nothing of it is left or its attempts are spent.
 *
 * What a request holds and what an answer leaves are known by `batch-get.ts` and `batch-write.ts`.
 */

import { BatchIncomplete, DecodeFailed } from "../errors/catalogue.ts";
import type { Open } from "../codec/seal.ts";
import { DynamORMError, type ErrorFields } from "../errors/error.ts";
import type { ItemKey } from "../errors/parts.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import type { Answer, Exchange, Request, Response, Secrets } from "./exchange.ts";
import type { ItemRef } from "./key.ts";

/** One part of a batch. */
export interface Part {
  readonly ref: ItemRef;
}

/** What became of parts that are not done. */
export type Fate = "undone" | "unknown";

/** A conversation over chunks of parts. */
export abstract class Chunked<P extends Part, R> implements Exchange<R> {
  /** The parts that are done. */
  readonly done = new Set<P>();
  /** What ended the batch, unless its attempts were spent. */
  failure: DynamORMError | undefined;
  #chunks: readonly (readonly P[])[];
  readonly #backoff: Backoff;
  /** Parts whose answer was lost; stays so unless a later answer says that they are done. */
  readonly #lost = new Set<P>();
  #next = 0;
  #left: readonly P[] = [];
  #attempts = 0;

  constructor(chunks: readonly (readonly P[])[], backoff: Backoff) {
    this.#chunks = chunks;
    this.#backoff = backoff;
  }

  /** Whether the requests may change anything. */
  protected abstract readonly writes: boolean;

  /** Build the request of what is left of a chunk. */
  protected abstract request(left: readonly P[], delayMs: number | undefined): Request;

  /** Take an answer and give the ids that it leaves. @throws {DynamORMError} where it does not fit the request */
  protected abstract leftBy(answer: Answer, sent: readonly P[], open: Open | undefined): ReadonlySet<string>;

  /** Give the result of everything. */
  abstract result(): R;

  /** What has to be done with keys around the conversation. */
  abstract get secrets(): Secrets;

  /** The parts of all chunks. */
  protected get parts(): readonly P[] {
    return this.#chunks.flat();
  }

  /** What is left of the chunk that was sent. */
  protected get left(): readonly P[] {
    return this.#left;
  }

  /** Take chunks of the parts with their envelopes. */
  protected replace(chunks: readonly (readonly P[])[]): void {
    this.#chunks = chunks;
  }

  /** Give the items that were found, for an error; a batch of writes has none. */
  protected found(): readonly unknown[] {
    return [];
  }

  next(): Request | undefined {
    if (this.#left.length === 0) {
      const chunk = this.#chunks[this.#next];
      if (chunk === undefined) {
        return undefined;
      }
      this.#next += 1;
      this.#left = chunk;
      this.#attempts = 0;
    }
    const delayMs = this.#attempts === 0 ? undefined : backoffMs(this.#backoff, this.#attempts);
    this.#attempts += 1;
    return this.request(this.#left, delayMs);
  }

  receive(response: Response, open?: Open): void {
    if (response.ok) {
      this.#lose(this.writes && response.lost === true);
      this.#answered(response.answer, open);
    } else if (response.error.code === "Throttled") {
      this.#lose(response.error.maybeApplied);
      this.#spend(response.error);
    } else {
      // Nobody knows what an answer that cannot be read has done.
      this.#lose(response.error.maybeApplied || (this.writes && response.error instanceof DecodeFailed));
      throw this.#failed(response.error);
    }
  }

  /** Give the parts that are not done, in the order of the requests. */
  rest(fate: Fate): P[] {
    const isLost = fate === "unknown";
    return this.#chunks.flat().filter((part) => !this.done.has(part) && this.#lost.has(part) === isLost);
  }

  #answered(answer: Answer, open: Open | undefined): void {
    let left: ReadonlySet<string>;
    try {
      left = this.leftBy(answer, this.#left, open);
    } catch (error) {
      throw error instanceof DynamORMError ? this.#misread(error) : error;
    }
    const sent = this.#left;
    for (const part of sent) {
      if (!left.has(part.ref.id)) {
        this.done.add(part);
      }
    }
    this.#left = left.size === 0 ? [] : sent.filter((part) => left.has(part.ref.id));
    if (this.#left.length > 0) {
      this.#spend(undefined);
    }
  }

  #lose(isSo: boolean): void {
    if (isSo) {
      this.#left.forEach((part) => this.#lost.add(part));
    }
  }

  /** Nobody knows what an answer that cannot be read has done. */
  #misread(error: DynamORMError): DynamORMError {
    this.#lose(this.writes);
    return this.#failed(error);
  }

  /** Go on with what is left, unless this was the last attempt. */
  #spend(error: DynamORMError | undefined): void {
    if (this.#attempts >= this.#backoff.maxAttempts) {
      const why = error === undefined ? "was left by DynamoDB" : "was throttled";
      const fact = `a part of the batch ${why} in each of ${this.#backoff.maxAttempts} attempts`;
      throw this.#incomplete(fact, { ...factsOf(error), origin: "service", retryable: true });
    }
  }

  #failed(error: DynamORMError): DynamORMError {
    this.failure = error;
    if (this.done.size === 0 && this.rest("unknown").length === 0) {
      return error;
    }
    return this.#incomplete(`the batch ended by ${error.code}`, {
      ...factsOf(error),
      origin: error.origin,
      retryable: error.retryable,
    });
  }

  #incomplete(fact: string, fields: ErrorFields): BatchIncomplete {
    const keys = (parts: Iterable<P>): ItemKey[] => Array.from(parts, ({ ref }) => ref.key());
    const all = this.#chunks.flat();
    return new BatchIncomplete(fact, {
      ...fields,
      maybeApplied: this.rest("unknown").length > 0,
      parts: {
        done: () => keys(all.filter((part) => this.done.has(part))),
        undone: () => keys(this.rest("undone")),
        unknown: () => keys(this.rest("unknown")),
        items: () => this.found(),
      },
    });
  }
}

/** Give what the error of a batch takes over from the failure that ended it. */
function factsOf(cause: DynamORMError | undefined): ErrorFields {
  return cause === undefined
    ? {}
    : { awsType: cause.awsType, requestId: cause.requestId, status: cause.status, cause };
}

/** Give the parts of each table, tables in the order of their first parts. */
export function byTable<P extends Part>(parts: readonly P[]): Map<string, P[]> {
  const tables = new Map<string, P[]>();
  for (const part of parts) {
    const { tableName } = part.ref;
    const found = tables.get(tableName);
    if (found === undefined) {
      tables.set(tableName, [part]);
    } else {
      found.push(part);
    }
  }
  return tables;
}

/** Finds which part of a request an answer names. */
export class Named<P extends Part> {
  readonly #parts: ReadonlyMap<string, P>;
  readonly #tables: ReadonlyMap<string, P[]>;

  constructor(sent: readonly P[]) {
    this.#parts = new Map(sent.map((part) => [part.ref.id, part]));
    this.#tables = byTable(sent);
  }

  /** Give the part of a table's item or key. @throws {DecodeFailed} where the request had none */
  find(tableName: string, wire: Parameters<ItemRef["idOf"]>[0]): P {
    const id = this.#tables.get(tableName)?.[0]?.ref.idOf(wire);
    const part = id === undefined ? undefined : this.#parts.get(id);
    if (part === undefined) {
      throw new DecodeFailed("the answer names an item that was not in the request");
    }
    return part;
  }
}
