/**
 * The client: what its tables share, and what is done over several of them. What a table does is known by `table.ts`.
 *
 * It drives every conversation with DynamoDB: it alone sends, and it alone waits.
 */

import { GetAction, type NameOf, WriteAction } from "./actions.ts";
import {
  type BatchOptions,
  fetchAll,
  type Fetched,
  type FoundOf,
  type MissingOf,
  writeAll,
} from "./batch.ts";
import { type BulkCounts, type BulkOptions, writeStream } from "./bulk.ts";
import { codecOf, type ModelCodec } from "./codec/item.ts";
import type { Seal } from "./codec/seal.ts";
import { type Encryption, ringOf } from "./encryption/keys.ts";
import type { Opened, Ring } from "./encryption/ring.ts";
import { EncryptionNotConfigured } from "./errors/catalogue.ts";
import { DynamORMError } from "./errors/error.ts";
import { formatPath } from "./errors/path.ts";
import { Feed, type RecordOf } from "./feed.ts";
import { keysOf, type QueryOptions } from "./keys.ts";
import { type Backoff, type Retries, retriesOf } from "./operation/backoff.ts";
import type { Written } from "./operation/batch-write.ts";
import { NONCE_BYTES, Signer } from "./operation/cursor.ts";
import type { Exchange, Held, Request, Response } from "./operation/exchange.ts";
import { shaped } from "./operation/shape.ts";
import { checkTogether } from "./operation/several.ts";
import { Reading, WHOLE } from "./reading.ts";
import type { Model } from "./schema/model.ts";
import type { AnyDefinition, DynamicDefinition, Item } from "./schema/types.ts";
import { sleep, type Sleeper, waitFor } from "./sleeper.ts";
import type { Stream } from "./source.ts";
import { Table } from "./table.ts";
import {
  type ItemsOf,
  prepared,
  readTogether,
  sendPrepared,
  type TransactOptions,
  writeTogether,
} from "./transaction.ts";
import { faultError } from "./transport/fault.ts";
import { type Sdk, sdkTransport } from "./transport/sdk.ts";
import type { SendOptions, Transport } from "./transport/transport.ts";

/** What a client is made of; everything has a default. */
export interface ClientOptions {
  /** Your SDK client, or the configuration to make one of. */
  readonly dynamodb?: Sdk;
  /** Sends the requests instead of an SDK client. */
  readonly transport?: Transport;
  /** Gives the time in nanoseconds since the epoch; every operation reads it once. */
  readonly clock?: () => bigint;
  /** Gives tokens for requests that need one. */
  readonly tokens?: () => string;
  /** How batches and transactions are sent again; every other attempt is the SDK's. */
  readonly retries?: Partial<Retries>;
  /** Waits a number of milliseconds before something is sent again. */
  readonly sleeper?: Sleeper;
  /** Gives numbers from 0 to below 1, which spread the waits. */
  readonly random?: () => number;
  /** Stands before the name of every table that has no override. */
  readonly tablePrefix?: string;
  /** The real names of tables, by their models' names of them. */
  readonly tableNames?: Readonly<Record<string, string>>;
  /** Sign cursors: the first does, all are accepted. */
  readonly cursorSecrets?: readonly (string | Uint8Array)[];
  /** Hides the keys in cursors; needs secrets. */
  readonly encryptCursor?: boolean;
  /** Seals and opens encrypted attributes; without it they are neither written nor read. */
  readonly encryption?: Encryption;
}

/** An item of a query over several models, told apart by `model`. */
export type Tagged<M> =
  M extends Model<infer D extends AnyDefinition>
    ? { readonly model: NameOf<D>; readonly item: Item<D> }
    : never;

/** How a conversation is driven. */
export interface RunOptions extends SendOptions {
  /** Ends the conversation before its next request; the one that is under way is waited for. */
  readonly stop?: AbortSignal | undefined;
  /** The operation's reading of the clock, by which data keys grow old. */
  readonly now?: bigint | undefined;
}

const NANOS_PER_MILLI = 1_000_000n;

function systemClock(): bigint {
  return BigInt(Date.now()) * NANOS_PER_MILLI;
}

/**
 * A client of DynamoDB.
 *
 * @example
 * const client = new Client({ dynamodb: new DynamoDBClient({ region: "eu-central-1" }) });
 * const notes = client.table(Note);
 */
export class Client {
  readonly transport: Transport;
  /** Gives the time in nanoseconds since the epoch. */
  readonly clock: () => bigint;
  /** Gives tokens for requests that need one. */
  readonly tokens: () => string;
  /** Writes and reads cursors. */
  readonly signer: Signer;
  /** How batches and transactions are sent again. */
  readonly backoff: Backoff;
  readonly #sleeper: Sleeper;
  readonly #encryption: Encryption | undefined;
  readonly #prefix: string;
  readonly #names: ReadonlyMap<string, string>;

