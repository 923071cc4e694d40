/** DeleteItem: an item by its key; a missing one is no error unless it has to exist. */

import type { ModelCodec } from "../codec/item.ts";
import { compile } from "../expression/compile.ts";
import type { Condition } from "../expression/node.ts";
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

/** What a delete is told. */
export interface DeleteOptions {
  readonly condition?: Condition | undefined;
  readonly expectedVersion?: unknown;
  readonly mustExist?: boolean | undefined;
  readonly returnOld?: boolean | undefined;
}

/** Delete an item; gives the old one where that was asked for and there was one. */
export function remove(
  codec: ModelCodec,
  tableName: string,
  key: unknown,
  options: DeleteOptions,
): Exchange<Record<string, unknown> | undefined> {
  const { members, attempt } = keyEntry(codec, tableName, key, options);
  const returnOld = options.returnOld === true;
  if (returnOld) {
    checkWhole(codec);
  }
  const body = `{${members}${returnOld ? ',"ReturnValues":"ALL_OLD"' : ""}}`;
  return single(
    { api: "DeleteItem", tableName, body, writes: true, delayMs: undefined },
    (response, open) => {
      const item = conditionalAnswer(attempt, response, open).Attributes;
      return returnOld && item !== undefined ? codec.decodeItem(item, open) : undefined;
    },
    sealing(codec, { held: (response) => heldByWrite(attempt, response) }),
  );
}

/** Build a delete, or the check of a transaction, which says the same. @throws {DynamORMError} */
export function keyEntry(codec: ModelCodec, tableName: string, key: unknown, options: DeleteOptions): Entry {
  const guard = guardOf(codec, options);
  const keyText = codec.encodeKey(key);
  const compiled = compile(codec, { condition: guarded(codec, options.condition, guard, true) });
  return {
    members:
      `"TableName":${quote(tableName) ?? '""'},"Key":${keyText}` +
      conditionMembers(compiled) +
      compiled.placeholders.members(),
    attempt: { codec, guard, conditional: options.condition !== undefined },
    seals: [],
  };
}

function guardOf({ model }: ModelCodec, { expectedVersion, mustExist }: DeleteOptions): Guard {
  if (expectedVersion !== undefined && expectedVersion !== null) {
    versionOf(model.version);
    return { kind: "version", version: expectedVersion };
  }
  return { kind: mustExist === true ? "exists" : "none" };
}
