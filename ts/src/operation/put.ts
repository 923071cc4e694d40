/** PutItem: `create`, `put` and `save`, with the times and the version that they write. */

import { checkItemSize, type ModelCodec } from "../codec/item.ts";
import { read, type Stamps } from "../codec/members.ts";
import { type Draft, fill, plainText } from "../codec/seal.ts";
import { encodeInstant } from "../codec/time.ts";
import type { WireItem } from "../codec/value.ts";
import { sameItem } from "../codec/equal.ts";
import { ValidationFailed } from "../errors/catalogue.ts";
import { compile } from "../expression/compile.ts";
import type { Condition } from "../expression/node.ts";
import { pathText } from "../expression/path.ts";
import type { Attribute } from "../schema/model.ts";
import { quote } from "../text/utf8.ts";
import {
  conditionalAnswer,
  conditionMembers,
  type Entry,
  type Guard,
  guarded,
  heldByWrite,
} from "./conditional.ts";
import { type Exchange, type Response, sealing, single } from "./exchange.ts";
import { checkWhole } from "./get.ts";

/** Which of the three writes it is; `adopt` is `save` of an item that was stored without a version. */
export type PutMode = "create" | "put" | "save" | "adopt";

/** What a write of a whole item is told. */
export interface PutOptions {
  readonly mode: PutMode;
  /** The clock's reading, in nanoseconds since the epoch. */
  readonly now: bigint;
  readonly condition?: Condition | undefined;
  readonly returnOld?: boolean | undefined;
}

/** What a write of a whole item gives: the value as stored, and the one it replaced where that was asked for. */
export interface PutResult {
  readonly stored: Record<string, unknown>;
  readonly old: Record<string, unknown> | undefined;
}

/** Write a whole item. @throws {DynamORMError} where the value does not fit */
export function put(
  codec: ModelCodec,
  tableName: string,
  value: unknown,
  options: PutOptions,
): Exchange<PutResult> {
  const { members, draft, attempt, seals } = putEntry(codec, tableName, value, options);
  let item = draft.text;
  const body = `{${members}${options.returnOld === true ? ',"ReturnValues":"ALL_OLD"' : ""}}`;
  return single(
    { api: "PutItem", tableName, body, writes: true, delayMs: undefined },
    (response, open) => {
      const old = wasApplied(options.mode, item, response)
        ? undefined
        : conditionalAnswer(attempt, response, open).Attributes;
      return { stored: codec.decodeWritten(plainText(draft)), old: old && codec.decodeItem(old, open) };
    },
    sealing(codec, {
      seals,
      held: (response) => heldByWrite(attempt, response),
      fill(envelopes) {
        item = sealedItem(draft, envelopes);
      },
    }),
  );
}

/**
 * Give the condition that no item is stored, or one with a lower value of an attribute.
 *
 * @throws {ValidationFailed} where the model does not know the attribute, or the value lacks it.
 */
export function newerBy({ model }: ModelCodec, value: object, by: string): Condition {
  const attribute = model.attributes.get(by);
  if (attribute === undefined) {
    throw new ValidationFailed("the model does not know this attribute", { path: pathText([by]) });
  }
  const own = read(value as Readonly<Record<string, unknown>>, attribute.property) ?? null;
  if (own === null && !attribute.encrypted) {
    throw new ValidationFailed("the item has no value to be told newer by", { path: pathText([by]) });
  }
  return {
    kind: "or",
    children: [
      { kind: "attribute_not_exists", path: [model.partition.name] },
      {
        kind: "compare",
        operator: "<",
        left: { kind: "path", path: [by] },
        right: { kind: "value", value: own },
      },
    ],
  };
}

/** Give the text of an item with its envelopes. @throws {ItemTooLarge} */
export function sealedItem({ text, seals }: Draft, envelopes: readonly string[]): string {
  const item = fill(text, seals, envelopes);
  checkItemSize(item);
  return item;
}

/** Build a write of a whole item, as a request and a transaction have it. @throws {DynamORMError} */
export function putEntry(
  codec: ModelCodec,
  tableName: string,
  value: unknown,
  options: PutOptions,
): Entry & { readonly draft: Draft } {
  const current = givenVersion(codec, value, options.mode);
  const guard = guardOf(options.mode, current);
  if (options.returnOld === true) {
    checkWhole(codec);
  }
  const draft = codec.draftItem(value, stampsOf(codec, value, options, current));
  const compiled = compile(codec, { condition: guarded(codec, options.condition, guard) });
  return {
    draft,
    seals: draft.seals,
    members:
      `"TableName":${quote(tableName) ?? '""'},"Item":${draft.text}` +
      conditionMembers(compiled) +
      compiled.placeholders.members(),
    attempt: { codec, guard, conditional: options.condition !== undefined },
  };
}

