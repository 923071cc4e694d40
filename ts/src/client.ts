/** The client: the transport, the clock and the names that its tables share. What a table does is known by `table.ts`. */

import type { Exchange } from "./operation/exchange.ts";
import type { Model } from "./schema/model.ts";
import type { AnyDefinition } from "./schema/types.ts";
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
}

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
  readonly #sleeper: (delayMs: number) => Promise<void>;
  readonly #prefix: string;
  readonly #names: ReadonlyMap<string, string>;

  constructor(options: ClientOptions = {}) {
    this.transport = options.transport ?? sdkTransport(options.dynamodb);
    this.clock = options.clock ?? systemClock;
    this.tokens = options.tokens ?? (() => crypto.randomUUID());
    this.#sleeper = options.sleeper ?? sleep;
    this.#prefix = options.tablePrefix ?? "";
    this.#names = new Map(Object.entries(options.tableNames ?? {}));
  }

  /** Give the table of a model, defined here or loaded at run time. */
  table<D extends AnyDefinition>(model: Model<D>): Table<D> {
    return new Table(this, model);
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
