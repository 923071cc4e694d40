/**
 * The edge to the SDK's own shapes: what users' mocks and middleware see of a request, and what they give for an answer.
 *
 * Binary is base64 text here and bytes there; all else is the same. Nothing is converted until somebody looks.
 */

import { decodeBytes, encodeBytes } from "../codec/binary.ts";
import type { Answer } from "../operation/exchange.ts";

type Members = Record<string, unknown>;

/** Members of requests and answers that hold maps of values. */
const VALUE_MAPS = new Set([
  "Item",
  "Key",
  "Attributes",
  "ExpressionAttributeValues",
  "ExclusiveStartKey",
  "LastEvaluatedKey",
]);

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

const toBytes = (text: unknown): unknown => decodeBytes(String(text));

function convertMembers(members: Members, bytes: (value: unknown) => unknown): Members {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, convertMember(name, value, bytes)]),
  );
}

function convertMember(name: string, value: unknown, bytes: (value: unknown) => unknown): unknown {
  if (value === undefined) {
    return undefined;
  }
  if (name === "Items") {
    return (value as unknown[]).map((item) => convertMap(item, bytes));
  }
  return VALUE_MAPS.has(name) ? convertMap(value, bytes) : value;
}

/** A request as the SDK's input: filled when somebody looks at more than the table, so usually never. */
export interface LazyInput {
  readonly input: object;
  /** Whether somebody changed it, so that it no longer says what the body says. */
  readonly isChanged: () => boolean;
}

/** Make the SDK's input of a request's JSON text. */
export function lazyInput(tableName: string, body: string): LazyInput {
  const target: Members = { TableName: tableName };
  let before: string | undefined;
  const fill = (): void => {
    if (before === undefined) {
      Object.assign(target, convertMembers(JSON.parse(body) as Members, toBytes));
      before = textOf(target);
    }
  };
  const input = new Proxy(target, {
    get(members, name) {
      // The SDK asks for the table on every call, to find the endpoint.
      if (name !== "TableName") {
        fill();
      }
      return Reflect.get(members, name) as unknown;
    },
    has: (members, name) => (fill(), Reflect.has(members, name)),
    ownKeys: (members) => (fill(), Reflect.ownKeys(members)),
    getOwnPropertyDescriptor: (members, name) => (fill(), Reflect.getOwnPropertyDescriptor(members, name)),
    set: (members, name, value) => (fill(), Reflect.set(members, name, value)),
    defineProperty: (members, name, property) => (fill(), Reflect.defineProperty(members, name, property)),
    deleteProperty: (members, name) => (fill(), Reflect.deleteProperty(members, name)),
  });
  // Whoever looked may have changed what is far inside, which no trap sees.
  return { input, isChanged: () => before !== undefined && before !== textOf(target) };
}

/** Give the text of members; undefined where somebody put bytes of another type there. */
function textOf(members: Members): string | undefined {
  try {
    return JSON.stringify(convertMembers(members, encodeBytes));
  } catch {
    return undefined;
  }
}

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

/** Give the item that an error of the SDK carries, in DynamoDB JSON. */
export function itemOfError(error: unknown): Answer["Item"] {
  const item = (error as { Item?: unknown } | undefined)?.Item;
  return item === undefined ? undefined : (convertMap(item, encodeBytes) as Answer["Item"]);
}
