/** A conversation told as steps: a generator gives each request and is handed its response. */

import type { Exchange, Request, Response } from "./exchange.ts";

/** Requests, what each is answered, and the result. */
export type Steps<R> = Generator<Request, R, Response>;

/** Make the conversation that steps tell. */
export function conversation<R>(steps: Steps<R>): Exchange<R> {
  let turn: IteratorResult<Request, R> | undefined;
  return {
    next() {
      turn ??= steps.next(undefined as never);
      return turn.done === true ? undefined : turn.value;
    },
    receive(response) {
      turn = steps.next(response);
    },
    result() {
      if (turn?.done !== true) {
        throw new Error("the conversation is not over");
      }
      return turn.value;
    },
  };
}
