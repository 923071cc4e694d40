/** Request, Response, Exchange: a conversation with DynamoDB without a wire. Nothing here waits. */

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
  | "TransactWriteItems";

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

/** A conversation: ask for the next request until there is none, hand in each response, take the result. */
export interface Exchange<R> {
  /** Give the next request; undefined where the conversation is over. */
  next(): Request | undefined;
  /** Take the response to the last request. @throws {DynamORMError} */
  receive(response: Response): void;
  /** Give the result; only once `next` gave undefined. */
  result(): R;
}

/** Make a conversation of one request. */
export function single<R>(request: Request, read: (response: Response) => R): Exchange<R> {
  let pending: Request | undefined = request;
  let outcome: { readonly result: R } | undefined;
  return {
    next() {
      const sent = pending;
      pending = undefined;
      return sent;
    },
    receive(response) {
      outcome = { result: read(response) };
    },
    result() {
      if (outcome === undefined) {
        throw new Error("the conversation is not over");
      }
      return outcome.result;
    },
  };
}

/** Give the answer, or throw what went wrong. */
export function answerOf(response: Response): Answer {
  if (!response.ok) {
    throw response.error;
  }
  return response.answer;
}
