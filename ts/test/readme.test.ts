import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

it("shows the sample in the README as it is", () => {
  const [, block] = /```ts\n([\s\S]*?)```/.exec(read("../README.md")) ?? [];
  expect(block).toBe(read("../samples/basic/main.ts"));
});
