/**
 * Records of DynamoDB Streams: an element of a Lambda event's `Records` (JSON), or of GetRecords in the SDK's form (bytes and
 * dates), taken apart. Which model a record is of, and what its images mean, is known by `change.ts`.
 */

import { encodeBytes } from "../codec/binary.ts";
import type { WireItem } from "../codec/value.ts";
import { DecodeFailed } from "../errors/catalogue.ts";
import { isPlainObject, setOwn } from "../text/json.ts";

/** What happened to an item. */
export type ChangeKind = "insert" | "modify" | "remove";

/** A record, taken apart. */
export interface RawRecord {
  readonly kind: ChangeKind;
  readonly eventId: string | undefined;
  readonly sequenceNumber: string;
  readonly createdAt: Date | undefined;
  readonly expired: boolean;
  readonly keys: WireItem;
  readonly old: WireItem | undefined;
  readonly new: WireItem | undefined;
}

const KINDS: ReadonlyMap<unknown, ChangeKind> = new Map([
  ["INSERT", "insert"],
  ["MODIFY", "modify"],
  ["REMOVE", "remove"],
]);

type Members = Readonly<Record<string, unknown>>;

/** Take a record apart, in either form. @throws {DecodeFailed} where it is none. */
export function parseRecord(record: unknown): RawRecord {
  const change = inner(record);
  const { eventName, userIdentity } = record as Members;
  const kind = KINDS.get(eventName) ?? refuse("the record says no kind of change");
  const { sequenceNumber, eventId } = idsOf(record);
  return {
    kind,
    eventId,
    sequenceNumber: sequenceNumber ?? refuse("the record has no sequence number"),
    createdAt: instant(change.ApproximateCreationDateTime ?? undefined),
    expired: kind === "remove" && isDynamoDb(userIdentity),
    keys: image(change.Keys, "Keys") ?? refuse("the record has no keys"),
    old: image(change.OldImage, "OldImage"),
    new: image(change.NewImage, "NewImage"),
  };
}

/** Give what tells a record from others, as far as it can be read. */
export function idsOf(record: unknown): {
  readonly eventId: string | undefined;
  readonly sequenceNumber: string | undefined;
} {
  const { eventID: id, dynamodb: change } = isPlainObject(record) ? record : {};
  const number = isPlainObject(change) ? change.SequenceNumber : undefined;
  return { eventId: textOf(id), sequenceNumber: textOf(number) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function inner(record: unknown): Members {
  const change = isPlainObject(record) ? record.dynamodb : undefined;
  return isPlainObject(change) ? change : refuse("the record holds no change of DynamoDB's");
}

const MILLIS = 1000;

/** A Lambda event has seconds, the SDK a date; of either the nearest millisecond counts. */
function instant(value: unknown): Date | undefined {
  if (value === undefined) {
    return undefined;
  }
  const time = value instanceof Date ? value.getTime() : typeof value === "number" ? value * MILLIS : NaN;
  const date = new Date(Math.round(time));
  return Number.isNaN(date.getTime()) ? refuse("the record's time is none") : date;
}

/** Tell whether DynamoDB itself made the change; the SDK spells the members otherwise than Lambda. */
function isDynamoDb(identity: unknown): boolean {
  const { type, Type, principalId, PrincipalId } = isPlainObject(identity) ? identity : {};
  return (type ?? Type) === "Service" && (principalId ?? PrincipalId) === "dynamodb.amazonaws.com";
}

/** Give an image in DynamoDB JSON; undefined where the record has none. */
function image(value: unknown, name: string): WireItem | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  return isPlainObject(value) && Object.values(value).every(isPlainObject)
    ? itemOf(value)
    : refuse(`the record's ${name} is no item`);
}

function itemOf(members: Members): WireItem {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    setOwn(result, name, wireOf(value));
  }
  return result as unknown as WireItem;
}

/** Give a value in DynamoDB JSON, where bytes are base64 text; the SDK may say of the other tags that they are undefined. */
function wireOf(value: unknown): unknown {
  if (!isPlainObject(value)) {
    return value;
  }
  const [[tag, body] = ["", undefined]] = Object.entries(value).filter(([, one]) => one !== undefined);
  return { [tag]: bodyOf(tag, body) };
}

function bodyOf(tag: string, body: unknown): unknown {
  switch (tag) {
    case "B":
      return base64Of(body);
    case "BS":
      return Array.isArray(body) ? body.map(base64Of) : body;
    case "L":
      return Array.isArray(body) ? body.map(wireOf) : body;
    case "M":
      return isPlainObject(body) ? itemOf(body) : body;
    default:
      return body;
  }
}

function base64Of(value: unknown): unknown {
  return value instanceof Uint8Array ? encodeBytes(value) : value;
}

function refuse(fact: string): never {
  throw new DecodeFailed(fact);
}
