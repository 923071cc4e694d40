import { readFileSync } from "node:fs";

import { expect, it } from "vitest";
import { Client } from "../src/client.ts";
import { Script } from "../src/testing.ts";
import { move, prepare } from "./snippets/tables.ts";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** The blocks of code in the README. */
const blocks = [...read("../README.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block);

it("shows the samples in the README as they are", () => {
  const [basic, pages = "none", transaction = "none", encrypted = "none", streams = "none", tables = "none"] =
    blocks;
  expect(blocks).toHaveLength(6);
  expect(basic).toBe(read("../samples/basic/main.ts"));
  expect(read("../samples/pages/main.ts")).toContain(`\n${pages}`);
  expect(read("../samples/transaction/main.ts")).toContain(`\n${transaction}`);
  expect(read("../samples/encrypted/main.ts")).toContain(`\n${encrypted}`);
  expect(read("../samples/stream-handler/main.ts")).toContain(`\n${streams}`);
  expect(read("snippets/tables.ts").replaceAll("export async", "async")).toContain(`\n${tables}`);
});

const described = (name: string): { readonly answer: object } => ({
  answer: {
    Table: {
      TableStatus: "ACTIVE",
      KeySchema: [{ AttributeName: name, KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: name, AttributeType: "S" }],
    },
  },
});

it("shows a table that is ensured, and what its stream lacks", async () => {
  const script = new Script([described("customer_id"), described("customer_id")]);
  expect(await prepare(new Client({ transport: script }))).toEqual([
    { what: "stream", kind: "missing", expected: "NEW_AND_OLD_IMAGES" },
  ]);
});

it("shows a migration that goes on behind a cursor", async () => {
  const done = '{"backup":{"0":{"done":true,"read":1,"written":1}},"segments":1,"v":1}';
  const Items = [{ customer_id: { S: "c" }, name: { N: "1" } }, { customer_id: { S: "d" } }];
  const script = new Script([described("customer_id"), described("person_id"), { answer: { Items } }]);
  const left = new Map<unknown, string>();
  const cursor = await move(new Client({ transport: script }), left, done);
  expect([...left]).toEqual([["c", "DecodeFailed"]]);
  expect(cursor).toContain(
    '"copy":{"0":{"done":true,"failed":1,"read":2,"reasons":{"DecodeFailed":1},"skipped":1}}',
  );
});
