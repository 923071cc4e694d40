/**
 * Readings: queries and scans as the caller holds them. They are lazy: nothing is sent before an item is asked for.
 *
 * A reading can be iterated again; each time is a read of its own, from the start or from the cursor that was given.
 */

import { Arrivals } from "./arrivals.ts";
import type { Client } from "./client.ts";
import type { ModelCodec } from "./codec/item.ts";
import type { WireItem } from "./codec/value.ts";
import { InvalidOperator, ItemNotFound, ValidationFailed } from "./errors/catalogue.ts";
import type { Exchange } from "./operation/exchange.ts";
import { type Found, type Keys, Read, type Shape } from "./operation/read.ts";
import { checkSegments, type ReadArguments } from "./operation/read-options.ts";
import type { PartialItem, Path, Picked, View, Viewed } from "./schema/types.ts";

/** What one response held, or everything up to the end or the limit: the items, and the cursor to go on from. */
export interface Page<T> {
  readonly items: T[];
  /** Undefined at the end. */
  readonly cursor: string | undefined;
  /** The number of the segment in a parallel scan. */
  readonly segment?: number;
}

/** What a reading is made of. */
export interface ReadingParts {
  readonly client: Client;
  readonly codecs: readonly ModelCodec[];
  readonly tableName: string;
  readonly keys: Keys | undefined;
  readonly options: ReadArguments & { readonly signal?: AbortSignal | undefined };
  readonly shape: Shape;
  readonly make: (found: Found) => unknown;
}

/** Items whole; the shape that every reading begins with. */
export const WHOLE: Shape = { what: "items", withCursor: true };

/** A query or scan that has not begun. Iterate it for items, `pages()` for pages with cursors. */
export class Reading<T, D> implements AsyncIterable<T> {
  readonly #parts: ReadingParts;

  constructor(parts: ReadingParts) {
    // Copies: what is changed after the call changes no reading of it.
    this.#parts = { ...parts, options: { ...parts.options } };
  }

  /** No member of the object: who prints a reading sees neither keys nor filters. */
  protected get parts(): ReadingParts {
    return this.#parts;
  }

  /**
   * Read item by item; a page is asked for when its first item is.
   *
   * @throws {ValidationFailed | InvalidOperator | MissingPrimaryKey | InvalidCursor | DecodeFailed}
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) {
      yield* page.items;
    }
  }

  /** Read page by page. A page may be empty and still have a cursor; the last has none, unless `limit` cut it. */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    yield* pagesOf<T>(this.parts, begin(this.parts), this.parts.options.segment);
  }

  /** Read one page. */
  async page(): Promise<Page<T>> {
    const { value } = await this.pages().next();
    return value ?? { items: [], cursor: undefined };
  }

  /** Read to the end or the limit, as one page with the cursor behind its last item. */
  async all(): Promise<Page<T>> {
    const items: T[] = [];
    let cursor: string | undefined;
    for await (const page of this.pages()) {
      extend(items, page.items);
      cursor = page.cursor;
    }
    return { items, cursor };
  }

  /** Count the items without reading them. @throws {ValidationFailed} with a limit or a selection. */
  async count(): Promise<number> {
    this.#refuseLimit("count");
    const parts = { ...this.parts, shape: { ...this.parts.shape, what: "count" as const } };
    const read = begin(parts);
    let total = 0;
    let start = read.start;
    do {
      const page = await run(parts, read, read.page(start, undefined));
      total += page.count;
      start = page.lastKey;
    } while (start !== undefined);
    return total;
  }

  /** Give the first item, or undefined; DynamoDB is asked for one alone where nothing filters. */
  async first(): Promise<T | undefined> {
    return (await this.#limited("first", 1))[0];
  }

  /**
   * Give the only item.
   *
   * @throws {ItemNotFound} where there is none.
   * @throws {ValidationFailed} of origin service where there are more.
   */
  async one(): Promise<T> {
    const [found, ...others] = await this.#limited("one", 2);
    const name = this.parts.codecs[0]?.model.name ?? "";
    if (others.length > 0) {
      throw new ValidationFailed(`${name}: there is more than one such item`, { origin: "service" });
    }
    if (found === undefined) {
      throw new ItemNotFound(`${name}: there is no such item`, { origin: "service" });
    }
    return found;
  }

  /** Read parts of the items: paths as in `get`. Top-level attributes give a type with these members alone. */
  select<const P extends Path<D>>(paths: readonly P[]): Reading<Picked<D, P>, D> {
    return new Reading(this.shaped({ select: listed(paths) }));
  }

  /** Read the attributes of a named view of the model. */
  view<const N extends View<D>>(name: N): Reading<Viewed<D, N>, D> {
    return new Reading(this.shaped({ view: name }));
  }

  /** Read what an index projects; where it projects all, that is whole items. */
  projected(): Reading<PartialItem<D>, D> {
    return new Reading(this.shaped({ what: "projected" }));
  }

  protected shaped(shape: Partial<Shape>): ReadingParts {
    return { ...this.parts, shape: { ...this.parts.shape, ...shape } };
  }

  async #limited(verb: string, limit: number): Promise<T[]> {
    this.#refuseLimit(verb);
    const parts = this.shaped({ withCursor: false });
    return (await new Reading<T, D>({ ...parts, options: { ...parts.options, limit } }).all()).items;
  }

  #refuseLimit(verb: string): void {
    if (this.parts.options.limit !== undefined) {
      throw new ValidationFailed(`${verb} takes no limit`);
    }
  }
}

