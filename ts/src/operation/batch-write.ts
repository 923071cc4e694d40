/** BatchWriteItem: puts and deletes in chunks, what is left of a chunk again until nothing is. */

import type { ModelCodec } from "../codec/item.ts";
import type { Draft } from "../codec/seal.ts";
import { DecodeFailed, ValidationFailed } from "../errors/catalogue.ts";
import { BATCH_WRITE_ENTRIES_MAX_BYTES, BATCH_WRITE_MAX } from "../generated/limits.ts";
import { quote, utf8Length } from "../text/utf8.ts";
import type { Action } from "./action.ts";
import type { Backoff } from "./backoff.ts";
import { byTable, Chunked, Named, type Part } from "./chunked.ts";
import type { Answer, Request, Secrets, UnprocessedWrite } from "./exchange.ts";
import { ItemRef } from "./key.ts";
import { plainItem, sealedItem } from "./put.ts";

/** A built write. */
export interface Write extends Part {
  readonly kind: "put" | "delete";
  /** The entry's JSON text. */
  readonly text: string;
  /** Of a put the item. */
  readonly draft: Draft | undefined;
  /** Of a put the caller's value. */
  readonly value: object | undefined;
}

/** What a batch of writes is told. */
export interface WriteOptions {
  /** The clock's reading, in nanoseconds since the epoch. */
  readonly now: bigint;
  readonly unchecked?: boolean | undefined;
  /** Of several writes of one item the last one is done, instead of none. */
  readonly lastWins?: boolean | undefined;
}

/** How many items were written and deleted. */
export interface Written {
  readonly written: number;
  readonly deleted: number;
}

/** Build one write. @throws {ValidationFailed} where a batch cannot hold it. */
export function buildWrite(
  action: Action,
  { now, unchecked = false }: Omit<WriteOptions, "lastWins">,
): Write {
  const { codec, tableName } = action;
  if (action.verb === "put") {
    refuse(action.condition !== undefined && !unchecked, "a batch cannot check a condition");
    const draft = plainItem(codec, action.value, now, unchecked);
    const ref = new ItemRef(codec, tableName, action.value);
    return { kind: "put", ref, text: putText(draft.text), draft, value: action.value };
  }
  if (action.verb !== "delete") {
    throw new ValidationFailed(`a batch puts and deletes, it cannot ${action.verb}`);
  }
  if (!unchecked) {
    refuseGuards(codec, action);
  }
  const ref = new ItemRef(codec, tableName, action.key);
  return {
    kind: "delete",
    ref,
    text: `{"DeleteRequest":{"Key":${ref.text}}}`,
    draft: undefined,
    value: undefined,
  };
}

/** Write the entry of a put. */
export function putText(item: string): string {
  return `{"PutRequest":{"Item":${item}}}`;
}

function refuseGuards(codec: ModelCodec, action: Extract<Action, { verb: "delete" | "check" }>): void {
  refuse(action.condition !== undefined, "a batch cannot check a condition");
  refuse(action.mustExist === true, "a batch cannot check that an item exists");
  refuse((action.expectedVersion ?? null) !== null, "a batch cannot check a version");
  refuse(codec.model.discriminator !== undefined, "a batch cannot check that an item is of its model");
}

function refuse(isSo: boolean, fact: string): void {
  if (isSo) {
    throw new ValidationFailed(fact);
  }
}

/** Write many items. @throws {ValidationFailed} before anything is sent. */
export function batchWrite(actions: readonly Action[], options: WriteOptions, backoff: Backoff): BatchWrite {
  const writes = actions.map((action) => buildWrite(action, options));
  return new BatchWrite(chunksOf(onceEach(writes, options.lastWins === true)), backoff);
}

function onceEach(writes: readonly Write[], lastWins: boolean): readonly Write[] {
  const last = new Map(writes.map((write) => [write.ref.id, write]));
  if (last.size === writes.length) {
    return writes;
  }
  if (!lastWins) {
    throw new ValidationFailed("two writes of one item are in the batch");
  }
  return writes.filter((write) => last.get(write.ref.id) === write);
}

/** A chunk that is filled: it knows how many entries, and how long, fit into a request. */
export class Filling {
  readonly writes: Write[] = [];
  /** No text is longer in bytes than three times its units. */
  #bytesAtMost = 0;

