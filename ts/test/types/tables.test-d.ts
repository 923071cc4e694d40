/** What compiles of tables and migration, and what does not. */

import { Client } from "../../src/client.ts";
import { TableMismatch } from "../../src/errors/catalogue.ts";
import { autoMigrate } from "../../src/migrate.ts";
import { defineModel } from "../../src/schema/declare.ts";
import { createTable, deleteTable, ensureTable } from "../../src/tables.ts";

const Person = defineModel({
  name: "Person",
  table: "people",
  keys: { partition: "id" },
  attributes: { id: { type: "S" }, name: { type: "S" }, big: { type: "N", format: "int64" } },
});
const Member = defineModel({
  name: "Member",
  table: "members",
  keys: { partition: "pk" },
  attributes: {
    pk: { type: "S", template: "MEMBER#{member_id}" },
    member_id: { type: "S", required: true },
    years: { type: "N" },
  },
});

const client = new Client();

/** Demands a type. */
declare function is<T>(value: T): void;

async function tables(): Promise<void> {
  const { createdAt } = await createTable(client, [Person, Member], { stream: "KEYS_ONLY" });
  is<Date | undefined>(createdAt);
  await ensureTable(client, Person, { addIndexes: true, throughput: { read: 1, write: 1 } });
  // @ts-expect-error -- DynamoDB knows no such view of a change
  await createTable(client, Person, { stream: "ALL" });
  // @ts-expect-error -- a table is deleted by one model
  await deleteTable(client, [Person]);
  // @ts-expect-error -- units are read and write
  await ensureTable(client, Person, { throughput: { read: 1 } });
}

function differences(error: TableMismatch): void {
  for (const one of error.differences) {
    if (one.what === "index") {
      is<"GSI" | "LSI" | undefined>(one.expected?.type);
      is<string>(one.index);
    } else if (one.what === "ttl") {
      is<string | undefined>(one.expected);
      // @ts-expect-error -- TTL is of no index
      is<{ index: string }>(one);
    }
  }
}

async function migration(): Promise<void> {
  const shared = { targetModel: Member, dataCopy: true } as const;
  const { done, copy } = await autoMigrate(client, Person, {
    ...shared,
    transform: ({ id, big }) => (big === 1n ? undefined : { member_id: id, years: 3 }),
  });
  is<boolean>(done);
  is<number | undefined>(copy?.written);
  await autoMigrate(client, Person, {
    ...shared,
    transform: async ({ id }) => Promise.resolve({ member_id: id }),
  });
  // @ts-expect-error -- the target's key is missing
  await autoMigrate(client, Person, { ...shared, transform: () => ({ years: 3 }) });
  const wrong = (value: { id: number }): { member_id: string } => ({ member_id: String(value.id) });
  // @ts-expect-error -- the source's key is text
  await autoMigrate(client, Person, { ...shared, transform: wrong });
  // @ts-expect-error -- years are a number
  await autoMigrate(client, Person, { ...shared, transform: ({ id }) => ({ member_id: id, years: id }) });
  // @ts-expect-error -- what the target holds is kept or overwritten
  await autoMigrate(client, Person, { ...shared, onExisting: "replace" });
}

export { differences, migration, tables };
