/** What the README shows of tables and migration, over models of its own. `test/readme.test.ts` runs it. */

import type { Client } from "../../src/client.ts";
import type { TableDifference } from "../../src/errors/mismatch.ts";
import { autoMigrate } from "../../src/migrate.ts";
import { defineModel } from "../../src/schema/declare.ts";
import { ensureTable, tableDrift } from "../../src/tables.ts";

const Customer = defineModel({
  name: "Customer",
  table: "customers",
  keys: { partition: "customer_id" },
  attributes: { customer_id: { type: "S" }, name: { type: "S" } },
});

const Person = defineModel({
  name: "Person",
  table: "persons",
  keys: { partition: "person_id" },
  attributes: { person_id: { type: "S" }, full_name: { type: "S", required: true } },
});

/** Make the table where there is none, and bring its indexes up to the model where there is one. */
export async function prepare(client: Client): Promise<readonly TableDifference[]> {
  const { created } = await ensureTable(client, Customer, { addIndexes: true });
  return created ? [] : tableDrift(client, Customer, { stream: "NEW_AND_OLD_IMAGES" });
}

/** Back up the customers and copy them into the table of another model; the cursor goes on where this run ended. */
export async function move(client: Client, left: Map<unknown, string>, cursor?: string): Promise<string> {
  const report = await autoMigrate(client, Customer, {
    targetModel: Person,
    backupTable: "customers-2026",
    dataCopy: true,
    transform: ({ customer_id, name }) =>
      name === undefined ? undefined : { person_id: customer_id, full_name: name },
    onFailure: ({ key, reason }) => {
      left.set(key.customer_id, reason);
    },
    maxPages: 1000,
    cursor,
  });
  return report.cursor;
}