  get isFull(): boolean {
    return this.writes.length === BATCH_WRITE_MAX;
  }

  /** Tell whether another write fits; any fits alone. */
  fits(write: Write): boolean {
    if (this.writes.length === 0) {
      return true;
    }
    if (this.isFull) {
      return false;
    }
    if (this.#bytesAtMost + write.text.length * 3 <= BATCH_WRITE_ENTRIES_MAX_BYTES) {
      return true;
    }
    const bytes = [...this.writes, write].reduce((total, { text }) => total + utf8Length(text), 0);
    return bytes <= BATCH_WRITE_ENTRIES_MAX_BYTES;
  }

  add(write: Write): void {
    this.writes.push(write);
    this.#bytesAtMost += write.text.length * 3;
  }
}

function chunksOf(writes: readonly Write[]): (readonly Write[])[] {
  const chunks: Filling[] = [];
  for (const write of writes) {
    let chunk = chunks.at(-1);
    if (chunk?.fits(write) !== true) {
      chunk = new Filling();
      chunks.push(chunk);
    }
    chunk.add(write);
  }
  return chunks.map((chunk) => chunk.writes);
}

/** The conversation of a batch of writes. */
export class BatchWrite extends Chunked<Write, Written> {
  protected override readonly writes = true;
  /** Takes the writes whose items are too large with their envelopes; without it they refuse the batch. */
  refused: Map<Write, unknown> | undefined;

  protected request(left: readonly Write[], delayMs: number | undefined): Request {
    const tables = [...byTable(left)];
    const members = tables.map(
      ([name, writes]) => `${quote(name) ?? '""'}:[${writes.map(({ text }) => text).join(",")}]`,
    );
    return {
      api: "BatchWriteItem",
      tableName: tables.map(([name]) => name).join(", "),
      outline: { RequestItems: Object.fromEntries(tables.map(([name]) => [name, undefined])) },
      body: `{"RequestItems":{${members.join(",")}}}`,
      writes: this.writes,
      delayMs,
    };
  }

  override get secrets(): Secrets {
    const writes = this.parts;
    return {
      seals: writes.flatMap(({ draft }) => draft?.seals ?? []),
      fill: (envelopes) => {
        this.replace(this.#filled(writes, envelopes));
      },
      held: () => [],
    };
  }

  /** A write whose item is too large with its envelopes fails alone where somebody is told of it. */
  #filled(writes: readonly Write[], envelopes: readonly string[]): readonly (readonly Write[])[] {
    let taken = 0;
    const sealed = writes.flatMap((write) => {
      const { seals } = write.draft ?? { seals: [] };
      const own = envelopes.slice(taken, taken + seals.length);
      taken += seals.length;
      return write.draft === undefined || seals.length === 0
        ? [write]
        : this.#sealed(write, write.draft, own);
    });
    return chunksOf(sealed);
  }

  #sealed(write: Write, draft: Draft, envelopes: readonly string[]): Write[] {
    try {
      return [{ ...write, text: putText(sealedItem(draft, envelopes)) }];
    } catch (error) {
      if (this.refused === undefined) {
        throw error;
      }
      this.refused.set(write, error);
      return [];
    }
  }

  protected leftBy({ UnprocessedItems: left = {} }: Answer, sent: readonly Write[]): ReadonlySet<string> {
    const named = new Named(sent);
    return new Set(
      Object.entries(left).flatMap(([tableName, entries]) =>
        entries.map((entry) => leftWrite(named, tableName, entry).ref.id),
      ),
    );
  }

  result(): Written {
    const writes = [...this.done];
    const written = writes.filter(({ kind }) => kind === "put").length;
    return { written, deleted: writes.length - written };
  }
}

function leftWrite(named: Named<Write>, tableName: string, entry: UnprocessedWrite): Write {
  const kind = entry.PutRequest === undefined ? "delete" : "put";
  const write = named.find(tableName, entry.PutRequest?.Item ?? entry.DeleteRequest?.Key);
  if (write.kind !== kind) {
    throw new DecodeFailed("the answer names a write that was not in the request");
  }
  return write;
}
