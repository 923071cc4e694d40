/**
 * Query and scan: requests page by page, and what is made of each page. Nothing is asked for ahead of demand.
 *
 * A `Read` is one reading from its start (or cursor) to its end, its limit, or where its caller stops: it builds what every
 * request shares once, and each page is a conversation of its own.
 */

import type { ModelCodec } from "../codec/item.ts";
import { floorDivide } from "../codec/time.ts";
import type { Open } from "../codec/seal.ts";
import type { WireItem } from "../codec/value.ts";
import {
  DecodeFailed,
  EncryptionNotConfigured,
  InvalidCursor,
  InvalidOperator,
  ValidationFailed,
} from "../errors/catalogue.ts";
import { checkLength } from "../expression/compile.ts";
import { conditionText } from "../expression/condition.ts";
import { type Condition, pathsOf } from "../expression/node.ts";
import { isEncrypted } from "../expression/fit.ts";
import { parsePath, type PathSegments, pathText } from "../expression/path.ts";
import { Placeholders } from "../expression/placeholder.ts";
import { isMark, projectionText } from "../expression/projection.ts";
import { placeAt } from "../schema/model.ts";
import { canonicalJson } from "../text/json.ts";
import { quote } from "../text/utf8.ts";
import type { Bound, Order, Signer } from "./cursor.ts";
import {
  type Answer,
  answerOf,
  type Exchange,
  type Held,
  holding,
  type Request,
  single,
} from "./exchange.ts";
import { selectionOf } from "./get.ts";
import { type Place, placeOf } from "./place.ts";
import { findPlace, KeyCondition, type Partition, type Sort } from "./query.ts";
import { checkOptions, type ReadArguments } from "./read-options.ts";
import { mergedCodec, ownItems } from "./several.ts";

/** What a query says of the keys; a scan has none. */
export interface Keys {
  readonly partition: Partition;
  readonly sort: Sort | undefined;
}

/** What is made of the items: whole ones, what an index projects, selected parts, or their number. */
export interface Shape {
  readonly what: "items" | "projected" | "count";
  readonly select?: readonly (string | PathSegments)[] | undefined;
  readonly view?: string | undefined;
  /** Whether a cursor may be asked for, so that a limited read needs the keys. */
  readonly withCursor: boolean;
}

/** An item that was read, and the model that it belongs to. */
export interface Found {
  readonly codec: ModelCodec;
  readonly value: Record<string, unknown>;
}

/** What one response held: items, their number, and where to go on. */
export interface RawPage {
  readonly items: readonly Found[];
  readonly count: number;
  readonly lastKey: WireItem | undefined;
}

/** What a read is made of. */
export interface ReadParts {
  readonly codecs: readonly ModelCodec[];
  readonly tableName: string;
  readonly keys: Keys | undefined;
  readonly options: ReadArguments;
  readonly shape: Shape;
  readonly now: bigint;
  readonly signer: Signer;
}

const NANOS = 1_000_000_000n;

/** One reading of one or several models. */
export class Read {
  readonly place: Place;
  readonly start: WireItem | undefined;
  readonly options: ReadArguments;
  readonly now: bigint;
  readonly #parts: ReadParts;
  readonly #codec: ModelCodec;
  readonly #condition: KeyCondition | undefined;
  readonly #isPartial: boolean;
  readonly #paths: readonly PathSegments[] | undefined;
  readonly #hidden: readonly string[];
  readonly #body: string;
  readonly #filters: boolean;

