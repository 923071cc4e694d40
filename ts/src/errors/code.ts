/** The idiomatic test for an error: by its code, and by its kind where that matters. */

import type { ErrorCode, ErrorKind } from "./catalogue.ts";
import { DynamORMError } from "./error.ts";

/**
 * Tell whether something caught is this library's error of a code (and of a kind, where one is given).
 *
 * @example
 * try {
 *   await orders.create(order);
 * } catch (error) {
 *   if (!isCode(error, "ConditionFailed", "AlreadyExists")) throw error;
 * }
 */
export function isCode<C extends ErrorCode>(
  error: unknown,
  code: C,
  kind?: ErrorKind,
): error is DynamORMError & { readonly code: C } {
  return error instanceof DynamORMError && error.code === code && (kind === undefined || error.kind === kind);
}
