/** A copy as requests: pages of stored items, and writes of them as they are. What is throttled is asked for again. */

import { codecOf } from "../codec/item.ts";
import type { WireItem } from "../codec/value.ts";
import { conditionText } from "../expression/condition.ts";
import { Placeholders } from "../expression/placeholder.ts";
import type { Model } from "../schema/model.ts";
import type { AnyDefinition } from "../schema/types.ts";
import { quote } from "../text/utf8.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import { answerOf, type Request, type Response } from "./exchange.ts";
import { ownItems } from "./several.ts";
import type { Steps } from "./steps.ts";

/** What is read of a table. */
export interface ScanParts {
  readonly tableName: string;
  /** Leaves out items of other models; undefined for all. */
  readonly own: Model<AnyDefinition> | undefined;
  readonly pageSize: number;
  readonly consistent: boolean;
  /** Number and total; undefined for the whole. */
  readonly segment: readonly [number: number, total: number] | undefined;
}

/** Stored items, and where to go on. */
export interface StoredItems {
  readonly items: readonly WireItem[];
  readonly lastKey: WireItem | undefined;
}

/** Read the page behind a key. */
export function* scanSteps(
  { tableName, own, pageSize, consistent, segment }: ScanParts,
  start: WireItem | undefined,
  backoff: Backoff,
): Steps<StoredItems> {
  const names = new Placeholders();
  const filter = own && ownItems([own]);
  const members = {
    TableName: tableName,
    FilterExpression: own && filter && conditionText(codecOf(own, true), names, filter),
    Segment: segment?.[0],
    TotalSegments: segment?.[1],
    Limit: pageSize,
    ConsistentRead: consistent ? true : undefined,
    ExclusiveStartKey: start,
  };
  const body = `${JSON.stringify(members).slice(0, -1)}${names.members()}}`;
  const request = { api: "Scan", tableName, body, writes: false, delayMs: undefined } as const;
  const { Items: items = [], LastEvaluatedKey: lastKey } = answerOf(yield* patiently(request, backoff));
  return { items, lastKey };
}

/** Put an item given as text; where `absent` names a key, only if there is none. */
export function putSteps(
  tableName: string,
  item: string,
  absent: string | undefined,
  backoff: Backoff,
): Steps<Response> {
  const names = new Placeholders();
  const condition =
    absent === undefined
      ? ""
      : `,"ConditionExpression":"attribute_not_exists(${names.path([absent])})"` +
        `,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"${names.members()}`;
  const body = `{"TableName":${quote(tableName) ?? '""'},"Item":${item}${condition}}`;
  return patiently({ api: "PutItem", tableName, body, writes: true, delayMs: undefined }, backoff);
}

/** Send a request again as long as it is throttled and attempts are left. */
function* patiently(request: Request, backoff: Backoff): Steps<Response> {
  let response = yield request;
  for (let again = 1; isThrottled(response) && again < backoff.maxAttempts; again += 1) {
    response = yield { ...request, delayMs: backoffMs(backoff, again) };
  }
  return response;
}

function isThrottled(response: Response): boolean {
  return !response.ok && response.error.code === "Throttled";
}
