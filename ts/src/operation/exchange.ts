/** Request, Response, Exchange: a conversation with DynamoDB without a wire. Nothing here waits. */

import type { ModelCodec } from "../codec/item.ts";
import { fill, type Open, type Seal } from "../codec/seal.ts";
import type { WireItem } from "../codec/value.ts";
import type { DynamORMError } from "../errors/error.ts";

/** The API calls that operations make. */
export type Api =
  | "GetItem"
  | "PutItem"
  | "UpdateItem"
  | "DeleteItem"
  | "Query"
  | "Scan"
  | "BatchGetItem"
  | "BatchWriteItem"
  | "TransactGetItems"
  | "TransactWriteItems"
  | "CreateTable"
  | "UpdateTable"
  | "DeleteTable"
  | "DescribeTable"
  | "ListTables"
  | "DescribeTimeToLive"
  | "UpdateTimeToLive"
  | "UpdateContinuousBackups";

/** One DynamoDB call. It is built once: whoever sends it again sends the same bytes. */
export interface Request {
  readonly api: Api;
  /** The real name of the table; of several tables their names. */
  readonly tableName: string;
  /** Of a request over several tables: the request with nothing but their names, by which endpoints are found. */
  readonly outline?: object;
  /** The request's JSON text. */
  readonly body: string;
  /** Whether it may change anything, so that its fate matters when the answer is lost. */
  readonly writes: boolean;
  /** How long to wait before it is sent again, in milliseconds; undefined where it is sent at once. */
  readonly delayMs: number | undefined;
}

/** DynamoDB's answer, in DynamoDB JSON. */
export interface Answer {
  readonly Item?: WireItem;
  readonly Attributes?: WireItem;
  readonly Items?: readonly WireItem[];
  readonly Count?: number;
  readonly LastEvaluatedKey?: WireItem;
  /** By table in a batch, by position in a transaction. */
  readonly Responses?: ByTable<readonly WireItem[]> | readonly { readonly Item?: WireItem | null }[];
  readonly UnprocessedKeys?: ByTable<{ readonly Keys?: readonly WireItem[] | null }>;
  readonly Table?: Readonly<Record<string, unknown>>;
  readonly TableNames?: readonly string[];
  readonly LastEvaluatedTableName?: string;
  readonly TimeToLiveDescription?: Readonly<Record<string, unknown>>;
  readonly UnprocessedItems?: ByTable<readonly UnprocessedWrite[]>;
}

/** What an answer holds for each table. */
export type ByTable<T> = Readonly<Record<string, T>>;

/** A write that was not done. */
export interface UnprocessedWrite {
  readonly PutRequest?: { readonly Item?: WireItem };
  readonly DeleteRequest?: { readonly Key?: WireItem };
}

/** Why one action of a transaction was refused. */
export interface CancellationReason {
  readonly Code?: string | undefined;
  /** The service's words; looked at, never repeated, for they may hold values. */
  readonly Message?: string | null | undefined;
  readonly Item?: WireItem | null | undefined;
}

/** What became of a request. */
export type Response =
  | {
      readonly ok: true;
      readonly answer: Answer;
      readonly requestId: string | undefined;
      /** Whether an attempt before this answer may have been applied without one. */
      readonly lost?: boolean;
    }
  | {
      readonly ok: false;
      readonly error: DynamORMError;
      /** The item that a failed condition returned. */
      readonly item: WireItem | undefined;
      /** Why each action of a transaction was refused. */
      readonly reasons?: readonly CancellationReason[] | undefined;
      /** Whether an earlier attempt of this request may have been applied without a readable answer. */
      readonly lost: boolean;
    };

/** An item of an answer that may hold envelopes. */
export interface Held {
  readonly codec: ModelCodec;
  readonly item: WireItem;
  /** The key, where the item comes without it. */
  readonly key?: WireItem | undefined;
}

/** What has to be done with keys around a conversation, by whoever may wait for them. */
export interface Secrets {
  /** What is to be sealed before the first request, in the order of the asking. */
  readonly seals: readonly Seal[];
  /** Take one envelope, as JSON text, for each seal. @throws {ItemTooLarge | ValidationFailed} */
  readonly fill: (envelopes: readonly string[]) => void;
  /** Name the items of a response that may hold envelopes, before `receive` reads them. */
  readonly held: (response: Response) => readonly Held[];
}

/** A conversation: ask for the next request until there is none, hand in each response, take the result. */
export interface Exchange<R> {
  /** Undefined where nothing is encrypted. */
  readonly secrets?: Secrets | undefined;
  /** Give the next request; undefined where the conversation is over. */
  next(): Request | undefined;
  /** Take the response to the last request; `open` opens its envelopes. @throws {DynamORMError} */
  receive(response: Response, open?: Open): void;
  /** Give the result; only once `next` gave undefined. */
  result(): R;
}

/** What a conversation of one request has of secrets. */
export interface Sealing {
  readonly seals?: readonly Seal[];
  /** Takes the envelopes, beside the body, which is filled for it. */
  readonly fill?: (envelopes: readonly string[]) => void;
  readonly held?: Secrets["held"];
}

/** Make a conversation of one request. */
export function single<R>(
  request: Request,
  read: (response: Response, open: Open | undefined) => R,
  secrets?: Sealing,
): Exchange<R> {
  let pending: Request | undefined = request;
  let outcome: { readonly result: R } | undefined;
  const seals = secrets?.seals ?? [];
  return {
    secrets: secrets && {
      seals,
      held: secrets.held ?? (() => []),
      fill(envelopes) {
        secrets.fill?.(envelopes);
        pending = { ...request, body: fill(request.body, seals, envelopes) };
      },
    },
    next() {
      const sent = pending;
      pending = undefined;
      return sent;
    },
    receive(response, open) {
      outcome = { result: read(response, open) };
    },
    result() {
      if (outcome === undefined) {
        throw new Error("the conversation is not over");
      }
      return outcome.result;
    },
  };
}

/** Name an item whose envelopes are to be opened: none of a model without them, and none of another model. */
export function holding(
  codec: ModelCodec,
  item: WireItem | null | undefined,
  key?: WireItem,
): readonly Held[] {
  const isHeld = codec.sealed.length > 0 && item !== undefined && item !== null && codec.owns(item);
  return isHeld ? [{ codec, item, key }] : [];
}

/** Give what a conversation about one model has of secrets; undefined where it has none. */
export function sealing(codec: ModelCodec, parts: Sealing): Sealing | undefined {
  return codec.sealed.length === 0 ? undefined : parts;
}

/** Give the answer, or throw what went wrong. */
export function answerOf(response: Response): Answer {
  if (!response.ok) {
    throw response.error;
  }
  return response.answer;
}
