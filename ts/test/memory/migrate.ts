/** A process of its own that backs up a table of so many items, and prints its peak in kilobytes. */

import { Client } from "../../src/client.ts";
import { autoMigrate } from "../../src/migrate.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { Note } from "../groups.ts";

const SEGMENTS = 4;
const PAGE = 100;
const count = Number(process.argv[2]);

const Table = {
  TableStatus: "ACTIVE",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "N" }],
};

/** The items of a segment are every fourth number. */
function page(body: string): object {
  const { Segment = 0, ExclusiveStartKey: key } = JSON.parse(body) as {
    readonly Segment?: number;
    readonly ExclusiveStartKey?: { readonly id: { readonly N: string } };
  };
  const first = key === undefined ? Segment : Number(key.id.N) + SEGMENTS;
  const ids = Array.from({ length: PAGE }, (_, index) => first + index * SEGMENTS).filter((id) => id < count);
  const Items = ids.map((id) => ({ id: { N: String(id) }, text: { S: "x".repeat(200) } }));
  return ids.length < PAGE ? { Items } : { Items, LastEvaluatedKey: { id: Items.at(-1)?.id } };
}

const transport: Transport = {
  send: ({ api, body }) => {
    const answer = api === "Scan" ? page(body) : api === "DescribeTable" ? { Table } : {};
    return Promise.resolve({ ok: true, answer, requestId: undefined });
  },
};

const { backup } = await autoMigrate(new Client({ transport }), Note, {
  backupTable: "notes-backup",
  segments: SEGMENTS,
});
process.stdout.write(JSON.stringify({ written: backup?.written, peakKb: process.resourceUsage().maxRSS }));
