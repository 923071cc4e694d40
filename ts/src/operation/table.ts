/**
 * Tables as conversations: create, ensure, describe, compare, delete and list. A wish to wait goes out as a request's delay.
 *
 * What models ask for is known by `table-plan.ts`, what a table is like by `table-description.ts`.
 */

import { Canceled, ServiceError, TableMismatch } from "../errors/catalogue.ts";
import { isCode } from "../errors/code.ts";
import type { TableDifference } from "../errors/mismatch.ts";
import { type Answer, answerOf, type Api, type Request, type Response } from "./exchange.ts";
import type { Steps } from "./steps.ts";
import { differencesOf, describedBy, type TableDescription, ttlDescribedBy } from "./table-description.ts";
import {
  createRequest,
  definitionsOf,
  indexMember,
  type PlannedIndex,
  type TablePlan,
  type Throughput,
} from "./table-plan.ts";

/** What became of a table that was ensured. */
export interface EnsuredTable {
  readonly created: boolean;
  /** The names of the indexes that were added. */
  readonly added: readonly string[];
  readonly ttlEnabled: boolean;
  readonly description: TableDescription;
}

const READ: ReadonlySet<Api> = new Set<Api>(["DescribeTable", "DescribeTimeToLive", "ListTables"]);

function request(api: Api, tableName: string, members: object = {}, delayMs?: number): Request {
  const body = JSON.stringify({ TableName: tableName, ...members });
  return { api, tableName, body, writes: !READ.has(api), delayMs };
}

/** The waits of one operation: together they are no longer than its time. */
class Waits {
  #leftMs: number;

  constructor(timeoutMs = 600_000) {
    this.#leftMs = timeoutMs;
  }

  /** Take the n-th wait in a row, in milliseconds. @throws {Canceled} where the time is over. */
  take(number: number): number {
    const delayMs = Math.min(2 ** number, 20) * 1000;
    if (delayMs > this.#leftMs) {
      throw new Canceled("the time to wait for the table is over", { origin: "service" });
    }
    this.#leftMs -= delayMs;
    return delayMs;
  }
}

const PASSING: ReadonlySet<unknown> = new Set(["ACTIVE", "CREATING", "UPDATING", "DELETING"]);

/** Ask until something is so; `tell` gives undefined as long as it is not. */
function* asked<T>(
  tableName: string,
  waits: Waits,
  tell: (found: TableDescription | undefined, response: Response) => T | undefined,
): Steps<T> {
  let response: Response = yield request("DescribeTable", tableName);
  for (let number = 0; ; number += 1) {
    const found = isMissing(response) ? undefined : describedBy(answerOf(response), tableName);
    if (found !== undefined) {
      checkPassing(found);
    }
    const told = tell(found, response);
    if (told !== undefined) {
      return told;
    }
    response = yield request("DescribeTable", tableName, {}, waits.take(number));
  }
}

function isMissing(response: Response): boolean {
  return !response.ok && response.error.code === "TableNotFound";
}

/** Refuse a status that does not pass by itself. @throws {ServiceError} */
function checkPassing({ status, indexes }: TableDescription): void {
  const globals = indexes.filter(({ type }) => type === "GSI");
  if (![status, ...globals.map((index) => index.status)].every((one) => PASSING.has(one))) {
    throw new ServiceError("the table has a status that does not pass by itself", {
      origin: "service",
      retryable: false,
    });
  }
}

function isReady({ status, indexes }: TableDescription): boolean {
  return (
    status === "ACTIVE" &&
    indexes.every((index) => (index.type === "LSI" || index.status === "ACTIVE") && !index.backfilling)
  );
}

const ready = (found: TableDescription | undefined): TableDescription | undefined =>
  found !== undefined && isReady(found) ? found : undefined;

/** Create a table, and wait for it. */
export function* createSteps(plan: TablePlan): Steps<TableDescription> {
  return (yield* create(plan, new Waits(plan.settings.timeoutMs))).description;
}

function* create(plan: TablePlan, waits: Waits): Steps<EnsuredTable> {
  answerOf(yield request("CreateTable", plan.tableName, createRequest(plan)));
  const found = yield* asked(plan.tableName, waits, ready);
  const ttlEnabled = plan.ttl !== undefined && (yield* enableTtl(plan.tableName, plan.ttl));
  if (plan.settings.pointInTimeRecovery === true) {
    const specification = { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } };
    answerOf(yield request("UpdateContinuousBackups", plan.tableName, specification));
  }
  return { created: true, added: [], ttlEnabled, description: { ...found, ttl: plan.ttl } };
}

/** Enable TTL; tells whether this very request did. */
function* enableTtl(tableName: string, attribute: string): Steps<boolean> {
  const specification = { TimeToLiveSpecification: { Enabled: true, AttributeName: attribute } };
  const response = yield request("UpdateTimeToLive", tableName, specification);
  if (response.ok) {
    return true;
  }
  // It may be enabled already, which is what was asked for.
  if (response.error.code !== "ValidationFailed" || (yield* ttlOf(tableName)) !== attribute) {
    throw response.error;
  }
  return false;
}

function* ttlOf(tableName: string): Steps<string | undefined> {
  return ttlDescribedBy(answerOf(yield request("DescribeTimeToLive", tableName)));
}

