/** Re-encryption as requests: pages of keys and envelopes, and updates that put new envelopes where the old ones still are. */

import type { ModelCodec } from "../codec/item.ts";
import type { AttributeValue, WireItem } from "../codec/value.ts";
import { conditionText } from "../expression/condition.ts";
import { Placeholders } from "../expression/placeholder.ts";
import { namesText } from "../expression/projection.ts";
import { canonicalJson } from "../text/json.ts";
import { quote } from "../text/utf8.ts";
import { answerOf, type Exchange, single } from "./exchange.ts";
import { ownItems } from "./several.ts";

/** Where a re-encryption reads. */
export interface RewriteOptions {
  readonly pageSize?: number | undefined;
  readonly segment?: readonly [number: number, total: number] | undefined;
}

/** A page of stored items: their keys and encrypted attributes. */
export interface StoredPage {
  readonly items: readonly WireItem[];
  readonly lastKey: WireItem | undefined;
}

/** Read the page behind a key. */
export function storedPage(
  codec: ModelCodec,
  tableName: string,
  start: WireItem | undefined,
  { pageSize, segment }: RewriteOptions,
): Exchange<StoredPage> {
  const names = new Placeholders();
  const own = ownItems([codec.model]);
  const paths = [...codec.model.keys, ...codec.sealed].map(({ name }) => [name]);
  const members = {
    TableName: tableName,
    FilterExpression: own && conditionText(codec, names, own),
    ProjectionExpression: namesText(codec, names, paths),
    Segment: segment?.[0],
    TotalSegments: segment?.[1],
    Limit: pageSize,
    ExclusiveStartKey: start,
  };
  const body = `${JSON.stringify(members).slice(0, -1)}${names.members()}}`;
  return single({ api: "Scan", tableName, body, writes: false, delayMs: undefined }, (response) => {
    const { Items: items = [], LastEvaluatedKey: lastKey } = answerOf(response);
    return { items, lastKey };
  });
}

/** One attribute that is sealed anew. */
export interface Rewritten {
  readonly name: string;
  /** What was read. */
  readonly stored: AttributeValue;
  /** The new envelope as JSON text. */
  readonly envelope: string;
}

/** Put new envelopes into an item; tells whether they were, for nothing is done where one of the old ones is gone. */
export function rewrite(
  codec: ModelCodec,
  tableName: string,
  item: WireItem,
  attributes: readonly Rewritten[],
): Exchange<boolean> {
  const names = new Placeholders();
  const condition = attributes
    .map(({ name, stored }) => `${names.path([name])} = ${names.value(canonicalJson(stored))}`)
    .join(" AND ");
  const changes = attributes.map(({ name, envelope }) => `${names.path([name])} = ${names.value(envelope)}`);
  const key = Object.fromEntries(codec.model.keys.map(({ name }) => [name, item[name]]));
  const body =
    `{"TableName":${quote(tableName) ?? '""'},"Key":${canonicalJson(key)}` +
    `,"UpdateExpression":"SET ${changes.join(", ")}","ConditionExpression":"${condition}"` +
    `,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"${names.members()}}`;
  return single({ api: "UpdateItem", tableName, body, writes: true, delayMs: undefined }, (response) => {
    if (!response.ok && response.error.code === "ConditionFailed") {
      return false;
    }
    answerOf(response);
    return true;
  });
}
