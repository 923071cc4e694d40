/** What the SDK, or a mock in its place, throws → the facts of a failure. */

import { bareType, type Facts } from "./fault.ts";

/** What an error of the SDK may carry. */
export interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $fault?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

const CREDENTIALS = new Set(["CredentialsProviderError", "TokenProviderError"]);

/** Give the facts of an error that the SDK threw of itself: before anything was sent, without an answer, or with one. */
export function foreignFacts(
  thrown: unknown,
  signal?: AbortSignal,
): Pick<Facts, "stage" | "type" | "status" | "requestId" | "message"> {
  const error = (thrown ?? {}) as SdkError;
  if (error.name === "AbortError" || (signal?.aborted === true && thrown === signal.reason)) {
    return { stage: "canceled" };
  }
  if (CREDENTIALS.has(error.name ?? "")) {
    return { stage: "credentials" };
  }
  if (error.$fault === undefined && error.$metadata === undefined) {
    return { stage: typeof error.code === "string" ? "network" : "unsent" };
  }
  if (error.$fault === undefined && error.$metadata?.httpStatusCode === undefined) {
    return { stage: "network" };
  }
  return {
    stage: "answered",
    type: bareType(error.name ?? ""),
    status: error.$metadata?.httpStatusCode,
    requestId: error.$metadata?.requestId,
    message: error.message,
  };
}
