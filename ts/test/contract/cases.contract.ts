/**
 * Every contract case of the TypeScript library as a test: `npm run contract` in ts/, with -t as usual for what is shown.
 *
 * FILTER, TARGET and CASES narrow or widen the run as in `make contract`; SKIP_INTEGRATION=1 leaves DynamoDB Local out.
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

interface Result {
  readonly id: string;
  readonly target: string;
  readonly status: string;
  readonly code?: string;
  readonly at?: string;
  readonly message?: string;
  readonly table?: string;
  readonly title: string;
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const OUTPUT_MAX_BYTES = 1 << 28;

function results(): readonly Result[] {
  const python = `${ROOT}.venv/bin/python`;
  if (!existsSync(python)) {
    throw new Error("the conductor of the contract suite has no Python environment yet: run `make setup`");
  }
  const { FILTER, TARGET, CASES, SKIP_INTEGRATION } = process.env;
  const target = TARGET ?? (SKIP_INTEGRATION === "1" ? "pure,wire" : undefined);
  const narrow = Object.entries({ "--filter": FILTER, "--target": target, "--cases": CASES });
  const { stdout, stderr } = spawnSync(
    python,
    [
      ...["-m", "dynamorm_contract", "stream", "--langs", "ts"],
      ...narrow.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [name, value])),
    ],
    { cwd: ROOT, encoding: "utf8", maxBuffer: OUTPUT_MAX_BYTES },
  );
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  if (lines.length === 0) {
    throw new Error(`the conductor ran no case\n${stdout}${stderr}`);
  }
  return lines.map((line) => JSON.parse(line) as Result);
}

describe("the contract", () => {
  it.each(results().map((result) => [`${result.id}@${result.target}`, result] as const))(
    "%s",
    (_name, result) => {
      const { title, code, at, table, message } = result;
      expect(result.status, `${title}\n${code} at ${at} (${table} table): ${message}`).toBe("pass");
    },
  );
});
