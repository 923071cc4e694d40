/** A table of orders over given answers, as more than one test file uses it. */

import { Client, type ClientOptions } from "../src/client.ts";
import type { WireItem } from "../src/codec/value.ts";
import type { Table } from "../src/table.ts";
import { Script, type Step, testClock } from "../src/testing.ts";
import { Order } from "./codec/models.ts";

export const NOW = 1_767_323_045_000_006_000n;
export const KEY = { customer_id: "c", order_id: "o" };
export const WIRE_KEY = { customer_id: { S: "c" }, order_id: { S: "o" } };

export function orders(
  steps: readonly Step[],
  options: ClientOptions = {},
): { table: Table<(typeof Order)["definition"]>; script: Script } {
  const script = new Script(steps);
  const client = new Client({ transport: script, clock: testClock(NOW), ...options });
  return { table: client.table(Order), script };
}

export const stored = (version: string): WireItem => ({
  ...WIRE_KEY,
  status: { S: "open" },
  version: { N: version },
});
