import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** The blocks of code in the README. */
const blocks = [...read("../README.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block);

it("shows the samples in the README as they are", () => {
  const [basic, pages = "none", transaction = "none", encrypted = "none", streams = "none"] = blocks;
  expect(blocks).toHaveLength(5);
  expect(basic).toBe(read("../samples/basic/main.ts"));
  expect(read("../samples/pages/main.ts")).toContain(`\n${pages}`);
  expect(read("../samples/transaction/main.ts")).toContain(`\n${transaction}`);
  expect(read("../samples/encrypted/main.ts")).toContain(`\n${encrypted}`);
  expect(read("../samples/stream-handler/main.ts")).toContain(`\n${streams}`);
});