  /**
   * @throws {ValidationFailed | InvalidOperator | MissingPrimaryKey | InvalidCursor}
   * @throws {EncryptedFieldNotQueryable | EncryptionNotConfigured}
   */
  constructor(parts: ReadParts) {
    const { codecs, keys, options, shape } = parts;
    this.#parts = parts;
    this.options = options;
    this.now = parts.now;
    this.#codec = mergedCodec(codecs);
    checkOptions(options);
    this.#condition = keys && conditionOf(codecs, keys, options.index);
    this.place = this.#condition?.place ?? placeOf(this.#codec.model, options.index);
    if (options.consistent === true && this.place.isGlobal) {
      throw new InvalidOperator(`${String(this.place)} is a global index, which is never read consistently`);
    }
    this.#paths = this.#selected();
    this.#isPartial = this.#paths !== undefined || shape.what === "projected" || !this.place.isWhole;
    this.#checkReadable();
    this.#checkFilter();
    const asked = this.#paths;
    const fetched = this.#fetched();
    this.#hidden =
      asked === undefined
        ? []
        : fetched.filter((name) => !asked.some((path) => path.length === 1 && path[0] === name));
    const { text, filters } = this.#bodyText(fetched);
    this.#body = text;
    this.#filters = filters;
    this.start = (options.cursor ?? null) === null ? undefined : this.#startOf(options.cursor);
  }

  /** Give the conversation of the page behind a key; `remaining` is what the caller's limit leaves. */
  page(
    start: WireItem | undefined,
    remaining: number | undefined,
    segment = this.options.segment,
  ): Exchange<RawPage> {
    const limit = this.options.pageSize ?? (this.#filters ? undefined : remaining);
    const body =
      this.#body +
      (segment === undefined ? "" : `,"Segment":${segment[0]},"TotalSegments":${segment[1]}`) +
      (limit === undefined ? "" : `,"Limit":${limit}`) +
      (start === undefined ? "" : `,"ExclusiveStartKey":${JSON.stringify(start)}`);
    const request: Request = {
      api: this.#condition === undefined ? "Scan" : "Query",
      tableName: this.#parts.tableName,
      body: `${body}}`,
      writes: false,
      delayMs: undefined,
    };
    return single(request, (response, open) => this.#pageOf(answerOf(response), remaining, open), {
      held: (response) => (response.ok ? this.#heldBy(response.answer, remaining) : []),
    });
  }

  /** Give the cursor of a key; undefined at the end. */
  cursor(key: WireItem | undefined, segment = this.options.segment): string | undefined {
    return key && this.#parts.signer.write({ key, ...this.#kind(), segment }, () => this.#bound());
  }

  #pageOf(
    answer: {
      readonly Items?: readonly WireItem[];
      readonly Count?: number;
      readonly LastEvaluatedKey?: WireItem;
    },
    remaining: number | undefined,
    open: Open | undefined,
  ): RawPage {
    const { Items: all = [], Count: count = 0, LastEvaluatedKey: end } = answer;
    const items = upTo(all, remaining);
    const last = items.at(-1);
    const { what, withCursor } = this.#parts.shape;
    const cut = items.length < all.length && last !== undefined;
    const lastKey = cut && withCursor ? this.#keyOf(last) : end;
    return { items: what === "count" ? [] : items.map((item) => this.#found(item, open)), count, lastKey };
  }

  /** Give the key to go on behind an item. */
  #keyOf(item: WireItem): WireItem {
    return Object.fromEntries(
      [...this.place.cursorKeys.keys()].map((name) => {
        const value = item[name];
        if (value === undefined) {
          throw new DecodeFailed("an item without its key", { path: pathText([name]) });
        }
        return [name, value];
      }),
    );
  }

  /** Name the items that are given back and may hold envelopes. */
  #heldBy({ Items: all = [] }: Answer, remaining: number | undefined): readonly Held[] {
    const { codecs, shape } = this.#parts;
    if (shape.what === "count" || codecs.every(({ sealed }) => sealed.length === 0)) {
      return [];
    }
    return upTo(all, remaining).flatMap((item) => codecs.flatMap((codec) => holding(codec, item)));
  }

