/**
 * Copies under way: segments of a scan side by side, each strictly in its order, a page, its writes, and then the place.
 *
 * Callbacks are called one at a time. What ends the work lets nothing new start, and waits for what is under way.
 */

import type { Client, RunOptions } from "./client.ts";
import { codecOf } from "./codec/item.ts";
import { asItIs, type Draft, type Open } from "./codec/seal.ts";
import type { WireItem } from "./codec/value.ts";
import { CopyWrites, type Page } from "./copy-writes.ts";
import { Canceled, type ErrorCode } from "./errors/catalogue.ts";
import { isCode } from "./errors/code.ts";
import { keyOf, type Move } from "./moving.ts";
import { scanSteps } from "./operation/copy.ts";
import { holding } from "./operation/exchange.ts";
import { Read } from "./operation/read.ts";
import { conversation } from "./operation/steps.ts";
import { type MigrationCounts, type Phase, Tally, type Whereabouts } from "./operation/whereabouts.ts";
import type { Model } from "./schema/model.ts";
import type { AnyDefinition } from "./schema/types.ts";

/** How far a migration is, after a page. */
export interface MigrationProgress {
  readonly phase: Phase;
  /** The numbers of the phase so far. */
  readonly counts: MigrationCounts;
  /** A run with it reads again nothing that is before it. */
  readonly cursor: string;
}

/** An item that was not written. */
export interface MigrationFailure {
  readonly phase: Phase;
  /** The key of the source, as far as it can be read; a composed one is its text. */
  readonly key: Readonly<Record<string, unknown>>;
  /** The code of the error; `Transform` where that failed. */
  readonly reason: ErrorCode | "Transform";
  /** The error; of a transform whatever it threw. */
  readonly error: unknown;
}

/** What the copies of one migration have in common. */
export interface CopySettings {
  readonly client: Client;
  readonly source: Model<AnyDefinition>;
  readonly asked: ReadonlySet<number>;
  readonly concurrency: number;
  readonly pageSize: number;
  readonly maxPages: number;
  readonly consistent: boolean;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly progress: ((progress: MigrationProgress) => unknown) | undefined;
  readonly onFailure: ((failure: MigrationFailure) => unknown) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Thrown where the work is over already, and told to nobody. */
const OVER = new Error("the work is over");

/** The copies of one migration. */
export class Copies {
  readonly #settings: CopySettings;
  readonly #whereabouts: Whereabouts;
  /** The reading of the clock that nobody used yet. */
  #now: bigint | undefined;
  #hasSent = false;
  #end: { readonly error: unknown } | undefined;
  #callbacks: Promise<unknown> = Promise.resolve();

  constructor(settings: CopySettings, whereabouts: Whereabouts, now: bigint) {
    this.#settings = settings;
    this.#whereabouts = whereabouts;
    this.#now = now;
  }

  /** Do one phase; tells whether all of it that was asked for is done. */
  async run(phase: Phase, move: Move, tableName: string): Promise<boolean> {
    const { asked, concurrency } = this.#settings;
    const left = [...asked].filter((number) => !this.#whereabouts.isDone(phase, number));
    const queue = left.values();
    const worker = async (): Promise<void> => {
      // Workers share what is left.
      for (const number of queue) {
        await this.#segment({ phase, move, tableName, number });
      }
    };
    const workers = Array.from({ length: Math.min(concurrency, left.length) }, () =>
      worker().catch((error: unknown) => {
        this.#stop(error);
      }),
    );
    await Promise.all(workers);
    if (this.#end !== undefined) {
      throw this.#end.error;
    }
    return left.every((number) => this.#whereabouts.isDone(phase, number));
  }

  /** End the work; the first reason is the one that is told. */
  #stop(error: unknown): void {
    const { signal } = this.#settings;
    const isCanceled = signal?.aborted === true && (error === OVER || isCode(error, "Canceled"));
    this.#end ??= { error: isCanceled ? this.#canceled(signal.reason) : error };
  }

  #canceled(cause: unknown): Canceled {
    const origin = this.#hasSent ? "service" : "client";
    return new Canceled("the migration was cancelled", { origin, cause });
  }

  /** Go no further where the work is over. */
  check(): void {
    if (this.#end !== undefined || this.#settings.signal?.aborted === true) {
      throw OVER;
    }
  }

  /** Begin a page. All but the first read the clock, so that no data key of a cache grows too old on a long way. */
  #begin(): RunOptions {
    this.check();
    this.#hasSent = true;
    const now = this.#now ?? this.#settings.client.clock();
    this.#now = undefined;
    return { stop: this.#settings.signal, now };
  }

