/** A table: a user's calls → an operation → `client.run`. */

import {
  Actions,
  type CheckOptions,
  type GetActionOptions,
  type PutActionOptions,
  type SaveActionOptions,
  type Selection,
  type UpdateActionOptions,
} from "./actions.ts";
import { type BatchOptions, fetchAll, type Fetched, writeAll } from "./batch.ts";
import { type BulkCounts, type BulkOptions, writeStream } from "./bulk.ts";
import type { Client } from "./client.ts";
import type { ModelCodec } from "./codec/item.ts";
import { actionsOf, type Changes } from "./expression/change.ts";
import { isCode } from "./errors/code.ts";
import { Field } from "./expression/field.ts";
import { remove } from "./operation/delete.ts";
import { Feed, type StreamRecord } from "./feed.ts";
import { keysOf, type QueryOptions, type ScanOptions } from "./keys.ts";
import type { Action } from "./operation/action.ts";
import type { Written } from "./operation/batch-write.ts";
import { exists, find, get } from "./operation/get.ts";
import {
  newerBy,
  put,
  type PutMode,
  type PutOptions as PutArguments,
  type PutResult,
} from "./operation/put.ts";
import { type Returned, update } from "./operation/update.ts";
import { Reading, type ReadingParts, Scan, WHOLE } from "./reading.ts";
import { type Reencrypted, type ReencryptOptions, reencryptTable } from "./reencrypt.ts";
import type { Model } from "./schema/model.ts";
import type {
  AnyDefinition,
  Input,
  InputAt,
  Item,
  Key,
  PartialItem,
  Path,
  Segments,
} from "./schema/types.ts";
import type { Stream } from "./source.ts";
import { bringUpToDate } from "./stored.ts";

/** What every call takes. */
export interface CallOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

/** What reads take. */
export interface ReadOptions extends GetActionOptions, CallOptions {}

/** What `put` takes. */
export interface PutOptions extends PutActionOptions, CallOptions {
  /** Asks for the replaced item, too. */
  readonly returnOld?: boolean;
}

/** What `put` gives where the replaced item was asked for. */
export interface Replaced<D> {
  readonly item: Item<D>;
  /** The replaced item; undefined where there was none. */
  readonly old: Item<D> | undefined;
}

/** What `save` takes. */
export interface SaveOptions extends SaveActionOptions, CallOptions {}

/** What `update` takes beside the changes. */
export interface UpdateOptions extends UpdateActionOptions, CallOptions {}

/** What an update gives, by what it is told to return. */
export type Updated<D, R extends Returned> = R extends "new"
  ? Item<D>
  : R extends "old"
    ? Item<D> | undefined
    : R extends "none"
      ? undefined
      : PartialItem<D> | undefined;

/** What `delete` takes. */
export interface DeleteOptions extends CheckOptions, CallOptions {
  /** Gives back the deleted item. */
  readonly returnOld?: boolean;
}

/** What a batch of writes of one table holds; puts come before deletes. */
export interface Writes<D> {
  readonly put?: Iterable<Input<D>>;
  readonly delete?: Iterable<Key<D>>;
}

/** The items of one model. `client.table(model)` gives one. */
export class Table<D extends AnyDefinition> {
  readonly model: Model<D>;
  /** The real name of the table. */
  readonly name: string;
  /** Makes actions of this table for batches and transactions. */
  readonly actions: Actions<D>;
  readonly #client: Client;
  readonly #codec: ModelCodec;

