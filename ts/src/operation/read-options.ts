/** What a caller says of a read of many items besides its keys, and what of it no read can mean. */

import { ValidationFailed } from "../errors/catalogue.ts";
import type { Condition } from "../expression/node.ts";
import { SCAN_SEGMENTS_MAX } from "../generated/limits.ts";
import type { Order } from "./cursor.ts";

/** What a caller says of a read besides its keys. */
export interface ReadArguments {
  readonly index?: string | undefined;
  readonly filter?: Condition | undefined;
  readonly order?: Order | undefined;
  readonly limit?: number | undefined;
  readonly pageSize?: number | undefined;
  readonly consistent?: boolean | undefined;
  readonly hideExpired?: boolean | undefined;
  readonly cursor?: string | null | undefined;
  readonly cursorContext?: string | undefined;
  readonly segment?: readonly [number: number, total: number] | undefined;
}

/** Refuse a number of segments that DynamoDB does not take. @throws {ValidationFailed} */
export function checkSegments(total: number): void {
  if (!Number.isInteger(total) || total < 1 || total > SCAN_SEGMENTS_MAX) {
    throw new ValidationFailed(`a scan has 1 to ${SCAN_SEGMENTS_MAX} segments`);
  }
}

/** Refuse what no read can mean. @throws {ValidationFailed} */
export function checkOptions({ limit, pageSize, segment, order = "asc" }: ReadArguments): void {
  for (const [name, given] of Object.entries({ limit, pageSize })) {
    if (given !== undefined && !(Number.isInteger(given) && given >= 1)) {
      throw new ValidationFailed(`${name} is a whole number, at least 1`);
    }
  }
  if (!["asc", "desc"].includes(order)) {
    throw new ValidationFailed("order is asc or desc");
  }
  if (segment !== undefined) {
    const [number, total] = segment;
    checkSegments(total);
    if (!Number.isInteger(number) || number < 0 || number >= total) {
      throw new ValidationFailed("a segment is from 0 to the total less one");
    }
  }
}