/** A scan that has not begun; `parallel` reads its segments side by side. */
export class Scan<T, D> extends Reading<T, D> {
  override select<const P extends Path<D>>(paths: readonly P[]): Scan<Picked<D, P>, D> {
    return new Scan(this.shaped({ select: listed(paths) }));
  }

  override view<const N extends View<D>>(name: N): Scan<Viewed<D, N>, D> {
    return new Scan(this.shaped({ view: name }));
  }

  override projected(): Scan<PartialItem<D>, D> {
    return new Scan(this.shaped({ what: "projected" }));
  }

  /**
   * Read all segments, at most `concurrency` at a time (all, unless given).
   *
   * @throws {ValidationFailed} with a limit or a cursor: each segment has a cursor of its own.
   */
  parallel(
    segments: number,
    { concurrency = segments }: { readonly concurrency?: number } = {},
  ): Parallel<T> {
    checkSegments(segments);
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new ValidationFailed("concurrency is a whole number, at least 1");
    }
    const { limit, cursor, segment } = this.parts.options;
    if (limit !== undefined || (cursor ?? null) !== null || segment !== undefined) {
      throw new ValidationFailed("a parallel scan has no limit, no cursor and no segment of its own");
    }
    return new Parallel(this.parts, segments, concurrency);
  }
}

/**
 * A scan by segments: items come as they are read, in no order.
 *
 * Of each segment the next page is asked for when its last one was taken, so that nobody reads ahead. Leaving the loop, an
 * error and the signal stop every request that is under way.
 */
export class Parallel<T> implements AsyncIterable<T> {
  readonly #parts: ReadingParts;
  readonly #segments: number;
  readonly #concurrency: number;

  constructor(parts: ReadingParts, segments: number, concurrency: number) {
    this.#parts = parts;
    this.#segments = segments;
    this.#concurrency = concurrency;
  }

  /** Read item by item. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) {
      yield* page.items;
    }
  }

  /** Read everything: the items, and the cursor of each segment, undefined at its end. */
  async all(): Promise<{ readonly items: T[]; readonly cursors: (string | undefined)[] }> {
    const items: T[] = [];
    const cursors = Array.from({ length: this.#segments }, (): string | undefined => undefined);
    for await (const page of this.pages()) {
      extend(items, page.items);
      cursors[page.segment ?? 0] = page.cursor;
    }
    return { items, cursors };
  }

  /** Read page by page; each says its segment, and its cursor goes on in that segment. */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    const stop = new AbortController();
    const { signal } = this.#parts.options;
    const parts: ReadingParts = {
      ...this.#parts,
      options: {
        ...this.#parts.options,
        signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
      },
    };
    const read = begin(parts);
    const turns = new Arrivals<Turn<T>>();
    let begun = 0;
    try {
      for (;;) {
        for (; begun < this.#segments && turns.size < this.#concurrency; begun += 1) {
          turns.add(turnOf(begun, pagesOf<T>(parts, read, [begun, this.#segments])));
        }
        const turn = await turns.next();
        if (turn === undefined) {
          return;
        }
        if (turn.page !== undefined) {
          yield turn.page;
          // What failed while the page was looked at ends the scan before another page is asked for.
          turns.check();
          turns.add(turnOf(turn.number, turn.pages));
        }
      }
    } finally {
      stop.abort();
      await turns.settled();
    }
  }
}

interface Turn<T> {
  readonly number: number;
  readonly pages: AsyncGenerator<Page<T>, void, undefined>;
  /** Undefined at the end of the segment. */
  readonly page: Page<T> | undefined;
}

async function turnOf<T>(number: number, pages: Turn<T>["pages"]): Promise<Turn<T>> {
  const { value } = await pages.next();
  return { number, pages, page: value ?? undefined };
}

/** Copy a list of paths; what is none is refused when it is read. */
function listed<P>(paths: readonly P[]): readonly P[] {
  return Array.isArray(paths) ? Array.from<P>(paths) : paths;
}

function begin({ client, codecs, tableName, keys, options, shape }: ReadingParts): Read {
  const { signer } = client;
  if (options.cursorContext !== undefined && !signer.signs) {
    throw new ValidationFailed("a cursorContext needs the client's cursorSecrets");
  }
  const read = new Read({ codecs, tableName, keys, options, shape, now: client.clock(), signer });
  const whole = shape.what === "items" && shape.select === undefined && shape.view === undefined;
  if (whole && !read.place.isWhole) {
    throw new InvalidOperator(
      `${String(read.place)} holds parts of the items: read it by projected, select or view`,
    );
  }
  return read;
}

async function* pagesOf<T>(
  parts: ReadingParts,
  read: Read,
  segment: readonly [number: number, total: number] | undefined,
): AsyncGenerator<Page<T>, void, undefined> {
  let start: WireItem | undefined = read.start;
  let remaining = parts.options.limit;
  do {
    const page = await run(parts, read, read.page(start, remaining, segment));
    const cursor = parts.shape.withCursor ? read.cursor(page.lastKey, segment) : undefined;
    const items = page.items.map((found) => parts.make(found) as T);
    yield segment === undefined ? { items, cursor } : { items, cursor, segment: segment[0] };
    start = page.lastKey;
    remaining = remaining === undefined ? undefined : remaining - items.length;
  } while (start !== undefined && remaining !== 0);
}

/** Add items one by one: a page may hold more than a call takes arguments. */
function extend<T>(items: T[], more: readonly T[]): void {
  for (const item of more) {
    items.push(item);
  }
}

function run<R>(
  { client, options: { signal } }: ReadingParts,
  { now }: Read,
  exchange: Exchange<R>,
): Promise<R> {
  return client.run(exchange, { signal, now });
}
