/** The door to DynamoDB: send one request, get one response. */

import type { Request, Response } from "../operation/exchange.ts";

/** What the sender of a request may be told beside it. */
export interface SendOptions {
  /** Cancels the request. */
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests. What DynamoDB refuses, and what does not arrive, is a response too: `send` does not reject. */
export interface Transport {
  send(request: Request, options?: SendOptions): Promise<Response>;
}