  /** @throws {ValidationFailed} for retries that cannot be. */
  constructor(options: ClientOptions = {}) {
    this.transport = options.transport ?? sdkTransport(options.dynamodb);
    this.clock = options.clock ?? systemClock;
    this.tokens = options.tokens ?? (() => crypto.randomUUID());
    this.#sleeper = options.sleeper ?? sleep;
    this.backoff = { ...retriesOf(options.retries), random: options.random ?? Math.random };
    this.signer = new Signer({
      secrets: options.cursorSecrets,
      encrypt: options.encryptCursor,
      nonce: () => crypto.getRandomValues(new Uint8Array(NONCE_BYTES)),
    });
    this.#encryption = options.encryption;
    this.#prefix = options.tablePrefix ?? "";
    this.#names = new Map(Object.entries(options.tableNames ?? {}));
  }

  /** Give the table of a model, defined here or loaded at run time. */
  table<D extends AnyDefinition>(model: Model<D>): Table<D> {
    return new Table(this, model);
  }

  /**
   * Read a partition that items of several models share, each with the name of its model beside it.
   *
   * The models share a table, and each has a discriminator.
   *
   * @throws {ValidationFailed} where the models cannot be read together.
   * @example
   * for await (const { model, item } of client.query([Customer, Order], { partition: { customer_id: "c-1" } })) …
   */
  query<const M extends readonly Model<AnyDefinition>[]>(
    models: M,
    options: QueryOptions<DynamicDefinition>,
  ): Reading<Tagged<M[number]>, DynamicDefinition> {
    const tables = models.map((model) => this.tableName(model));
    checkTogether(models, tables);
    const [first] = models;
    return new Reading({
      client: this,
      codecs: models.map((model) => this.codecOf(model)),
      tableName: tables[0] ?? "",
      keys: first && keysOf(first, options),
      options,
      shape: WHOLE,
      make: ({ codec, value }) => ({ model: codec.model.name, item: value }),
    });
  }

  /**
   * Read the records of a stream of a table that models share, each told by its discriminator.
   *
   * @throws {ValidationFailed} where the models cannot be told apart.
   * @example
   * export const handler = client.stream([Customer, Order]).handler({ Customer: greet, Order: ({ new: order }) => pack(order) });
   */
  stream<const M extends readonly Model<AnyDefinition>[]>(models: M): Feed<RecordOf<M[number]>> {
    return new Feed(this, models);
  }

