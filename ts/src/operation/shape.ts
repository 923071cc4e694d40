/**
 * The shape of DynamoDB's answers: a member that is null is left out, one of another shape is refused before anybody
 * reads it.
 */

import { DecodeFailed } from "../errors/catalogue.ts";
import type { Response } from "./exchange.ts";

type Fits = (value: unknown) => boolean;

const isMap: Fits = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const isText: Fits = (value) => typeof value === "string";

const isListOfMaps: Fits = (value) => Array.isArray(value) && value.every(isMap);

const isMapOf =
  (fits: Fits): Fits =>
  (value) =>
    isMap(value) && Object.values(value as object).every(fits);

const isGiven = (value: unknown, name: string, fits: Fits): boolean => {
  const member = (value as Readonly<Record<string, unknown>>)[name];
  return member === undefined || member === null || fits(member);
};

/** Of a batch by table, of a transaction in its order. */
const areResponses: Fits = (value) =>
  Array.isArray(value)
    ? value.every((entry) => isMap(entry) && isGiven(entry, "Item", isMap))
    : isMapOf(isListOfMaps)(value);

const SHAPES: Readonly<Record<string, Fits>> = {
  Item: isMap,
  Attributes: isMap,
  Items: isListOfMaps,
  Count: Number.isInteger,
  LastEvaluatedKey: isMap,
  Responses: areResponses,
  Table: isMap,
  TableNames: (value) => Array.isArray(value) && value.every(isText),
  LastEvaluatedTableName: isText,
  TimeToLiveDescription: isMap,
  UnprocessedItems: isMapOf(isListOfMaps),
  UnprocessedKeys: isMapOf((part) => isMap(part) && isGiven(part, "Keys", isListOfMaps)),
};

/** Give an answer without members that are null; of one that DynamoDB would not give, DecodeFailed. */
export function shaped(response: Response): Response {
  if (!response.ok) {
    return response;
  }
  const members = Object.entries(response.answer as Readonly<Record<string, unknown>>);
  const wrong = members.find(
    ([name, value]) =>
      value !== null && value !== undefined && Object.hasOwn(SHAPES, name) && SHAPES[name]?.(value) === false,
  );
  if (wrong !== undefined) {
    const error = new DecodeFailed(`the answer's ${wrong[0]} has not DynamoDB's shape`);
    return { ok: false, error, item: undefined, lost: response.lost === true };
  }
  if (members.every(([, value]) => value !== null)) {
    return response;
  }
  return { ...response, answer: Object.fromEntries(members.filter(([, value]) => value !== null)) };
}