  #found(item: WireItem, open: Open | undefined): Found {
    const codec = this.#owner(item);
    if (!this.#isPartial) {
      return { codec, value: codec.decodeItem(item, open) };
    }
    const shown = this.#paths?.some((path) => isMark(codec, path)) === true;
    return { codec, value: codec.decodeSelected(item, { shown, hidden: this.#hidden }, open) };
  }

  #owner(item: WireItem): ModelCodec {
    const { codecs } = this.#parts;
    if (codecs.length === 1) {
      return this.#codec;
    }
    const attribute = this.#codec.model.discriminator?.attribute ?? "";
    const mark = item[attribute] as { readonly S?: string } | undefined;
    const owner = codecs.find(({ model }) => model.discriminator?.value === mark?.S);
    if (owner === undefined) {
      throw new DecodeFailed("not an item of these models", { path: attribute });
    }
    return owner;
  }

  /** Name what is fetched besides what was asked for: a cursor may be made of it, and envelopes are opened by it. */
  #fetched(): readonly string[] {
    const { options, shape } = this.#parts;
    if (options.limit !== undefined && shape.withCursor) {
      return [...this.place.cursorKeys.keys()];
    }
    const isSealed = this.#paths?.some((path) => isEncrypted(this.#codec, path)) === true;
    return isSealed ? this.#codec.model.keys.map(({ name }) => name) : [];
  }

  #selected(): readonly PathSegments[] | undefined {
    const { shape, codecs } = this.#parts;
    if (shape.select === undefined && shape.view === undefined) {
      return undefined;
    }
    if (shape.what === "count" || codecs.length > 1) {
      throw new ValidationFailed("nothing is selected of several models, or of a count");
    }
    const paths = (selectionOf(this.#codec, shape) ?? []).map(parsePath);
    for (const path of paths) {
      const known = placeAt(this.#codec.model, path).kind !== "unknown";
      if (known && this.place.isGlobal && !this.place.projects(String(path[0]))) {
        throw new InvalidOperator(`${String(this.place)} does not project it`, { path: pathText(path) });
      }
    }
    return paths;
  }

  /** Refuse whole items with attributes that nobody here can decrypt. */
  #checkReadable(): void {
    if (this.#paths !== undefined || this.#parts.shape.what === "count") {
      return;
    }
    for (const { model, locked } of this.#parts.codecs) {
      for (const { name, encrypted } of locked === undefined ? [] : model.attributes.values()) {
        if (encrypted && this.place.projects(name)) {
          throw new EncryptionNotConfigured("the attribute is encrypted and no key is configured", {
            path: pathText([name]),
          });
        }
      }
    }
  }

  #checkFilter(): void {
    const { filter } = this.options;
    const expired = this.#expired();
    const paths = [filter, expired].flatMap((condition) =>
      condition === undefined ? [] : pathsOf(condition),
    );
    for (const path of paths) {
      if (this.#condition !== undefined && this.place.keyNames.includes(String(path[0]))) {
        throw new InvalidOperator("a query does not filter on its own keys", { path: pathText(path) });
      }
      if (this.place.isGlobal && !this.place.projects(String(path[0]))) {
        throw new InvalidOperator(`${String(this.place)} does not project it`, { path: pathText(path) });
      }
    }
  }

  #bodyText(fetched: readonly string[]): { readonly text: string; readonly filters: boolean } {
    const names = new Placeholders();
    const { options, place } = this;
    const key = this.#condition === undefined ? undefined : this.#condition.text(names);
    const children = [
      options.filter,
      this.#expired(),
      ownItems(this.#parts.codecs.map(({ model }) => model)),
    ].filter((one) => one !== undefined);
    const filter =
      children.length === 0
        ? undefined
        : checkLength(conditionText(this.#codec, names, { kind: "and", children }));
    const projection = this.#paths && checkLength(projectionText(this.#codec, names, this.#paths, fetched));
    const members = {
      TableName: this.#parts.tableName,
      IndexName: place.index?.name,
      KeyConditionExpression: key,
      FilterExpression: filter,
      ProjectionExpression: projection,
      Select: this.#parts.shape.what === "count" ? "COUNT" : undefined,
      ScanIndexForward: options.order === "desc" && key !== undefined ? false : undefined,
      ConsistentRead: options.consistent === true ? true : undefined,
    };
    return { text: JSON.stringify(members).slice(0, -1) + names.members(), filters: filter !== undefined };
  }

  #expired(): Condition | undefined {
    if (this.options.hideExpired !== true) {
      return undefined;
    }
    const { codecs, now } = this.#parts;
    const [name, ...others] = new Set(
      codecs.map(
        ({ model }) => [...model.attributes.values()].find(({ roles }) => roles.includes("ttl"))?.name,
      ),
    );
    if (name === undefined || others.length > 0) {
      throw new ValidationFailed("hideExpired needs an attribute with the role ttl, the same in every model");
    }
    const left = { kind: "path", path: [name] } as const;
    const right = { kind: "value", value: Number(floorDivide(now, NANOS)) } as const;
    return {
      kind: "or",
      children: [
        { kind: "attribute_not_exists", path: [name] },
        { kind: "compare", operator: ">", left, right },
      ],
    };
  }

  #kind(): { readonly index: string | undefined; readonly order: Order | undefined } {
    return {
      index: this.place.index?.name,
      order: this.#condition === undefined ? undefined : (this.options.order ?? "asc"),
    };
  }

