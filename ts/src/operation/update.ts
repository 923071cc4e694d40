/** UpdateItem: changes of one item by its key, with the times and the version that the library keeps. */

import type { ModelCodec } from "../codec/item.ts";
import type { Seal } from "../codec/seal.ts";
import { encodeInstant } from "../codec/time.ts";
import type { WireItem } from "../codec/value.ts";
import { ValidationFailed } from "../errors/catalogue.ts";
import { compile, type Compiled } from "../expression/compile.ts";
import type { Action, Condition, Owned } from "../expression/node.ts";
import type { Attribute } from "../schema/model.ts";
import { quote } from "../text/utf8.ts";
import {
  conditionalAnswer,
  conditionMembers,
  type Entry,
  type Guard,
  guarded,
  heldByWrite,
  versionOf,
} from "./conditional.ts";
import { type Exchange, sealing, single } from "./exchange.ts";
import { checkWhole } from "./get.ts";

/** What an update gives back: the whole item after or before, what changed of it, or nothing. */
export type Returned = "new" | "old" | "updatedNew" | "updatedOld" | "none";

/** What an update is told. */
export interface UpdateOptions {
  /** The clock's reading, in nanoseconds since the epoch. */
  readonly now: bigint;
  readonly actions: readonly Action[];
  readonly condition?: Condition | undefined;
  readonly expectedVersion?: unknown;
  readonly upsert?: boolean | undefined;
  readonly return?: Returned | undefined;
}

const RETURN_VALUES: Record<Returned, string | undefined> = {
  new: "ALL_NEW",
  old: "ALL_OLD",
  updatedNew: "UPDATED_NEW",
  updatedOld: "UPDATED_OLD",
  none: undefined,
};

/** Update an item. @throws {DynamORMError} where what is asked for cannot be */
export function update(
  codec: ModelCodec,
  tableName: string,
  key: unknown,
  options: UpdateOptions,
): Exchange<Record<string, unknown> | undefined> {
  const returned = options.return ?? "new";
  if (!Object.hasOwn(RETURN_VALUES, returned)) {
    throw new ValidationFailed("return is one of new, old, updatedNew, updatedOld, none");
  }
  const { members, attempt, seals } = updateEntry(codec, tableName, key, options);
  const whole = returned === "new" || returned === "old";
  if (whole) {
    checkWhole(codec);
  }
  const values = RETURN_VALUES[returned];
  const body = `{${members}${values === undefined ? "" : `,"ReturnValues":"${values}"`}}`;
  return single(
    { api: "UpdateItem", tableName, body, writes: true, delayMs: undefined },
    (response, open) => {
      const item = conditionalAnswer(attempt, response, open).Attributes;
      if (item === undefined || returned === "none") {
        return undefined;
      }
      return whole ? codec.decodeItem(item, open) : codec.decodePartial(item, open);
    },
    sealing(codec, {
      seals,
      held: (response) => heldByWrite(attempt, response, whole ? undefined : keyOf(codec, key)),
    }),
  );
}

function keyOf(codec: ModelCodec, key: unknown): WireItem {
  return JSON.parse(codec.encodeKey(key)) as WireItem;
}

/** Build an update, as a request and a transaction have it. @throws {DynamORMError} */
export function updateEntry(
  codec: ModelCodec,
  tableName: string,
  key: unknown,
  options: UpdateOptions,
): Entry {
  const guard = guardOf(codec, options);
  const keyText = codec.encodeKey(key);
  const compiled = compile(codec, {
    condition: guarded(codec, options.condition, guard, true),
    update: { actions: options.actions, owned: ownedOf(codec, key, options) },
  });
  return {
    members:
      `"TableName":${quote(tableName) ?? '""'},"Key":${keyText}` +
      `,"UpdateExpression":${JSON.stringify(compiled.update)}` +
      conditionMembers(compiled) +
      compiled.placeholders.members(),
    attempt: { codec, guard, conditional: options.condition !== undefined },
    seals: sealsOf(codec, keyText, compiled),
  };
}

/** Give the encrypted values that are set, in the order of their names. */
function sealsOf(
  codec: ModelCodec,
  keyText: string,
  { placeholders: { sealed } }: Compiled,
): readonly Seal[] {
  if (sealed.size === 0) {
    return [];
  }
  const key = JSON.parse(keyText) as WireItem;
  const values = codec.keyValues((name) => JSON.stringify(key[name]));
  return codec.sealed.flatMap(({ name }) => {
    const plaintext = sealed.get(name);
    return plaintext === undefined ? [] : [codec.sealOf(name, plaintext, values)];
  });
}

function guardOf({ model }: ModelCodec, { expectedVersion, upsert }: UpdateOptions): Guard {
  if (expectedVersion !== undefined && expectedVersion !== null) {
    refuseLast(versionOf(model.version), expectedVersion);
    return { kind: "version", version: expectedVersion };
  }
  return { kind: upsert === true ? "none" : "exists" };
}

const INT64_MAX = 2n ** 63n - 1n;

/** A version that cannot grow is told before anything is sent, as in a save. */
function refuseLast(version: Attribute, expected: unknown): void {
  if (typeof expected === "bigint" && expected >= INT64_MAX) {
    throw new ValidationFailed("the version cannot be incremented any further", { path: version.name });
  }
}

function ownedOf(codec: ModelCodec, key: unknown, { now, upsert }: UpdateOptions): Owned {
  const { model } = codec;
  const { createdAt, updatedAt, version } = model;
  return {
    ...(codec.own.size === 0 ? {} : { key: codec.encodeKeyFields(key), upsert: upsert === true }),
    ...(createdAt === undefined || upsert !== true
      ? {}
      : { created: [createdAt.name, encodeInstant(createdAt, now)] }),
    ...(updatedAt === undefined ? {} : { updated: [updatedAt.name, encodeInstant(updatedAt, now)] }),
    ...(version === undefined ? {} : { version: [version.name, '{"N":"1"}'] }),
  };
}
