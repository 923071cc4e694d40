/** The idiomatic test for an error: by its code, and by its kind where that matters. */

import type * as catalogue from "./catalogue.ts";
import type { ErrorCode, ErrorKind } from "./catalogue.ts";
import { DynamORMError } from "./error.ts";

/** The class of a code. */
export type ErrorOf<C extends ErrorCode> = InstanceType<(typeof catalogue)[C]>;

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
export function isCode<C extends ErrorCode>(error: unknown, code: C, kind?: ErrorKind): error is ErrorOf<C> {
  return error instanceof DynamORMError && error.code === code && (kind === undefined || error.kind === kind);
}
