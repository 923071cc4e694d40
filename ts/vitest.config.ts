import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // The samples name the package as its users do.
  resolve: {
    alias: [
      { find: /^dynamorm-ts$/, replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)) },
      { find: /^dynamorm-ts\/(\w+)$/, replacement: fileURLToPath(new URL("src/$1.ts", import.meta.url)) },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    // A test that asserts nothing is a defect.
    expect: { requireAssertions: true },
    // Laws over generated values take their time where a machine is busy.
    testTimeout: 60_000,
  },
});