/** Describe a table that exists. */
export function* describeSteps(plan: TablePlan): Steps<TableDescription> {
  const answer: Answer = answerOf(yield request("DescribeTable", plan.tableName));
  return yield* withTtl(plan, describedBy(answer, plan.tableName));
}

function* withTtl(plan: TablePlan, found: TableDescription): Steps<TableDescription> {
  return plan.ttl === undefined ? found : { ...found, ttl: yield* ttlOf(plan.tableName) };
}

/** Compare a table that exists with a plan. */
export function* driftSteps(plan: TablePlan): Steps<readonly TableDifference[]> {
  return differencesOf(plan, yield* describeSteps(plan));
}

/** Make sure that there is a table that fits. */
export function* ensureSteps(plan: TablePlan, addIndexes: boolean): Steps<EnsuredTable> {
  const { tableName } = plan;
  const waits = new Waits(plan.settings.timeoutMs);
  let found = yield* there(tableName, waits, true);
  while (found === "missing") {
    try {
      return yield* create(plan, waits);
    } catch (error) {
      if (!isCode(error, "TableExists")) {
        throw error;
      }
    }
    found = yield* there(tableName, waits, false);
  }
  return yield* fit(plan, found, waits, addIndexes);
}

/**
 * Wait until a table is ready; missing where it was being deleted and is gone, and, unless somebody is just creating it, where
 * there is none.
 */
function* there(tableName: string, waits: Waits, canBeMissing: boolean): Steps<TableDescription | "missing"> {
  let isLeaving = canBeMissing;
  return yield* asked(tableName, waits, (found) => {
    const isGone = isLeaving && found === undefined;
    isLeaving = found?.status === "DELETING";
    return isGone ? "missing" : ready(found);
  });
}

function* fit(
  plan: TablePlan,
  found: TableDescription,
  waits: Waits,
  addIndexes: boolean,
): Steps<EnsuredTable> {
  let description = yield* withTtl(plan, found);
  const { ttl } = description;
  // TTL that is not enabled for any attribute is no difference: it will be.
  const differences = differencesOf(plan, description).filter(
    ({ what, kind }) => what !== "ttl" || kind !== "missing",
  );
  const missing = plan.indexes.filter(
    (index) => addIndexes && differences.some((one) => isAbout(one, index)),
  );
  const wrong = differences.filter(
    (one) => one.kind !== "extra" && !missing.some((index) => isAbout(one, index)),
  );
  if (wrong.length > 0) {
    throw new TableMismatch(`the table differs in ${namesOf(differences)}`, { differences });
  }
  for (const index of missing) {
    description = { ...(yield* addIndex(plan, index, description, waits)), ttl };
  }
  const isOff = plan.ttl !== undefined && ttl === undefined;
  const ttlEnabled = isOff && (yield* enableTtl(plan.tableName, plan.ttl));
  return {
    created: false,
    added: missing.map(({ name }) => name),
    ttlEnabled,
    description: isOff ? { ...description, ttl: plan.ttl } : description,
  };
}

/** Tell whether it is this that is missing: a global index, which can be added. */
function isAbout(difference: TableDifference, { name, type }: PlannedIndex): boolean {
  return (
    type === "GSI" &&
    difference.what === "index" &&
    difference.kind === "missing" &&
    difference.index === name
  );
}

function namesOf(differences: readonly TableDifference[]): string {
  return differences
    .map((one) => ("index" in one ? `${one.what} ${one.index}` : one.what) + ` (${one.kind})`)
    .join(", ");
}

function* addIndex(
  { tableName, settings }: TablePlan,
  index: PlannedIndex,
  table: TableDescription,
  waits: Waits,
): Steps<TableDescription> {
  const { throughput, indexThroughput = {} } = settings;
  const units: Throughput | undefined =
    table.billing === "PROVISIONED"
      ? (indexThroughput[index.name] ?? throughput ?? table.throughput)
      : undefined;
  answerOf(
    yield request("UpdateTable", tableName, {
      AttributeDefinitions: definitionsOf([index.keys]),
      GlobalSecondaryIndexUpdates: [{ Create: indexMember(index, units) }],
    }),
  );
  return yield* asked(tableName, waits, (found, response) => {
    if (found === undefined) {
      answerOf(response);
    }
    return found?.indexes.some(({ name }) => name === index.name) === true ? ready(found) : undefined;
  });
}

/** Delete a table, and wait until it is gone; tells whether there was one. */
export function* deleteSteps(
  tableName: string,
  mustExist: boolean,
  timeoutMs: number | undefined,
): Steps<boolean> {
  const response = yield request("DeleteTable", tableName);
  if (isMissing(response) && !mustExist) {
    return false;
  }
  answerOf(response);
  return yield* asked(tableName, new Waits(timeoutMs), (found) => (found === undefined ? true : undefined));
}

/** A page of the names of tables. */
export interface TableNames {
  readonly names: readonly string[];
  readonly last: string | undefined;
}

/** List the tables behind one. */
export function* listSteps(last: string | undefined): Steps<TableNames> {
  const body = JSON.stringify({ ExclusiveStartTableName: last });
  const shared = { tableName: "all tables", outline: {}, writes: false, delayMs: undefined } as const;
  const answer = answerOf(yield { api: "ListTables", body, ...shared });
  return { names: answer.TableNames ?? [], last: answer.LastEvaluatedTableName };
}
