/**
 * The edge to the SDK's own shapes: what users' mocks and middleware see of a request, and what they give for an answer.
 *
 * Binary is base64 text here and bytes there; all else is the same. Nothing is converted until somebody looks.
 */

import { decodeBytes, encodeBytes } from "../codec/binary.ts";
import type { Answer, CancellationReason } from "../operation/exchange.ts";

type Members = Record<string, unknown>;

function convertMap(map: unknown, bytes: (value: unknown) => unknown): Members {
  return Object.fromEntries(
    Object.entries((map ?? {}) as Members).map(([name, value]) => [name, convertValue(value, bytes)]),
  );
}

function convertValue(value: unknown, bytes: (value: unknown) => unknown): unknown {
  const [[tag, inner] = ["", undefined]] = Object.entries((value ?? {}) as Members);
  switch (tag) {
    case "B":
      return { B: bytes(inner) };
    case "BS":
      return { BS: (inner as unknown[]).map(bytes) };
    case "L":
      return { L: (inner as unknown[]).map((element) => convertValue(element, bytes)) };
    case "M":
      return { M: convertMap(inner, bytes) };
    default:
      return value;
  }
}

/** Give the bytes of base64 text. */
export const toBytes = (text: unknown): unknown => decodeBytes(String(text));

type Bytes = (value: unknown) => unknown;

/** Convert the members of a request or answer; `bytes` converts binary. */
export function convertMembers(members: unknown, bytes: Bytes): Members {
  return Object.fromEntries(
    Object.entries((members ?? {}) as Members).map(([name, value]) => [
      name,
      convertMember(name, value, bytes),
    ]),
  );
}

function convertMember(name: string, value: unknown, bytes: Bytes): unknown {
  const convert = Object.hasOwn(HOLDERS, name) ? HOLDERS[name] : undefined;
  return convert === undefined || value === undefined ? value : convert(value, bytes);
}

type Converter = (value: unknown, bytes: Bytes) => unknown;

const listOf =
  (convert: Converter): Converter =>
  (value, bytes) =>
    Array.isArray(value) ? value.map((element) => convert(element, bytes)) : value;

const tablesOf =
  (convert: Converter): Converter =>
  (value, bytes) =>
    Object.fromEntries(
      Object.entries((value ?? {}) as Members).map(([table, held]) => [table, convert(held, bytes)]),
    );

/** What a batch holds of a table: a list of writes, or keys with their projection. */
const held: Converter = (value, bytes) =>
  Array.isArray(value) ? listOf(convertMembers)(value, bytes) : convertMembers(value, bytes);

/** Members of requests and answers that hold values, however deep. */
const HOLDERS: Readonly<Record<string, Converter>> = {
  Item: convertMap,
  Key: convertMap,
  Attributes: convertMap,
  ExpressionAttributeValues: convertMap,
  ExclusiveStartKey: convertMap,
  LastEvaluatedKey: convertMap,
  Items: listOf(convertMap),
  Keys: listOf(convertMap),
  RequestItems: tablesOf(held),
  UnprocessedItems: tablesOf(held),
  UnprocessedKeys: tablesOf(held),
  TransactItems: listOf(convertMembers),
  ...{ Put: convertMembers, Update: convertMembers, Delete: convertMembers, ConditionCheck: convertMembers },
  ...{ Get: convertMembers, PutRequest: convertMembers, DeleteRequest: convertMembers },
  // By table in a batch, by position in a transaction.
  Responses: (value, bytes) =>
    (Array.isArray(value) ? listOf(convertMembers) : tablesOf(listOf(convertMap)))(value, bytes),
  CancellationReasons: listOf(convertMembers),
};

/** Where an output keeps the answer it was made of; a spread of the output keeps it, too. */
const ANSWER = Symbol("answer");

/** An answer, and the members of it that somebody looked at or put there, in the SDK's shape. */
interface Kept {
  readonly answer: Members;
  readonly seen: Map<string, unknown>;
}

/** An answer as the SDK's output: middleware sees the members it knows, we take the answer itself. */
export class WireOutput {
  readonly $metadata: object;
  readonly [ANSWER]: Kept;

  constructor(answer: Members, metadata: object) {
    this[ANSWER] = { answer, seen: new Map() };
    this.$metadata = metadata;
  }
}

const OUTPUT_MEMBERS = [
  ...["Item", "Attributes", "Items", "LastEvaluatedKey"],
  ...["Responses", "UnprocessedItems", "UnprocessedKeys"],
  ...["Table", "TableDescription", "TableNames", "LastEvaluatedTableName", "TimeToLiveDescription"],
  ...["Count", "ScannedCount", "ConsumedCapacity"],
];

// On the prototype: the SDK takes the own members of every output apart, and nothing is to be converted for that.
for (const name of OUTPUT_MEMBERS) {
  Object.defineProperty(WireOutput.prototype, name, {
    get(this: WireOutput) {
      const { answer, seen } = this[ANSWER];
      if (!seen.has(name) && name in answer) {
        seen.set(name, convertMember(name, answer[name], toBytes));
      }
      return seen.get(name);
    },
    set(this: WireOutput, value: unknown) {
      this[ANSWER].seen.set(name, value);
    },
  });
}

/** Give the answer of an output: ours as it came unless somebody looked, one of a mock's own making converted. */
export function answerOfOutput(output: unknown): Answer {
  const members = (output ?? {}) as Members & { readonly [ANSWER]?: Kept };
  const { answer, seen } = members[ANSWER] ?? {};
  if (output instanceof WireOutput && seen?.size === 0) {
    return answer ?? {};
  }
  const theirs = { ...Object.fromEntries(seen ?? []), ...members };
  return { ...answer, ...convertMembers(theirs, (bytes) => bytes && encodeBytes(bytes)) };
}

/** What an error of the SDK may carry of items, in DynamoDB JSON. */
export interface Carried {
  readonly item: Answer["Item"];
  readonly reasons: readonly CancellationReason[] | undefined;
}

/** Give what an error of the SDK, or of a mock, carries. */
export function carriedBy(error: unknown): Carried {
  const { Item, CancellationReasons } = (error ?? {}) as Members;
  const { Item: item, CancellationReasons: reasons } = convertMembers(
    { Item, CancellationReasons },
    encodeBytes,
  );
  return { item: item as Carried["item"], reasons: reasons as Carried["reasons"] };
}