  /** Give the codec of a model, with its encrypted attributes where there is a key for them. @internal */
  codecOf(model: Model<AnyDefinition>): ModelCodec {
    return codecOf(model, this.#encryption !== undefined);
  }

  /** Give the real name of a model's table. */
  tableName(model: Model<AnyDefinition>): string {
    return this.#names.get(model.tableName) ?? this.#prefix + model.tableName;
  }

  /**
   * Read items of any tables by their keys, each with the name of its model beside it.
   *
   * @throws {BatchIncomplete} where not everything could be read.
   * @throws {DecodeFailed} where an item does not fit its model.
   * @example
   * const { items, missing } = await client.batchGet([orders.actions.get(key), customers.actions.get(other)]);
   */
  async batchGet<const G extends readonly GetAction[]>(
    gets: G,
    { signal }: SendOptions = {},
  ): Promise<Fetched<FoundOf<G[number]>, MissingOf<G[number]>>> {
    const parts = Array.from(gets, (get) => GetAction.of(get));
    const made = await fetchAll(this, parts, signal, (item, index) => ({
      model: parts[index]?.codec.model.name,
      item,
    }));
    return made as Fetched<FoundOf<G[number]>, MissingOf<G[number]>>;
  }

  /**
   * Write and delete items of any tables. Nothing is sent where a batch cannot hold one of the actions. Values that were
   * written are brought up to date.
   *
   * @throws {ValidationFailed} where two actions are on one item, or one has a condition or a version.
   * @throws {BatchIncomplete} with what is done, undone and unknown.
   */
  async batchWrite(
    actions: Iterable<WriteAction<"put" | "delete">>,
    options: BatchOptions = {},
  ): Promise<Written> {
    return writeAll(
      this,
      Array.from(actions, (action) => WriteAction.of(action)),
      options,
    );
  }

  /**
   * Write what a stream of any length gives, in chunks, some at a time. Values stay as they are.
   *
   * @throws {BatchIncomplete} whose cause ended the work, with what was taken from the stream and is not done.
   * @example
   * await client.bulkWrite(actions(), { progress: ({ written }) => console.log(written) });
   */
  async bulkWrite(
    stream: Stream<WriteAction<"put" | "delete">>,
    options: BulkOptions = {},
  ): Promise<BulkCounts> {
    return writeStream(this, stream, (action) => WriteAction.of(action), options);
  }

  /**
   * Do all actions, or none. The given values are brought up to date.
   *
   * @throws {TransactionCanceled} with one reason for each action.
   * @throws {ValidationFailed} for two actions on one item, or more than 100.
   * @example
   * await client.transactWrite([orders.actions.create(order), stock.actions.update(key, { subtract: { left: 1 } })]);
   */
  async transactWrite(actions: Iterable<WriteAction>, options: TransactOptions = {}): Promise<void> {
    return writeTogether(this, actions, options);
  }

  /** Give the request of a transaction as text, to be kept and sent by `transactSend`, in any language. */
  async prepare(actions: Iterable<WriteAction>, options: TransactOptions = {}): Promise<string> {
    return prepared(this, actions, options);
  }

  /**
   * Send a transaction that was prepared. Sent again within ten minutes it changes nothing twice.
   *
   * @throws {TransactionCanceled} whose failed conditions are not told apart: nobody knows the models.
   */
  async transactSend(request: string, { signal }: SendOptions = {}): Promise<void> {
    return sendPrepared(this, request, signal);
  }

  /**
   * Read up to 100 items as they are at one moment; undefined where there is none.
   *
   * @example
   * const [order, customer] = await client.transactGet([orders.actions.get(key), customers.actions.get(other)]);
   */
  async transactGet<const G extends readonly GetAction[]>(
    gets: G,
    { signal }: SendOptions = {},
  ): Promise<ItemsOf<G>> {
    return (await readTogether(this, gets, signal)) as ItemsOf<G>;
  }

  /** Drive a conversation to its end. @throws {DynamORMError} */
  async run<R>(exchange: Exchange<R>, options: RunOptions = {}): Promise<R> {
    const { secrets } = exchange;
    let ring: Ring | undefined;
    if (secrets !== undefined && secrets.seals.length > 0) {
      ring = this.#ring(secrets.seals, options);
      secrets.fill(await ring.envelopes(secrets.seals));
    }
    for (let request = exchange.next(); request !== undefined; request = exchange.next()) {
      const response = shaped(await this.#send(request, options));
      const held = secrets?.held(response) ?? [];
      if (held.length === 0) {
        exchange.receive(response);
        continue;
      }
      ring ??= this.#ring(held, options);
      const { open } = await ring.open(held);
      try {
        exchange.receive(response, open);
      } catch (error) {
        throw response.ok && request.writes ? taken(error) : error;
      }
    }
    return exchange.result();
  }

  /** Wait before something is asked for again. @internal */
  async wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    await waitFor(this.#sleeper, delayMs, signal);
  }

  /** Make envelopes that no conversation asks for. @internal */
  async seal(seals: readonly Seal[], options: RunOptions): Promise<readonly string[]> {
    return seals.length === 0 ? [] : this.#ring(seals, options).envelopes(seals);
  }

  /** Open the envelopes of items that no conversation brought. @internal */
  async open(held: readonly Held[], options: RunOptions): Promise<Opened | undefined> {
    return held.length === 0 ? undefined : this.#ring(held, options).open(held);
  }

  /** Begin a ring; an action of a client that has a key may be given to one that has none. */
  #ring([first]: readonly (Seal | Held)[], { signal, stop, now }: RunOptions): Ring {
    if (this.#encryption !== undefined) {
      return ringOf(this.#encryption, now ?? this.clock(), signal ?? stop);
    }
    const name = first !== undefined && "home" in first ? first.home.name : first?.codec.sealed[0]?.name;
    throw new EncryptionNotConfigured("the attribute is encrypted and no key is configured", {
      path: formatPath([name ?? ""]),
    });
  }

  async #send(request: Request, { signal, stop }: RunOptions): Promise<Response> {
    const { delayMs } = request;
    const isAgain = delayMs !== undefined;
    const canceling = signal ?? stop;
    if (isAgain) {
      await waitFor(this.#sleeper, delayMs, canceling);
    }
    // A signal from before the first request is the transport's to see.
    if (canceling?.aborted === true && (isAgain || stop !== undefined)) {
      const facts = {
        stage: "canceled",
        sent: isAgain,
        lost: false,
        cause: canceling.reason as unknown,
      } as const;
      return { ok: false, error: faultError(request, facts), item: undefined, lost: false };
    }
    return this.transport.send(request, { signal });
  }
}

/** What an answer says of a write that cannot be read for want of a key, or for its envelope. */
const UNREAD: ReadonlySet<string> = new Set(["InvalidEncryptedEnvelope", "KeyUnavailable", "Canceled"]);

/** DynamoDB took the write: what cannot be opened is its answer. */
function taken(error: unknown): unknown {
  return error instanceof DynamORMError && UNREAD.has(error.code)
    ? Object.assign(error, { maybeApplied: true })
    : error;
}
