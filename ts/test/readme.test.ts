import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** The blocks of code in the README. */
const blocks = [...read("../README.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block);

it("shows the samples in the README as they are", () => {
  const [basic, pages = "none", transaction = "none"] = blocks;
  expect(blocks).toHaveLength(3);
  expect(basic).toBe(read("../samples/basic/main.ts"));
  expect(read("../samples/pages/main.ts")).toContain(`\n${pages}`);
  expect(read("../samples/transaction/main.ts")).toContain(`\n${transaction}`);
});
