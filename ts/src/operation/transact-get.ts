/** TransactGetItems: up to 100 items as they were at one moment. */

import type { WireItem } from "../codec/value.ts";
import { DecodeFailed, ValidationFailed } from "../errors/catalogue.ts";
import { quote } from "../text/utf8.ts";
import type { Get } from "./action.ts";
import type { Backoff } from "./backoff.ts";
import { transacting } from "./canceled.ts";
import { type Answer, type Exchange, type Held, holding } from "./exchange.ts";
import { planOf } from "./get.ts";
import { ItemRef } from "./key.ts";
import { checkCount, namesOf } from "./transact-write.ts";

type Values = (Record<string, unknown> | undefined)[];

/** Read items together; undefined where there is none. @throws {ValidationFailed} */
export function transactGet(gets: readonly Get[], backoff: Backoff): Exchange<Values> {
  checkCount(gets.length);
  const built = gets.map((get) => {
    const plan = planOf(get.codec, get);
    return { plan, ref: new ItemRef(get.codec, get.tableName, get.key) };
  });
  if (new Set(built.map(({ ref }) => ref.id)).size < built.length) {
    throw new ValidationFailed("two reads of the transaction are of one item");
  }
  const entries = built.map(
    ({ ref, plan }) =>
      `{"Get":{"TableName":${quote(ref.tableName) ?? '""'},"Key":${ref.text}${plan.members}}}`,
  );
  const request = {
    api: "TransactGetItems",
    tableName: namesOf(gets.map(({ tableName }) => tableName)),
    outline: { TransactItems: built.map(({ ref }) => ({ Get: { TableName: ref.tableName } })) },
    body: `{"TransactItems":[${entries.join(",")}]}`,
    writes: false,
  } as const;
  return transacting(
    request,
    [],
    backoff,
    (answer, open) => {
      const responses = responsesOf(answer);
      if (responses.length !== built.length) {
        throw new DecodeFailed("the answer has not one entry for each key");
      }
      return built.map(({ plan }, index) => {
        const item = responses[index]?.Item;
        return item === undefined || item === null ? undefined : plan.decode(item, open);
      });
    },
    { held: (answer) => heldBy(gets, answer) },
  );
}

function heldBy(gets: readonly Get[], answer: Answer): readonly Held[] {
  return responsesOf(answer).flatMap(({ Item: item }, index) => {
    const get = gets[index];
    return get === undefined ? [] : holding(get.codec, item);
  });
}

function responsesOf({ Responses: responses = [] }: Answer): readonly { readonly Item?: WireItem | null }[] {
  return responses as readonly { readonly Item?: WireItem | null }[];
}
