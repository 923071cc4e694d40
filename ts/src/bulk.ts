/**
 * Long work: a stream of writes in chunks, some at a time. It holds what is under way, never the whole.
 *
 * Nothing is taken from the stream before there is room for it. Writes of one item happen in the order of the stream.
 */

import type { Client } from "./client.ts";
import { BatchIncomplete, Canceled, ValidationFailed } from "./errors/catalogue.ts";
import { DynamORMError, type Origin } from "./errors/error.ts";
import type { Action } from "./operation/action.ts";
import { BatchWrite, buildWrite, Filling, type Write } from "./operation/batch-write.ts";
import type { Fate } from "./operation/chunked.ts";
import { ItemRef } from "./operation/key.ts";
import { Source, type Stream } from "./source.ts";

/** How many writes were done, and how many were not, so far or at the end. */
export interface BulkCounts {
  readonly written: number;
  readonly deleted: number;
  readonly failed: number;
}

/** A write that is not done. */
export interface BulkFailure<K = Readonly<Record<string, unknown>>> {
  /** `undone` for certain, or `unknown` where the answer was lost. */
  readonly state: Fate;
  /** The library's refusal of the write, the failure of its chunk, or `BatchIncomplete` where the attempts were spent. */
  readonly error: DynamORMError;
  /** The name of the model; undefined for what is no action. */
  readonly model: string | undefined;
  /** Undefined where the write was refused for its key. */
  readonly key: K | undefined;
}

/** What long work takes. */
export interface BulkOptions<K = Readonly<Record<string, unknown>>> {
  /** How many chunks are under way at a time; 4 unless given. */
  readonly concurrency?: number;
  /** Leaves out what a batch cannot check: conditions, versions, the model of a deleted item. */
  readonly unchecked?: boolean;
  /** Is told the numbers after each chunk. Callbacks are called one at a time. */
  readonly progress?: ((counts: BulkCounts) => void | Promise<void>) | undefined;
  /** Is told each write that is not done; the work goes on, unless its error is one that stays. */
  readonly onFailure?: ((failure: BulkFailure<K>) => void | Promise<void>) | undefined;
  /** Stops the work: nothing new starts, what is under way is waited for. */
  readonly signal?: AbortSignal | undefined;
}

/** Write what a stream gives; `toAction` tells what an element of it means. */
export async function writeStream<T>(
  client: Client,
  stream: Stream<T>,
  toAction: (element: T) => Action,
  options: BulkOptions,
): Promise<BulkCounts> {
  const { concurrency = 4 } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new ValidationFailed("concurrency is a whole number, at least 1");
  }
  return new Bulk(client, toAction, { ...options, concurrency }).run(stream);
}

/** What was taken from the stream. */
interface Taken<T> {
  /** Its place in the stream. */
  readonly order: number;
  readonly element: T;
}

/** A write that was taken and is not done. */
interface Undone {
  readonly order: number;
  readonly state: Fate;
  readonly error: unknown;
  readonly model: string | undefined;
  readonly ref: ItemRef | undefined;
}

/** A chunk that is filled, with one reading of the clock. */
class Chunk extends Filling {
  readonly now: bigint;
  /** The places of its writes in the stream. */
  readonly orders = new Map<ItemRef, number>();

  constructor(now: bigint) {
    super();
    this.now = now;
  }

  has({ ref }: Write): boolean {
    return this.writes.some((write) => write.ref.id === ref.id);
  }

  /** Give these of its writes as not done. */
  undone(writes: readonly Write[], state: Fate, error: unknown): Undone[] {
    return writes.map((write) => {
      const { ref } = write;
      return { order: this.orders.get(ref) ?? 0, state, error, model: ref.codec.model.name, ref };
    });
  }
}

type Settings = BulkOptions & { readonly concurrency: number };

