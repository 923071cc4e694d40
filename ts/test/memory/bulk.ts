/** A process of its own that writes a stream of so many items, and prints its peak in kilobytes. */

import { Client } from "../../src/client.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { Note } from "../groups.ts";

const transport: Transport = {
  send: () => Promise.resolve({ ok: true, answer: {}, requestId: undefined }),
};

function* items(count: number): Generator<{ id: string; text: string }> {
  for (let id = 0; id < count; id += 1) {
    yield { id: String(id), text: "x".repeat(200) };
  }
}

const count = Number(process.argv[2]);
const { written } = await new Client({ transport }).table(Note).bulkPut(items(count));
process.stdout.write(JSON.stringify({ written, peakKb: process.resourceUsage().maxRSS }));
