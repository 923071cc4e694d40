import { defineConfig } from "vitest/config";

// `npm run contract`: the contract suite, each case a test. `npm test` does not start it.
export default defineConfig({
  test: {
    include: ["test/contract/*.contract.ts"],
    expect: { requireAssertions: true },
  },
});