class Bulk<T> {
  readonly #client: Client;
  readonly #toAction: (element: T) => Action;
  readonly #options: Settings;
  readonly #counts = { written: 0, deleted: 0, failed: 0 };
  /** The items of chunks that are under way. */
  readonly #busy = new Set<string>();
  /** What nobody was told, for the error at the end. */
  readonly #undone: Undone[] = [];
  #underWay = 0;
  #taken = 0;
  #hasSent = false;
  #end: { readonly error: unknown } | undefined;
  #source: Source<T> | undefined;
  #callbacks: Promise<unknown> = Promise.resolve();
  #wake = (): void => undefined;

  constructor(client: Client, toAction: (element: T) => Action, options: Settings) {
    this.#client = client;
    this.#toAction = toAction;
    this.#options = options;
  }

  async run(stream: Stream<T>): Promise<BulkCounts> {
    const { signal } = this.#options;
    const cancel = (): void => {
      this.#stop(new Canceled("the work was cancelled", { origin: this.#origin, cause: signal?.reason }));
    };
    signal?.addEventListener("abort", cancel);
    if (signal?.aborted === true) {
      cancel();
    }
    try {
      await this.#takeAll(stream);
    } catch (error) {
      this.#stop(error);
    }
    await this.#until(() => this.#underWay === 0);
    signal?.removeEventListener("abort", cancel);
    if (this.#end !== undefined) {
      throw this.#incomplete(this.#end.error);
    }
    return { ...this.#counts };
  }

  get #origin(): Origin {
    return this.#hasSent ? "service" : "client";
  }