  /** Call the caller, never twice at a time; what the call throws ends the work. */
  #tell(call: () => unknown): Promise<unknown> {
    const told = this.#callbacks.then(() => {
      this.check();
      return call();
    });
    this.#callbacks = told.catch((error: unknown) => {
      this.#stop(error);
    });
    return told;
  }

  /** Go on where a segment is, page by page. */
  async #segment(part: Part): Promise<void> {
    const { client, source, asked, maxPages, pageSize, consistent, progress } = this.#settings;
    const { phase, move, number } = part;
    const whereabouts = this.#whereabouts;
    const segment = segmentOf(number, whereabouts.segments);
    const parts = { tableName: client.tableName(source), own: move.own, pageSize, consistent, segment };
    const read = placeOf(client, source, segment, whereabouts.phases[phase].get(number)?.at);
    let { start } = read;
    for (let pages = 0; pages < maxPages && !whereabouts.isDone(phase, number); pages += 1) {
      const page = this.#page(part);
      const steps = scanSteps(parts, start, client.backoff);
      const { items, lastKey } = await client.run(conversation(steps), page.run);
      await this.#move(items, part, page);
      whereabouts.advance(phase, number, page.tally, read.cursor(lastKey));
      start = lastKey;
      const [counts, cursor] = [whereabouts.counts(phase, asked), whereabouts.cursor()];
      await this.#tell(() => progress?.({ phase, counts, cursor }));
    }
  }

  #page({ phase, move }: Part): Page {
    const { onFailure } = this.#settings;
    const tally = new Tally();
    return {
      run: this.#begin(),
      tally,
      check: () => {
        this.check();
      },
      told: async (item, fate, reason, error) => {
        tally.count(fate, reason);
        if (onFailure !== undefined) {
          const key = keyOf(move.source, item);
          await this.#tell(() => onFailure({ phase, key, reason, error }));
        }
      },
    };
  }

  /** Write the items of a page, one after the other. */
  async #move(items: readonly WireItem[], { move, tableName }: Part, page: Page): Promise<void> {
    const { client, dryRun, overwrite } = this.#settings;
    const held = items.flatMap((item) => holding(move.source, item));
    const opened = await client.open(held, page.run);
    const writes = new CopyWrites(client, move.target, tableName, page);
    for (const item of items) {
      this.check();
      page.tally.count("read");
      const draft = await draftOf(move, item, opened?.open ?? asItIs, writes, page);
      if (draft !== undefined && dryRun) {
        page.tally.count("written");
      } else if (draft !== undefined) {
        await (overwrite ? writes.gather({ item, draft }) : writes.keep({ item, draft }));
      }
    }
    await writes.flush();
  }
}

/** A segment of a phase. */
interface Part {
  readonly phase: Phase;
  readonly move: Move;
  readonly tableName: string;
  readonly number: number;
}

/** Make the draft of an item; undefined where it is skipped, or fails. */
async function draftOf(
  move: Move,
  item: WireItem,
  open: Open,
  writes: CopyWrites,
  { tally }: Page,
): Promise<Draft | undefined> {
  try {
    const draft = await move.draft(item, open);
    if (draft === undefined) {
      tally.count("skipped");
    }
    return draft;
  } catch (error) {
    await writes.fails(item, error);
    return undefined;
  }
}

/** A scan of one segment is no parallel one. */
function segmentOf(number: number, total: number): readonly [number, number] | undefined {
  return total === 1 ? undefined : [number, total];
}

/** Read a place, as the cursor of a scan of the segment; the whole scan unless there is one. @throws {InvalidCursor} */
function placeOf(
  client: Client,
  source: Model<AnyDefinition>,
  segment: readonly [number, number] | undefined,
  at: string | undefined,
): Read {
  return new Read({
    codecs: [codecOf(source, true)],
    tableName: client.tableName(source),
    keys: undefined,
    options: { segment, cursor: at },
    // No item is read by it.
    shape: { what: "count", withCursor: true },
    now: 0n,
    signer: client.signer,
  });
}

/** Refuse a cursor whose places are of other scans. @throws {InvalidCursor} */
export function checkPlaces(
  client: Client,
  source: Model<AnyDefinition>,
  { phases, segments }: Whereabouts,
): void {
  for (const phase of Object.values(phases)) {
    for (const [number, { at }] of phase) {
      if (at !== undefined) {
        placeOf(client, source, segmentOf(number, segments), at);
      }
    }
  }
}
