import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("memory/bulk.ts", import.meta.url));

// A small heap: what is garbage is collected, so that the peak shows what is held.
const FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=32", "--disable-warning=ExperimentalWarning"];

/** Give the peak of a process that writes a stream of so many items, in megabytes. */
function peakMb(count: number): number {
  const types = process.features.typescript === false ? ["--experimental-strip-types"] : [];
  const text = execFileSync(process.execPath, [...FLAGS, ...types, PROGRAM, String(count)], {
    encoding: "utf8",
  });
  const { written, peakKb } = JSON.parse(text) as { readonly written: number; readonly peakKb: number };
  expect(written).toBe(count);
  return peakKb / 1024;
}

it("bulk writing a hundred times as many items takes no more memory", () => {
  expect(peakMb(200_000) - peakMb(2000)).toBeLessThan(50);
});
