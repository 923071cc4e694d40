/** The client: the transport, the clock and the names that its tables share. What a table does is known by `table.ts`. */

import { codecOf } from "./codec/item.ts";
import { keysOf, type QueryOptions } from "./keys.ts";
import { NONCE_BYTES, Signer } from "./operation/cursor.ts";
import type { Exchange } from "./operation/exchange.ts";
import { checkTogether } from "./operation/several.ts";
import { Reading, WHOLE } from "./reading.ts";
import type { Model } from "./schema/model.ts";
import type { AnyDefinition, Definition, DynamicDefinition, Item } from "./schema/types.ts";
import { Table } from "./table.ts";
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
  /** Waits a number of milliseconds between requests that ask for it. */
  readonly sleeper?: (delayMs: number) => Promise<void>;
  /** Stands before the name of every table that has no override. */
  readonly tablePrefix?: string;
  /** The real names of tables, by their models' names of them. */
  readonly tableNames?: Readonly<Record<string, string>>;
  /** Sign cursors: the first does, all are accepted. */
  readonly cursorSecrets?: readonly (string | Uint8Array)[];
  /** Hides the keys in cursors; needs secrets. */
  readonly encryptCursor?: boolean;
}

/** An item of a query over several models, told apart by `model`. */
export type Tagged<M> =
  M extends Model<infer D extends AnyDefinition>
    ? { readonly model: D extends Definition ? D["name"] : string; readonly item: Item<D> }
    : never;

const NANOS_PER_MILLI = 1_000_000n;

function systemClock(): bigint {
  return BigInt(Date.now()) * NANOS_PER_MILLI;
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
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
  readonly #sleeper: (delayMs: number) => Promise<void>;
  readonly #prefix: string;
  readonly #names: ReadonlyMap<string, string>;

  constructor(options: ClientOptions = {}) {
    this.transport = options.transport ?? sdkTransport(options.dynamodb);
    this.clock = options.clock ?? systemClock;
    this.tokens = options.tokens ?? (() => crypto.randomUUID());
    this.#sleeper = options.sleeper ?? sleep;
    this.signer = new Signer({
      secrets: options.cursorSecrets,
      encrypt: options.encryptCursor,
      nonce: () => crypto.getRandomValues(new Uint8Array(NONCE_BYTES)),
    });
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
      codecs: models.map((model) => codecOf(model)),
      tableName: tables[0] ?? "",
      keys: first && keysOf(first, options),
      options,
      shape: WHOLE,
      make: ({ codec, value }) => ({ model: codec.model.name, item: value }),
    });
  }

  /** Give the real name of a model's table. */
  tableName(model: Model<AnyDefinition>): string {
    return this.#names.get(model.tableName) ?? this.#prefix + model.tableName;
  }

  /** Drive a conversation to its end. @throws {DynamORMError} */
  async run<R>(exchange: Exchange<R>, options: SendOptions = {}): Promise<R> {
    for (let request = exchange.next(); request !== undefined; request = exchange.next()) {
      if (request.delayMs > 0) {
        await this.#sleeper(request.delayMs);
      }
      exchange.receive(await this.transport.send(request, options));
    }
    return exchange.result();
  }
}
