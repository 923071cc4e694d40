/**
 * The entry `dynamorm-ts/tables`: tables are made, described, compared and removed, or exported as infrastructure.
 *
 * Each function takes the client first. They stand apart from it, so that programs which only read and write items do not
 * carry them.
 */

import type { Client } from "./client.ts";
import type { TableDifference } from "./errors/mismatch.ts";
import { conversation, type Steps } from "./operation/steps.ts";
import {
  createSteps,
  deleteSteps,
  describeSteps,
  driftSteps,
  type EnsuredTable,
  ensureSteps,
  listSteps,
} from "./operation/table.ts";
import type { TableDescription } from "./operation/table-description.ts";
import { cloudformationOf, terraformOf } from "./operation/table-export.ts";
import {
  checkTimeout,
  createRequest,
  type CreateTableRequest,
  planTable,
  type TablePlan,
  type TableSettings,
} from "./operation/table-plan.ts";
import type { Model } from "./schema/model.ts";
import type { AnyDefinition } from "./schema/types.ts";

export type { IndexShape, TableDifference, TableKey, TableProjection } from "./errors/mismatch.ts";
export type { EnsuredTable } from "./operation/table.ts";
export type { IndexDescription, TableDescription } from "./operation/table-description.ts";
export type {
  CreateTableRequest,
  IndexMember,
  KeyMember,
  TableSettings,
  Throughput,
} from "./operation/table-plan.ts";

/** The model of a table, or all models that share it. */
export type Models = Model<AnyDefinition> | readonly Model<AnyDefinition>[];

/** What every call takes. */
export interface TableCallOptions {
  /** Cancels the call, and every wait of it. */
  readonly signal?: AbortSignal | undefined;
}

/** What a call takes that goes by the settings of a table. */
export interface TableOptions extends TableSettings, TableCallOptions {}

/** What `ensureTable` takes. */
export interface EnsureTableOptions extends TableOptions {
  /** Adds global indexes that alone are missing. */
  readonly addIndexes?: boolean | undefined;
}

/** What `deleteTable` takes. */
export interface DeleteTableOptions extends TableCallOptions {
  readonly mustExist?: boolean | undefined;
  /** How long it waits in all, in milliseconds; ten minutes unless given. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Create the table of models and wait until it is ready, its TTL and point-in-time recovery included.
 *
 * @throws {TableExists} where there is one, which stays as it is.
 * @throws {ValidationFailed} for models that do not go together, and settings that no table can have.
 * @throws {Canceled} where the time to wait is over.
 * @example
 * await createTable(client, [Customer, Order], { stream: "NEW_AND_OLD_IMAGES" });
 */
export async function createTable(
  client: Client,
  models: Models,
  options: TableOptions = {},
): Promise<TableDescription> {
  return run(client, options, () => createSteps(planOf(client, models, options)));
}

/**
 * Make sure that there is a table that fits models and settings: create it where there is none, else compare it. Nothing of
 * an existing table is changed, but that TTL is enabled, and indexes are added where `addIndexes` allows it.
 *
 * @throws {TableMismatch} with its `differences`.
 * @throws {ValidationFailed | Canceled} as `createTable`.
 * @example
 * const { created, added } = await ensureTable(client, Order, { addIndexes: true });
 */
export async function ensureTable(
  client: Client,
  models: Models,
  options: EnsureTableOptions = {},
): Promise<EnsuredTable> {
  const { addIndexes = false } = options;
  return run(client, options, () => ensureSteps(planOf(client, models, options), addIndexes));
}

/**
 * Tell how a table differs from models and settings; nothing is changed.
 *
 * @throws {TableNotFound} where there is none.
 * @throws {ValidationFailed} as `createTable`.
 */
export async function tableDrift(
  client: Client,
  models: Models,
  options: TableOptions = {},
): Promise<readonly TableDifference[]> {
  return run(client, options, () => driftSteps(planOf(client, models, options)));
}

/** Describe the table of models. @throws {TableNotFound} where there is none. */
export async function describeTable(
  client: Client,
  models: Models,
  options: TableCallOptions = {},
): Promise<TableDescription> {
  return run(client, options, () => describeSteps(planOf(client, models)));
}

/**
 * Delete the table of a model and wait until it is gone; tells whether there was one.
 *
 * @throws {TableNotFound} where it has to exist and does not.
 * @throws {ValidationFailed} where it is protected, and stays.
 * @throws {Canceled} where the time to wait is over.
 */
export async function deleteTable(
  client: Client,
  model: Model<AnyDefinition>,
  options: DeleteTableOptions = {},
): Promise<boolean> {
  const { mustExist = false, timeoutMs } = options;
  return run(client, options, () => {
    checkTimeout(timeoutMs);
    return deleteSteps(planOf(client, model).tableName, mustExist, timeoutMs);
  });
}

/**
 * List the names of all tables, those of others included; a page is asked for when its first name is.
 *
 * @example
 * for await (const name of listTables(client)) console.log(name);
 */
export async function* listTables(
  client: Client,
  { signal }: TableCallOptions = {},
): AsyncGenerator<string, void, undefined> {
  const now = client.clock();
  let last: string | undefined;
  do {
    const page = await client.run(conversation(listSteps(last)), { signal, now });
    yield* page.names;
    ({ last } = page);
  } while (last !== undefined);
}

/** Give what `createTable` would send. @throws {ValidationFailed} as it would. */
export function tableRequest(
  client: Client,
  models: Models,
  settings: TableSettings = {},
): CreateTableRequest {
  return createRequest(planOf(client, models, settings));
}

/** Give the CloudFormation resource of a table, as a JSON value. @throws {ValidationFailed} as `createTable`. */
export function cloudformation(
  client: Client,
  models: Models,
  settings: TableSettings = {},
): { readonly Type: string; readonly Properties: object } {
  return cloudformationOf(planOf(client, models, settings));
}

/**
 * Give the Terraform block of a table, formatted as `terraform fmt` does; its label is made of the table's name unless given.
 *
 * @throws {ValidationFailed} as `createTable`.
 */
export function terraform(
  client: Client,
  models: Models,
  { label, ...settings }: TableSettings & { readonly label?: string | undefined } = {},
): string {
  return terraformOf(planOf(client, models, settings), label);
}

function planOf(client: Client, models: Models, settings?: TableSettings): TablePlan {
  const list = Array.isArray(models)
    ? (models as readonly Model<AnyDefinition>[])
    : [models as Model<AnyDefinition>];
  return planTable(
    list,
    list.map((model) => client.tableName(model)),
    settings,
  );
}

function run<R>(client: Client, { signal }: TableCallOptions, make: () => Steps<R>): Promise<R> {
  const now = client.clock();
  return client.run(conversation(make()), { signal, now });
}