  /** Read the caller's cursor: it has to be of this very read. */
  #startOf(text: unknown): WireItem {
    const cursor = this.#parts.signer.read(text, () => this.#bound());
    const { index, order } = this.#kind();
    const same = cursor.index === index && cursor.order === order;
    if (!same || String(cursor.segment) !== String(this.options.segment)) {
      throw new InvalidCursor("the cursor is of another read");
    }
    const wanted = this.place.cursorKeys;
    const given = Object.entries(cursor.key);
    if (
      given.length !== wanted.size ||
      !given.every(([name, value]) => Object.keys(value)[0] === wanted.get(name))
    ) {
      throw new InvalidCursor("the cursor has other keys");
    }
    const { partition } = this.#condition ?? {};
    if (partition !== undefined) {
      const there = canonicalJson(cursor.key[this.place.partition.name]);
      if (there !== canonicalJson(JSON.parse(partition))) {
        throw new InvalidCursor("the cursor is of another partition");
      }
    }
    return cursor.key;
  }

  #bound(): Bound {
    const { filter, cursorContext } = this.options;
    return {
      table: this.#parts.tableName,
      index: this.place.index?.name ?? "",
      models: this.#parts.codecs.map(({ model }) => model.name),
      condition: this.#condition === undefined ? "" : plainText(this.#condition),
      filter: filter === undefined ? "" : inlined((names) => conditionText(this.#codec, names, filter)),
      context: cursorContext ?? "",
    };
  }
}

/** The items behind a limit are not given back. */
function upTo(items: readonly WireItem[], remaining: number | undefined): readonly WireItem[] {
  return remaining === undefined ? items : items.slice(0, remaining);
}

const PLACEHOLDER = /[#:][nv][0-9]+/g;

/** Write an expression with every placeholder replaced by the canonical JSON of its name or value. */
function inlined(write: (names: Placeholders) => string): string {
  const placeholders = new Placeholders();
  const text = write(placeholders);
  const known = new Map(placeholders.values);
  for (const [name, alias] of placeholders.names) {
    known.set(alias, quote(name) ?? '""');
  }
  return text.replace(PLACEHOLDER, (found) => known.get(found) ?? found);
}

function plainText(condition: KeyCondition): string {
  return inlined((names) => condition.text(names));
}

/** Make the key condition by each model; of several models all have to mean the same. */
function conditionOf(codecs: readonly ModelCodec[], keys: Keys, index: string | undefined): KeyCondition {
  const { partition, sort } = keys;
  const [first, ...others] = codecs.map((codec) => {
    const place =
      codecs.length === 1 ? findPlace(codec, index, partition, sort) : placeOf(codec.model, index);
    return new KeyCondition(codec, place, partition, sort);
  });
  if (first === undefined || others.some((other) => plainText(other) !== plainText(first))) {
    throw new ValidationFailed("the keys do not mean the same in every model");
  }
  return first;
}
