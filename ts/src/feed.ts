/** Streams as a client reads them: records of its models, by themselves or as a batch that Lambda delivers. */

import type { NameOf } from "./actions.ts";
import type { Client } from "./client.ts";
import type { ModelCodec } from "./codec/item.ts";
import { ValidationFailed } from "./errors/catalogue.ts";
import { type Batch, type BatchResponse, handleBatch, type HandlerOptions } from "./handler.ts";
import { answerOf, holding, single } from "./operation/exchange.ts";
import { checkTogether } from "./operation/several.ts";
import type { Model } from "./schema/model.ts";
import type { AnyDefinition, Item } from "./schema/types.ts";
import { readChange, route, type Routed, unknownModel } from "./stream/change.ts";
import { type ChangeKind, parseRecord } from "./stream/record.ts";
import { readShards, type ReadStreamOptions, type ShardSource } from "./transport/shards.ts";

/** One change of an item, as its model reads it. */
export interface StreamRecord<D> {
  /** The name of the model. */
  readonly model: NameOf<D>;
  readonly kind: ChangeKind;
  readonly eventId: string | undefined;
  readonly sequenceNumber: string;
  /** When the change was made, roughly; whole milliseconds. */
  readonly createdAt: Date | undefined;
  /** Whether DynamoDB itself removed the item, for its time to live was over. */
  readonly expired: boolean;
  /** The key attributes of the table; a composed one is its text. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** The item before the change; undefined where the record does not have it. */
  readonly old: Item<D> | undefined;
  /** The item after the change; undefined where the record does not have it. */
  readonly new: Item<D> | undefined;
  /** The attributes that differ, by their names on the wire; undefined where an image is missing for it. */
  readonly changed: readonly string[] | undefined;
}

/** The records of models, told apart by `model`. */
export type RecordOf<M> = M extends Model<infer D extends AnyDefinition> ? StreamRecord<D> : never;

/** What handles records: one function for all, or one for each model by its name. */
export type Handlers<R extends { readonly model: string }> =
  | ((record: R) => unknown)
  | { readonly [N in R["model"]]: (record: Extract<R, { readonly model: N }>) => unknown };

/**
 * Reads the records of a table's stream. `table.stream()` and `client.stream(models)` make it.
 *
 * @example
 * export const handler = client.table(Order).stream().handler(async ({ kind, new: order }) => { … });
 */
export class Feed<R extends StreamRecord<AnyDefinition>> {
  readonly #client: Client;
  readonly #codecs: readonly ModelCodec[];
  readonly #tableName: string;

  /** @throws {ValidationFailed} where several models are not told apart by one discriminator. */
  constructor(client: Client, models: readonly Model<AnyDefinition>[]) {
    const tables = models.map((model) => client.tableName(model));
    if (models.length !== 1) {
      checkTogether(models, tables);
    }
    this.#client = client;
    this.#codecs = models.map((model) => client.codecOf(model));
    this.#tableName = tables[0] ?? "";
  }

  /**
   * Read one record: an element of a Lambda event, or of GetRecords as the SDK gives it.
   *
   * @throws {DecodeFailed} where it is no record, is of none of the models, or does not fit its model.
   */
  async decode(record: unknown): Promise<R> {
    const raw = parseRecord(record);
    const routed = route(this.#codecs, raw);
    if (routed === undefined) {
      throw unknownModel(this.#codecs);
    }
    return this.#read(routed);
  }

  /** Tell whether a record is of one of the models. @throws {DecodeFailed} where it is no record. */
  knows(record: unknown): boolean {
    return route(this.#codecs, parseRecord(record)) !== undefined;
  }

  /**
   * Make the handler of a Lambda event source with ReportBatchItemFailures. Records are handled one after the other; the first
   * that fails ends the batch, and is delivered again with all behind it.
   *
   * @throws {ValidationFailed} where a model has no handler.
   */
  handler(handlers: Handlers<R>, options: HandlerOptions = {}): (batch: Batch) => Promise<BatchResponse> {
    const byName = handlers as unknown as Readonly<Record<string, ((record: R) => unknown) | undefined>>;
    for (const { model } of this.#codecs) {
      if (typeof handlers !== "function" && typeof byName[model.name] !== "function") {
        throw new ValidationFailed(`${model.name} has no handler`);
      }
    }
    const handle = (record: R): unknown =>
      typeof handlers === "function" ? handlers(record) : byName[record.model]?.(record);
    return (batch) => handleBatch(this, handle, options, batch);
  }

  /**
   * Read the records of the table's stream, as the SDK gives them, for development and tests: production reads streams by
   * Lambda or Kinesis. `sdkStreams` of the entry `dynamorm-ts/streams` makes a source.
   *
   * @throws {ValidationFailed} where the table has no stream.
   * @example
   * for await (const record of feed.records(sdkStreams(), { untilEnd: true })) console.log(await feed.decode(record));
   */
  async *records(
    source: ShardSource,
    options: ReadStreamOptions = {},
  ): AsyncGenerator<unknown, void, undefined> {
    const now = this.#client.clock();
    const { signal } = options;
    const request = {
      ...({ api: "DescribeTable", tableName: this.#tableName, writes: false } as const),
      body: JSON.stringify({ TableName: this.#tableName }),
      delayMs: undefined,
    };
    const arn = await this.#client.run(
      single(request, (response) => answerOf(response).Table?.LatestStreamArn),
      { signal, now },
    );
    if (typeof arn !== "string") {
      throw new ValidationFailed("the table has no stream");
    }
    yield* readShards(source, arn, options, (delayMs) => this.#client.wait(delayMs, signal));
  }

  async #read(routed: Routed): Promise<R> {
    const { codec, old, new: current } = routed;
    const held = [old, current].flatMap((image) => holding(codec, image));
    const opened = await this.#client.open(held, { now: this.#client.clock() });
    return readChange(routed, opened?.open) as unknown as R;
  }
}