  constructor(client: Client, model: Model<D>) {
    this.#client = client;
    this.model = model;
    this.name = client.tableName(model);
    this.#codec = client.codecOf(model);
    this.actions = new Actions(this.#codec, this.name);
  }

  /**
   * Name an attribute in a condition, typed by the model.
   *
   * @throws {ValidationFailed} where the path is malformed.
   * @example
   * await notes.delete(key, { condition: notes.field("text").beginsWith("draft") });
   */
  field<const P extends Path<D>>(path: P): Field<InputAt<D, P>> {
    return new Field<InputAt<D, P>>(path);
  }

  /**
   * Store a new item; times and version are the library's, whatever was given. The given object is brought up to date.
   *
   * @throws {ConditionFailed} of kind `AlreadyExists` where there is one with this key.
   */
  async create(value: Input<D>, options: CallOptions = {}): Promise<Item<D>> {
    return (await this.#put(value, "create", options)).stored as Item<D>;
  }

  /**
   * Store an item, whatever was there. A value with a version is checked as by `save`. The given object is brought up to date.
   *
   * @throws {ConditionFailed} where the condition is false; of kind `VersionConflict` where the stored version is another.
   */
  put(value: Input<D>, options: PutOptions & { readonly returnOld: true }): Promise<Replaced<D>>;
  put(value: Input<D>, options?: PutOptions & { readonly returnOld?: false }): Promise<Item<D>>;
  async put(value: Input<D>, options: PutOptions = {}): Promise<Item<D> | Replaced<D>> {
    const { stored, old } = await this.#put(value, "put", options);
    const item = stored as Item<D>;
    return options.returnOld === true ? { item, old: old as Item<D> | undefined } : item;
  }

  /**
   * Store an item unless a stored one is as new: `by` names an attribute that grows with each change of the item's source, so
   * that changes which come again, or late, do nothing. Tells whether it was stored.
   *
   * @throws {ValidationFailed} where the model does not know `by`, or the item has no value for it.
   * @example
   * await summaries.project({ order_id, total, seq: record.sequenceNumber }, "seq");
   */
  async project(value: Input<D>, by: Segments<D>[0], options: CallOptions = {}): Promise<boolean> {
    const condition = newerBy(this.#codec, value, by);
    try {
      await this.#put(value, "put", { condition, signal: options.signal });
      return true;
    } catch (error) {
      if (isCode(error, "ConditionFailed") && error.kind === undefined) {
        return false;
      }
      throw error;
    }
  }

  /** Read the records of the table's stream: `handler` of it is a Lambda handler. */
  stream(): Feed<StreamRecord<D>> {
    return new Feed(this.#client, [this.model]);
  }

  /**
   * Seal anew what is stored under an older key, or plain: items are read page by page, and each is changed where nobody
   * changed it meanwhile. Versions and times stay.
   *
   * @throws {EncryptionNotConfigured} where the client has no key.
   * @example
   * const { rewritten } = await notes.reencrypt({ onFailure: ({ key, error }) => console.log(key.id, error.code) });
   */
  async reencrypt(options: ReencryptOptions<Key<D>> = {}): Promise<Reencrypted> {
    return reencryptTable(this.#client, this.#codec, this.name, options as ReencryptOptions);
  }

  /**
   * Store an item if it is still the one that was read: its version has to be the stored one. Without a version as `create`,
   * but a given creation time is kept. The given object is brought up to date.
   *
   * @throws {ConditionFailed} of kind `VersionConflict` or `AlreadyExists`.
   * @throws {ItemNotFound} where the item is gone.
   */
  async save(value: Input<D>, options: SaveOptions = {}): Promise<Item<D>> {
    const mode = options.adopt === true ? "adopt" : "save";
    return (await this.#put(value, mode, { signal: options.signal })).stored as Item<D>;
  }

  async #put(
    value: Input<D>,
    mode: PutMode,
    { signal, ...rest }: Omit<PutArguments, "mode" | "now"> & { readonly signal?: AbortSignal | undefined },
  ): Promise<PutResult> {
    const now = this.#client.clock();
    const exchange = put(this.#codec, this.name, value, { ...rest, mode, now });
    const result = await this.#client.run(exchange, { signal, now });
    bringUpToDate(value, result.stored);
    return result;
  }

  /**
   * Read an item that has to exist, or a part of it.
   *
   * @throws {ItemNotFound} where there is none.
   * @throws {DecodeFailed} where it does not fit the model.
   */
  get(key: Key<D>, options: ReadOptions & Selection<D>): Promise<PartialItem<D>>;
  get(key: Key<D>, options?: ReadOptions): Promise<Item<D>>;
  async get(key: Key<D>, options: ReadOptions & Partial<Selection<D>> = {}): Promise<unknown> {
    const now = this.#client.clock();
    const exchange = get(this.#codec, this.name, key, options);
    return this.#client.run(exchange, { signal: options.signal, now });
  }

  /**
   * Read an item, or a part of it; undefined where there is none.
   *
   * @throws {DecodeFailed} where it does not fit the model.
   */
  find(key: Key<D>, options: ReadOptions & Selection<D>): Promise<PartialItem<D> | undefined>;
  find(key: Key<D>, options?: ReadOptions): Promise<Item<D> | undefined>;
  async find(key: Key<D>, options: ReadOptions & Partial<Selection<D>> = {}): Promise<unknown> {
    const now = this.#client.clock();
    const exchange = find(this.#codec, this.name, key, options);
    return this.#client.run(exchange, { signal: options.signal, now });
  }

  /**
   * Read the items of one partition, in the order of the sort key, lazily: iterate the reading, or take its pages.
   *
   * @throws when it is read: {MissingPrimaryKey | InvalidOperator | ValidationFailed | InvalidCursor | DecodeFailed}
   * @example
   * for await (const note of notes.query({ partition: "ada", sort: { beginsWith: "2026-" } })) …
   */
  query(options: QueryOptions<D>): Reading<Item<D>, D> {
    return new Reading(this.#reading(keysOf(this.model, options), options));
  }

  /**
   * Read every item of the table or of an index, lazily; `segment` (number and total) reads a part of it.
   *
   * @throws when it is read, as `query`.
   */
  scan(options: ScanOptions = {}): Scan<Item<D>, D> {
    return new Scan(this.#reading(undefined, options));
  }

  #reading(keys: ReadingParts["keys"], options: ReadingParts["options"]): ReadingParts {
    return {
      client: this.#client,
      codecs: [this.#codec],
      tableName: this.name,
      keys,
      options,
      shape: WHOLE,
      make: ({ value }) => value,
    };
  }

  /** Tell whether an item exists. */
  async exists(key: Key<D>, options: ReadOptions = {}): Promise<boolean> {
    this.#client.clock();
    return this.#client.run(exists(this.#codec, this.name, key, options.consistent), options);
  }

  /**
   * Change parts of an item, which has to exist unless `upsert`. Gives the whole new item; `return` asks for another.
   *
   * @throws {ItemNotFound} where there is none.
   * @throws {ConditionFailed} where the condition is false; of kind `VersionConflict` where the version is another.
   * @example
   * await notes.update(key, { set: { text: "new" }, expectedVersion: note.version });
   */
  async update<const R extends Returned = "new">(
    key: Key<D>,
    changes: Changes<D> & UpdateOptions & { readonly return?: R },
  ): Promise<Updated<D, R>> {
    const now = this.#client.clock();
    const exchange = update(this.#codec, this.name, key, {
      now,
      actions: actionsOf(changes),
      condition: changes.condition,
      expectedVersion: changes.expectedVersion,
      upsert: changes.upsert,
      return: changes.return,
    });
    return this.#client.run(exchange, { signal: changes.signal, now }) as Promise<Updated<D, R>>;
  }

  /**
   * Delete an item; a missing one is no error unless `mustExist`. Gives the deleted item where `returnOld` asks for it.
   *
   * @throws {ItemNotFound} where it has to exist and does not.
   * @throws {ConditionFailed} where the condition is false; of kind `VersionConflict` where the version is another.
   */
  delete(key: Key<D>, options: DeleteOptions & { readonly returnOld: true }): Promise<Item<D> | undefined>;
  delete(key: Key<D>, options?: DeleteOptions): Promise<undefined>;
  async delete(key: Key<D>, options: DeleteOptions = {}): Promise<unknown> {
    const now = this.#client.clock();
    const exchange = remove(this.#codec, this.name, key, options);
    return this.#client.run(exchange, { signal: options.signal, now });
  }

  /**
   * Read many items by their keys: those that there are, in the order of the keys, and the keys of the others.
   *
   * @throws {BatchIncomplete} where not everything could be read, with what was.
   * @throws {DecodeFailed} where an item does not fit the model.
   */
  batchGet(
    keys: Iterable<Key<D>>,
    options: ReadOptions & Selection<D>,
  ): Promise<Fetched<PartialItem<D>, Key<D>>>;
  batchGet(keys: Iterable<Key<D>>, options?: ReadOptions): Promise<Fetched<Item<D>, Key<D>>>;
  async batchGet(
    keys: Iterable<Key<D>>,
    { signal, consistent, select, view }: ReadOptions & Partial<Selection<D>> = {},
  ): Promise<Fetched<never, Key<D>>> {
    const read = { codec: this.#codec, tableName: this.name, consistent, select, view };
    const gets = Array.from(keys, (key) => ({ ...read, key }));
    const { items, missing } = await fetchAll(this.#client, gets, signal, (value) => value);
    return { items: items as never[], missing: missing.map(({ key }) => key as Key<D>) };
  }

  /**
   * Write many items, whatever was there, and give their number. The given objects are brought up to date.
   *
   * @throws {ValidationFailed} where a value has a version, which a batch cannot check, or two have one key.
   * @throws {BatchIncomplete} with what is done, undone and unknown.
   */
  async batchPut(values: Iterable<Input<D>>, options: BatchOptions = {}): Promise<number> {
    return (await this.batchWrite({ put: values }, options)).written;
  }

  /**
   * Delete many items by their keys, and give the number of the keys.
   *
   * @throws {ValidationFailed} where two keys are one, or other models share the table.
   * @throws {BatchIncomplete} with what is done, undone and unknown.
   */
  async batchDelete(keys: Iterable<Key<D>>, options: BatchOptions = {}): Promise<number> {
    return (await this.batchWrite({ delete: keys }, options)).deleted;
  }

  /** Write and delete many items, as `batchPut` and `batchDelete` do; nothing is sent where one of them is refused. */
  async batchWrite({ put = [], delete: keys = [] }: Writes<D>, options: BatchOptions = {}): Promise<Written> {
    const actions = [
      ...Array.from(put, (value) => this.#putAction(value)),
      ...Array.from(keys, (key) => this.#deleteAction(key)),
    ];
    return writeAll(this.#client, actions, options);
  }

  /**
   * Write the items that a stream of any length gives, in chunks, some at a time. The given objects stay as they are.
   *
   * @throws {BatchIncomplete} whose cause ended the work, with what was taken from the stream and is not done.
   * @example
   * await notes.bulkPut(read("notes.jsonl"), { progress: ({ written }) => console.log(written) });
   */
  async bulkPut(stream: Stream<Input<D>>, options: BulkOptions<Key<D>> = {}): Promise<BulkCounts> {
    return writeStream(this.#client, stream, (value) => this.#putAction(value), options as BulkOptions);
  }

  /** Delete the items whose keys a stream of any length gives, as `bulkPut` writes them. */
  async bulkDelete(stream: Stream<Key<D>>, options: BulkOptions<Key<D>> = {}): Promise<BulkCounts> {
    return writeStream(this.#client, stream, (key) => this.#deleteAction(key), options as BulkOptions);
  }

  #putAction(value: object): Action {
    return { verb: "put", codec: this.#codec, tableName: this.name, value };
  }

  #deleteAction(key: object): Action {
    return { verb: "delete", codec: this.#codec, tableName: this.name, key };
  }
}
