import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

// A small heap: what is garbage is collected, so that the peak shows what is held.
const FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=32", "--disable-warning=ExperimentalWarning"];

/** Give the peak of a process that handles so many items, in megabytes. */
function peakMb(program: string, count: number): number {
  const path = fileURLToPath(new URL(`memory/${program}.ts`, import.meta.url));
  const types = process.features.typescript === false ? ["--experimental-strip-types"] : [];
  const text = execFileSync(process.execPath, [...FLAGS, ...types, path, String(count)], {
    encoding: "utf8",
  });
  const { written, peakKb } = JSON.parse(text) as { readonly written: number; readonly peakKb: number };
  expect(written).toBe(count);
  return peakKb / 1024;
}

it("bulk writing a hundred times as many items takes no more memory", () => {
  expect(peakMb("bulk", 200_000) - peakMb("bulk", 2000)).toBeLessThan(50);
});

it("migrating a table of a hundred thousand items takes no more memory than one of a thousand", () => {
  expect(peakMb("migrate", 100_000) - peakMb("migrate", 1000)).toBeLessThan(50);
});