/**
 * Build the item of a `put` without a condition; `unchecked` lets a value have a version.
 *
 * @throws {ValidationFailed} with the path of a version that cannot be checked.
 */
export function plainItem(codec: ModelCodec, value: unknown, now: bigint, unchecked: boolean): Draft {
  const current = givenVersion(codec, value, "put");
  if (current !== undefined && !unchecked) {
    throw new ValidationFailed("a batch cannot check a version", { path: codec.model.version?.name });
  }
  return codec.draftItem(value, stampsOf(codec, value, { mode: "put", now }, current));
}

/** Tell whether a create or save that failed its condition met the very item of an earlier attempt, whose answer was lost. */
function wasApplied(mode: PutMode, sent: string, response: Response): boolean {
  return (
    !response.ok &&
    response.lost &&
    mode !== "put" &&
    response.error.code === "ConditionFailed" &&
    response.item !== undefined &&
    sameItem(JSON.parse(sent) as WireItem, response.item)
  );
}

/** The version that the caller holds: what it is, and the one to write. */
interface Current {
  readonly version: unknown;
  readonly next: string;
}

function givenVersion({ model }: ModelCodec, value: unknown, mode: PutMode): Current | undefined {
  const attribute = model.version;
  if (mode === "adopt" && attribute === undefined) {
    throw new ValidationFailed("the model has no attribute in the role version");
  }
  const version = attribute && memberOf(value, attribute);
  if (attribute === undefined || version == null || mode === "create") {
    return undefined;
  }
  if (mode === "adopt") {
    throw new ValidationFailed("adopt is for a value without a version", { path: attribute.name });
  }
  return { version, next: nextVersion(attribute, version) };
}

const INT64_MAX = 2n ** 63n - 1n;

/** Give what a value has for an attribute, before anyone looked at the value. */
function memberOf(value: unknown, { property }: Attribute): unknown {
  return value === null || value === undefined
    ? undefined
    : read(value as Readonly<Record<string, unknown>>, property);
}

function nextVersion(attribute: Attribute, version: unknown): string {
  if (typeof version !== "number" && typeof version !== "bigint") {
    throw new ValidationFailed("expected a version", { path: attribute.name });
  }
  const most = attribute.format === "int64" ? INT64_MAX : BigInt(Number.MAX_SAFE_INTEGER);
  if (typeof version === "number" && !Number.isSafeInteger(version)) {
    throw new ValidationFailed("a version is a whole number", { path: attribute.name });
  }
  const next = BigInt(version) + 1n;
  if (next > most) {
    throw new ValidationFailed("the version cannot be incremented any further", { path: attribute.name });
  }
  return `{"N":"${next}"}`;
}

function guardOf(mode: PutMode, current: Current | undefined): Guard {
  if (mode === "adopt") {
    return { kind: "unversioned" };
  }
  if (current !== undefined) {
    return { kind: "version", version: current.version };
  }
  return { kind: mode === "put" ? "none" : "absent" };
}

function stampsOf(
  codec: ModelCodec,
  value: unknown,
  { mode, now }: PutOptions,
  current: Current | undefined,
): Stamps {
  const { model } = codec;
  const stamps = new Map<string, string>();
  const { createdAt, updatedAt, version } = model;
  if (updatedAt !== undefined) {
    stamps.set(updatedAt.name, encodeInstant(updatedAt, now));
  }
  if (createdAt !== undefined && (mode === "create" || !isGiven(codec, value, createdAt))) {
    stamps.set(createdAt.name, encodeInstant(createdAt, now));
  }
  if (version !== undefined) {
    stamps.set(version.name, current?.next ?? '{"N":"1"}');
  }
  return stamps;
}

/** The time that nobody gave, as each format writes it. */
const ZERO_TIMES: ReadonlySet<string | undefined> = new Set([
  '{"S":"0001-01-01T00:00:00.000000Z"}',
  '{"S":"0001-01-01T00:00:00.000000000Z"}',
  '{"N":"-62135596800"}',
  '{"N":"-62135596800000"}',
]);

/** Tell whether the caller gave a time of creation; the zero time is none. */
function isGiven(codec: ModelCodec, value: unknown, attribute: Attribute): boolean {
  const given = memberOf(value, attribute);
  return given != null && !ZERO_TIMES.has(codec.encodeValue(attribute, given, [attribute.name]));
}
