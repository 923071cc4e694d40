/** BatchGetItem: items of any tables by their keys, in chunks, what is left of a chunk again until nothing is. */

import type { ModelCodec } from "../codec/item.ts";
import type { Open } from "../codec/seal.ts";
import type { WireItem } from "../codec/value.ts";
import { DecodeFailed } from "../errors/catalogue.ts";
import { BATCH_GET_MAX } from "../generated/limits.ts";
import { quote } from "../text/utf8.ts";
import type { Get } from "./action.ts";
import type { Backoff } from "./backoff.ts";
import { Chunked, Named, type Part } from "./chunked.ts";
import { type Answer, type ByTable, type Held, holding, type Request, type Secrets } from "./exchange.ts";
import { planOf, type ReadPlan } from "./get.ts";
import { ItemRef } from "./key.ts";

/** What a caller asks for, and where its item stands in the result. */
interface Ask {
  readonly index: number;
  readonly ref: ItemRef;
  readonly plan: ReadPlan;
}

/** One key of a request, for everybody who asks for it. */
interface Wanted extends Part {
  readonly group: Group;
  readonly asks: Ask[];
}

/** Keys that are read alike: of one table, with one projection and one consistency. */
interface Group {
  readonly tableName: string;
  /** What the request says beside the keys, as JSON text, each member behind a comma. */
  readonly members: string;
  readonly wanted: Map<string, Wanted>;
}

/** What a batch of reads found. */
export interface Fetched {
  /** What was found, in the order of the asking. */
  readonly items: unknown[];
  /** The keys without an item, each once for a model, in the same order. */
  readonly missing: readonly ItemRef[];
}

/** Read many items. `make` gives what stands in the result for the item of the get at an index. */
export function batchGet(
  gets: readonly Get[],
  backoff: Backoff,
  make: (value: Record<string, unknown>, index: number) => unknown,
): BatchGet {
  return new BatchGet(groupsOf(asksOf(gets), gets), backoff, make);
}

function asksOf(gets: readonly Get[]): Ask[] {
  const plans = new Map<ModelCodec, ReadPlan>();
  return gets.map((get, index) => ({
    index,
    plan: planFor(get, plans),
    ref: new ItemRef(get.codec, get.tableName, get.key),
  }));
}

/** Whole items of a model are read alike; selections are planned one by one. */
function planFor({ codec, select, view }: Get, whole: Map<ModelCodec, ReadPlan>): ReadPlan {
  const isWhole = select === undefined && view === undefined;
  const plan = (isWhole ? whole.get(codec) : undefined) ?? planOf(codec, { select, view }, true);
  if (isWhole) {
    whole.set(codec, plan);
  }
  return plan;
}

function groupsOf(asks: readonly Ask[], gets: readonly Get[]): Group[] {
  const groups = new Map<string, Group>();
  for (const ask of asks) {
    const { tableName } = ask.ref;
    const consistent = gets[ask.index]?.consistent === true;
    const members = `${consistent ? ',"ConsistentRead":true' : ""}${ask.plan.members}`;
    const kind = `${tableName} ${members}`;
    const group: Group = groups.get(kind) ?? { tableName, members, wanted: new Map() };
    groups.set(kind, group);
    const wanted = group.wanted.get(ask.ref.id) ?? { ref: ask.ref, group, asks: [] };
    group.wanted.set(ask.ref.id, wanted);
    wanted.asks.push(ask);
  }
  return [...groups.values()];
}

function chunksOf(groups: readonly Group[]): Wanted[][] {
  return groups.flatMap(({ wanted }) => {
    const all = [...wanted.values()];
    const starts = Array.from({ length: Math.ceil(all.length / BATCH_GET_MAX) }, (_, n) => n * BATCH_GET_MAX);
    return starts.map((start) => all.slice(start, start + BATCH_GET_MAX));
  });
}

/** The conversation of a batch of reads. */
export class BatchGet extends Chunked<Wanted, Fetched> {
  protected override readonly writes = false;
  readonly #asks: readonly Ask[];
  readonly #make: (value: Record<string, unknown>, index: number) => unknown;
  /** What was found, by the index of the get. */
  readonly #found = new Map<number, unknown>();

  constructor(
    groups: readonly Group[],
    backoff: Backoff,
    make: (value: Record<string, unknown>, index: number) => unknown,
  ) {
    super(chunksOf(groups), backoff);
    this.#asks = groups
      .flatMap(({ wanted }) => [...wanted.values()].flatMap(({ asks }) => asks))
      .sort((left, right) => left.index - right.index);
    this.#make = make;
  }

  protected request(left: readonly Wanted[], delayMs: number | undefined): Request {
    const { tableName = "", members = "" } = left[0]?.group ?? {};
    const keys = left.map(({ ref }) => ref.text).join(",");
    const body = `{"RequestItems":{${quote(tableName) ?? '""'}:{"Keys":[${keys}]${members}}}}`;
    const outline = { RequestItems: { [tableName]: undefined } };
    return { api: "BatchGetItem", tableName, outline, body, writes: this.writes, delayMs };
  }

  protected leftBy(answer: Answer, sent: readonly Wanted[], open: Open | undefined): ReadonlySet<string> {
    const named = new Named(sent);
    const left = Object.entries(answer.UnprocessedKeys ?? {}).flatMap(([tableName, { Keys: keys }]) =>
      (keys ?? []).map((key) => named.find(tableName, key).ref.id),
    );
    if (Array.isArray(answer.Responses)) {
      throw new DecodeFailed("an answer of a transaction to a batch");
    }
    const responses = (answer.Responses ?? {}) as ByTable<readonly WireItem[]>;
    const items = Object.entries(responses).flatMap(([tableName, found]) =>
      found.flatMap((item) =>
        named
          .find(tableName, item)
          .asks.map(({ index, plan }) => [index, this.#make(plan.decode(item, open), index)] as const),
      ),
    );
    for (const [index, item] of items) {
      this.#found.set(index, item);
    }
    return new Set(left);
  }

  override get secrets(): Secrets {
    return {
      seals: [],
      fill: () => undefined,
      held: (response) => (response.ok ? this.#heldBy(response.answer) : []),
    };
  }

  #heldBy({ Responses: responses = {} }: Answer): readonly Held[] {
    const sealed = this.left.filter(({ ref }) => ref.codec.sealed.length > 0);
    if (sealed.length === 0 || Array.isArray(responses)) {
      return [];
    }
    const wanted = new Map(sealed.map((one) => [one.ref.id, one]));
    return Object.values(responses as ByTable<readonly WireItem[]>).flatMap((items) =>
      items.flatMap((item) => {
        const found = sealed[0] && wanted.get(sealed[0].ref.idOf(item));
        const codecs = new Set(found?.asks.map(({ ref }) => ref.codec));
        return [...codecs].flatMap((codec) => holding(codec, item));
      }),
    );
  }

  result(): Fetched {
    const missing = new Map<string, ItemRef>();
    for (const { index, ref } of this.#asks) {
      if (!this.#found.has(index) && !missing.has(ref.id)) {
        missing.set(ref.id, ref);
      }
    }
    return { items: [...this.found()], missing: [...missing.values()] };
  }

  protected override found(): readonly unknown[] {
    return this.#asks
      .filter(({ index }) => this.#found.has(index))
      .map(({ index }) => this.#found.get(index));
  }
}
