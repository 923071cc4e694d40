/**
 * The entry `dynamorm-ts/migrate`: a backup of a table, and a copy of its items into the table of another model.
 *
 * It stands apart from the client, so that programs which only read and write items do not carry it.
 */

import type { Client } from "./client.ts";
import type { ModelCodec } from "./codec/item.ts";
import {
  checkPlaces,
  Copies,
  type CopySettings,
  type MigrationFailure,
  type MigrationProgress,
} from "./copying.ts";
import { InvalidCursor, ValidationFailed } from "./errors/catalogue.ts";
import { backupMove, type Move, rawMove, transformMove } from "./moving.ts";
import { checkWhole } from "./operation/get.ts";
import { checkSegments } from "./operation/read-options.ts";
import { conversation } from "./operation/steps.ts";
import { ensureSteps } from "./operation/table.ts";
import { planBare, planTable, type TablePlan, type TableSettings } from "./operation/table-plan.ts";
import { type MigrationCounts, type Phase, Whereabouts } from "./operation/whereabouts.ts";
import type { Model } from "./schema/model.ts";
import type { AnyDefinition, Input, Item } from "./schema/types.ts";

export type { MigrationFailure, MigrationProgress } from "./copying.ts";
export type { MigrationCounts } from "./operation/whereabouts.ts";

/** What a transform gives: the value for the target, or nothing, which skips the item. */
export type Transformed<T> = Input<T> | null | undefined;

/** What a migration takes. */
export interface MigrateOptions<S = AnyDefinition, T = AnyDefinition> {
  /** The model of the table that items are copied into. */
  readonly targetModel?: (T extends AnyDefinition ? Model<T> : never) | undefined;
  /** The name of the table that gets the backup, taken as it stands. */
  readonly backupTable?: string | undefined;
  /** Copies the items into the table of the target model. */
  readonly dataCopy?: boolean | undefined;
  /** Gives the target's value for a value of the source; without one items are copied as they are. */
  readonly transform?: ((value: Item<S>) => Transformed<T> | Promise<Transformed<T>>) | undefined;
  /** What becomes of an item that the target holds under a key already; it is kept unless given. */
  readonly onExisting?: "keep" | "overwrite" | undefined;
  /** How many parts the scan has; 8 unless given, or those of the cursor. */
  readonly segments?: number | undefined;
  /** The one part to do. */
  readonly segment?: number | undefined;
  /** How many segments are under way at a time; 8 unless given. */
  readonly concurrency?: number | undefined;
  /** How many items DynamoDB looks at for one page; 100 unless given. */
  readonly pageSize?: number | undefined;
  /** How many pages of each segment and phase this run does at most. */
  readonly maxPages?: number | undefined;
  /** Reads the source consistently; so it is unless given. */
  readonly consistent?: boolean | undefined;
  /** Reads, transforms and counts; makes no table and writes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Where an earlier run came to. Cursors of single segments may be put together: their maps of segments are joined. */
  readonly cursor?: string | null | undefined;
  /** Of the target's table. */
  readonly settings?: TableSettings | undefined;
  /** Is told after each page how far it is. Callbacks are called one at a time; what they throw ends the work. */
  readonly progress?: ((progress: MigrationProgress) => void | Promise<void>) | undefined;
  /** Is told each item that was not written, and why. */
  readonly onFailure?: ((failure: MigrationFailure) => void | Promise<void>) | undefined;
  /** Stops the work: nothing new starts, what is under way is waited for. */
  readonly signal?: AbortSignal | undefined;
}

/** What a migration did, runs before its cursor included. */
export interface MigrationReport {
  readonly backup: MigrationCounts | undefined;
  readonly copy: MigrationCounts | undefined;
  /** The names of the tables that this run created. */
  readonly created: readonly string[];
  /** The names of the indexes that this run added to the target. */
  readonly added: readonly string[];
  /** Whether all that was asked for is done. */
  readonly done: boolean;
  readonly cursor: string;
}

/**
 * Back up the table of a model, ensure the table of the target model with its indexes, and copy the items into it, as the
 * options ask for. Nothing is ever removed from the source; whoever writes to it has to be stopped before.
 *
 * @throws {ValidationFailed} for options that do not go together.
 * @throws {InvalidCursor} for a cursor of another migration.
 * @throws {EncryptionNotConfigured} where something has to be opened or sealed, and the client has no key.
 * @throws {TableMismatch | TableNotFound | Canceled} and whatever ends a request; what was told last is where it goes on.
 * @example
 * const { copy, done, cursor } = await autoMigrate(client, Customer, {
 *   targetModel: Person,
 *   backupTable: "customers-2026",
 *   dataCopy: true,
 *   transform: ({ id, name }) => (name === undefined ? undefined : { person_id: id, full_name: name }),
 * });
 */
export async function autoMigrate<S extends AnyDefinition, T extends AnyDefinition = S>(
  client: Client,
  model: Model<S>,
  options: MigrateOptions<S, T> = {},
): Promise<MigrationReport> {
  const now = client.clock();
  return new Migration(client, model, options as MigrateOptions, now).run();
}

type AnyModel = Model<AnyDefinition>;

/** A phase that is asked for. */
interface Asked {
  readonly phase: Phase;
  readonly move: Move;
  readonly plan: TablePlan;
}