  get #isOver(): boolean {
    return this.#end !== undefined;
  }

  /** End the work; the first reason is the one that is told. */
  #stop(error: unknown): void {
    this.#end ??= { error };
    this.#source?.leave();
    this.#wake();
  }

  /** Wait until something is so: it is asked again whenever a chunk is finished, or the work ends. */
  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #takeAll(stream: Stream<T>): Promise<void> {
    if (this.#isOver) {
      return;
    }
    const source = new Source(stream);
    this.#source = source;
    let held: Taken<T> | undefined;
    for (;;) {
      await this.#until(() => this.#isOver || this.#underWay < this.#options.concurrency);
      const first: Taken<T> | undefined = held ?? (await this.#take(source));
      if (first === undefined) {
        return source.close();
      }
      held = await this.#fill(source, first);
    }
  }

  /** Take one; undefined at the end of the stream or of the work. */
  async #take(source: Source<T>): Promise<Taken<T> | undefined> {
    if (this.#isOver) {
      return undefined;
    }
    try {
      const taken = await source.next();
      this.#taken += taken === undefined ? 0 : 1;
      return taken && { order: this.#taken, element: taken.element };
    } catch (error) {
      this.#stop(error);
      return undefined;
    }
  }

  /** Fill a chunk and send it. Gives what it could not hold, which begins the next one. */
  async #fill(source: Source<T>, first: Taken<T>): Promise<Taken<T> | undefined> {
    const chunk = new Chunk(this.#client.clock());
    let taken: Taken<T> | undefined = first;
    let held: Taken<T> | undefined;
    while (taken !== undefined && held === undefined) {
      const write = await this.#build(chunk, taken);
      if (write !== undefined && (chunk.has(write) || !chunk.fits(write))) {
        held = taken;
      } else {
        if (write !== undefined) {
          await this.#until(() => this.#isOver || !this.#busy.has(write.ref.id));
          chunk.add(write);
          chunk.orders.set(write.ref, taken.order);
        }
        taken = chunk.isFull ? undefined : await this.#take(source);
      }
    }
    this.#send(chunk);
    return held;
  }

  /** Build a write; undefined where it is refused, which is told. */
  async #build(chunk: Chunk, { order, element }: Taken<T>): Promise<Write | undefined> {
    const { unchecked } = this.#options;
    let action: Action | undefined;
    try {
      action = this.#toAction(element);
      return buildWrite(action, { now: chunk.now, unchecked });
    } catch (error) {
      await this.#fail([
        { order, state: "undone", error, model: action?.codec.model.name, ref: action && refOf(action) },
      ]);
      return undefined;
    }
  }

  #send(chunk: Chunk): void {
    const { writes } = chunk;
    if (this.#isOver) {
      this.#undone.push(...chunk.undone(writes, "undone", undefined));
    }
    if (this.#isOver || writes.length === 0) {
      return;
    }
    this.#underWay += 1;
    this.#hasSent = true;
    writes.forEach(({ ref }) => this.#busy.add(ref.id));
    const finish = (): void => {
      this.#underWay -= 1;
      writes.forEach(({ ref }) => this.#busy.delete(ref.id));
      this.#wake();
    };
    this.#write(chunk).then(finish, (error: unknown) => {
      this.#stop(error);
      finish();
    });
  }

  async #write(chunk: Chunk): Promise<void> {
    const { signal, onFailure, progress } = this.#options;
    const exchange = new BatchWrite([chunk.writes], this.#client.backoff);
    exchange.refused = onFailure === undefined ? undefined : new Map();
    const error = await this.#client.run(exchange, { stop: signal, now: chunk.now }).then(
      () => undefined,
      (thrown: unknown) => exchange.failure ?? thrown,
    );
    const { written, deleted } = exchange.result();
    this.#counts.written += written;
    this.#counts.deleted += deleted;
    if (error !== undefined) {
      const passes = error instanceof DynamORMError && error.retryable;
      if (!passes || onFailure === undefined) {
        this.#stop(error);
      }
      await this.#fail([
        ...chunk.undone(
          exchange.rest("undone"),
          error instanceof DynamORMError ? "undone" : "unknown",
          error,
        ),
        ...chunk.undone(exchange.rest("unknown"), "unknown", error),
      ]);
    }
    for (const [write, refusal] of exchange.refused ?? []) {
      await this.#fail(chunk.undone([write], "undone", refusal));
    }
    const counts = { ...this.#counts };
    await this.#tell(() => progress?.(counts));
  }

  /** Tell of writes that are not done, or keep them for the error at the end. */
  async #fail(failures: readonly Undone[]): Promise<void> {
    this.#counts.failed += failures.length;
    const { onFailure } = this.#options;
    for (const [index, failure] of failures.entries()) {
      const { state, error, model, ref } = failure;
      if (onFailure === undefined || !(error instanceof DynamORMError)) {
        this.#undone.push(failure);
        this.#stop(error);
      } else if (!(await this.#tell(() => onFailure({ state, error, model, key: ref?.key().key })))) {
        this.#undone.push(...failures.slice(index + 1));
        return;
      }
    }
  }

  /** Call the caller, never twice at a time; what the call throws ends the work. */
  #tell(call: () => unknown): Promise<boolean> {
    const told = this.#callbacks.then(call).then(
      () => true,
      (error: unknown) => {
        this.#stop(error);
        return false;
      },
    );
    this.#callbacks = told;
    return told;
  }

  #incomplete(cause: unknown): DynamORMError {
    const error = cause instanceof DynamORMError ? cause : undefined;
    if (error?.code === "Canceled" && this.#taken === 0) {
      return error;
    }
    const undone = this.#undone.toSorted((left, right) => left.order - right.order);
    const keys = (state: Fate) => () =>
      undone.filter((one) => one.state === state).flatMap(({ ref }) => ref?.key() ?? []);
    return new BatchIncomplete(`the work ended by ${error?.code ?? "an error of its caller"}`, {
      origin: error?.origin ?? this.#origin,
      retryable: error?.retryable ?? false,
      awsType: error?.awsType,
      requestId: error?.requestId,
      status: error?.status,
      maybeApplied: error?.maybeApplied === true || undone.some(({ state }) => state === "unknown"),
      // Attempts that are spent are no failure of their own.
      cause: error instanceof BatchIncomplete ? error.cause : cause,
      parts: { done: () => [], undone: keys("undone"), unknown: keys("unknown") },
    });
  }
}

/** Give the key of a write that was refused, unless it is the key that was refused. */
function refOf(action: Action): ItemRef | undefined {
  try {
    return new ItemRef(action.codec, action.tableName, "value" in action ? action.value : action.key);
  } catch {
    return undefined;
  }
}