/** One run. */
class Migration {
  readonly #client: Client;
  readonly #options: MigrateOptions;
  readonly #now: bigint;
  readonly #whereabouts: Whereabouts;
  readonly #asked: ReadonlySet<number>;
  readonly #backup: Asked | undefined;
  readonly #copy: Asked | undefined;
  /** The table that is ensured. */
  readonly #plan: TablePlan;
  readonly #copies: Copies;
  readonly #created: string[] = [];
  readonly #added: string[] = [];

  constructor(client: Client, model: AnyModel, options: MigrateOptions, now: bigint) {
    const { targetModel, backupTable, settings } = options;
    this.#client = client;
    this.#options = options;
    this.#now = now;
    checkOptions(options);
    const target = (targetModel as AnyModel | undefined) ?? model;
    this.#plan = planTable([target], [client.tableName(target)], settings);
    checkTables(client.tableName(model), targetModel && this.#plan.tableName, backupTable);
    this.#backup =
      backupTable === undefined
        ? undefined
        : {
            phase: "backup",
            move: backupMove(model),
            plan: planBare(model, backupTable, settings?.timeoutMs),
          };
    this.#copy =
      options.dataCopy === true
        ? { phase: "copy", move: this.#moveTo(model, target), plan: this.#plan }
        : undefined;
    this.#whereabouts = whereaboutsOf(options);
    this.#asked = askedOf(options.segment, this.#whereabouts.segments);
    checkPlaces(client, model, this.#whereabouts);
    this.#copies = new Copies(settingsOf(client, model, options, this.#asked), this.#whereabouts, now);
  }

  #moveTo(model: AnyModel, target: AnyModel): Move {
    const { transform } = this.#options;
    const codecFor = (one: AnyModel): ModelCodec => this.#client.codecOf(one);
    const move =
      transform === undefined
        ? rawMove(model, target, codecFor)
        : transformMove(codecFor(model), codecFor(target), transform as (value: unknown) => unknown);
    checkWhole(move.source);
    checkWhole(move.target);
    return move;
  }

  async run(): Promise<MigrationReport> {
    let done = true;
    if (this.#backup !== undefined) {
      await this.#ensure(this.#backup.plan);
      done = await this.#do(this.#backup);
    }
    if (done) {
      await this.#ensure(this.#plan);
      done = this.#copy === undefined || (await this.#do(this.#copy));
    }
    const isBegun = this.#copy !== undefined && (done || this.#whereabouts.phases.copy.size > 0);
    return {
      backup: this.#backup && this.#whereabouts.counts("backup", this.#asked),
      copy: isBegun ? this.#whereabouts.counts("copy", this.#asked) : undefined,
      created: this.#created,
      added: this.#added,
      done,
      cursor: this.#whereabouts.cursor(),
    };
  }

  async #ensure(plan: TablePlan): Promise<void> {
    const { dryRun, signal } = this.#options;
    if (dryRun === true) {
      return;
    }
    const run = { signal, now: this.#now };
    const { created, added } = await this.#client.run(conversation(ensureSteps(plan, true)), run);
    this.#created.push(...(created ? [plan.tableName] : []));
    this.#added.push(...added);
  }

  #do({ phase, move, plan }: Asked): Promise<boolean> {
    return this.#copies.run(phase, move, plan.tableName);
  }
}

function checkOptions({
  targetModel,
  dataCopy,
  transform,
  onExisting = "keep",
  segments,
  concurrency,
  pageSize,
  maxPages,
}: MigrateOptions): void {
  refuse(dataCopy === true && targetModel === undefined, "dataCopy needs a targetModel");
  refuse(transform !== undefined && dataCopy !== true, "a transform needs dataCopy");
  refuse(!["keep", "overwrite"].includes(onExisting), "onExisting is keep or overwrite");
  for (const [name, given] of Object.entries({ concurrency, pageSize, maxPages })) {
    refuse(
      given !== undefined && !(Number.isSafeInteger(given) && given >= 1),
      `${name} is a whole number, at least 1`,
    );
  }
  if (segments !== undefined) {
    checkSegments(segments);
  }
}

function checkTables(source: string, target: string | undefined, backup: string | undefined): void {
  const names = [source, target, backup].filter((name) => name !== undefined);
  refuse(new Set(names).size < names.length, "source, target and backup are different tables");
}

function whereaboutsOf({ cursor, segments }: MigrateOptions): Whereabouts {
  if (cursor === undefined || cursor === null) {
    return new Whereabouts(segments ?? 8);
  }
  const found = Whereabouts.read(cursor);
  if (segments !== undefined && segments !== found.segments) {
    throw new InvalidCursor("the cursor has another number of segments");
  }
  return found;
}

function askedOf(segment: number | undefined, total: number): ReadonlySet<number> {
  if (segment === undefined) {
    return new Set(Array.from({ length: total }, (_, number) => number));
  }
  refuse(
    !Number.isInteger(segment) || segment < 0 || segment >= total,
    "a segment is from 0 to the total less one",
  );
  return new Set([segment]);
}

function refuse(isSo: boolean, fact: string): void {
  if (isSo) {
    throw new ValidationFailed(fact);
  }
}

function settingsOf(
  client: Client,
  source: AnyModel,
  options: MigrateOptions,
  asked: ReadonlySet<number>,
): CopySettings {
  const { concurrency = 8, pageSize = 100, maxPages = Infinity, consistent = true } = options;
  const { onExisting, dryRun = false, progress, onFailure, signal } = options;
  return {
    ...{ client, source, asked, concurrency, pageSize, maxPages, consistent },
    ...{ overwrite: onExisting === "overwrite", dryRun, progress, onFailure, signal },
  };
}
