/** A DynamoDB for a test, on a real one; SKIP_INTEGRATION=1 goes without. */

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineModel } from "../src/index.ts";
import { localDynamoDB, type LocalDynamoDB } from "../src/testing.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BIN = join(ROOT, ".venv/bin");
const REAL = process.env.DYNAMODB_ENDPOINT;
const Note = defineModel({
  name: "Note",
  table: "notes",
  keys: { partition: "id" },
  attributes: { id: { type: "S" } },
});

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dynamorm-"));
  // Others than DynamoDB's own, so that nothing of this machine is meant.
  vi.stubEnv("DYNAMODB_ENDPOINT", "");
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
  rmSync(folder, { recursive: true, force: true });
});

/** The helper of a process that has asked nobody yet. */
async function fresh(): Promise<typeof localDynamoDB> {
  vi.resetModules();
  return (await import("../src/local.ts")).localDynamoDB;
}

/** Put a command before all others on the path. */
function command(lines: string): void {
  const file = join(folder, "dynamorm");
  writeFileSync(file, `#!/bin/sh\n${lines}\n`);
  chmodSync(file, 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH ?? ""}`);
}

async function makeTable(local: LocalDynamoDB): Promise<void> {
  await local.dynamodb.send(
    new CreateTableCommand({
      TableName: "notes",
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    }),
  );
}

async function tables(local: LocalDynamoDB): Promise<string[] | undefined> {
  return (await local.dynamodb.send(new ListTablesCommand({}))).TableNames;
}

describe("where there is none", () => {
  it("says what to do without the command", async () => {
    vi.stubEnv("PATH", folder);
    const local = await fresh();
    await expect(local()).rejects.toThrow(
      /^there is no DynamoDB for this test: .*ENOENT\nset DYNAMODB_ENDPOINT or .* `pip install dynamorm-py`/,
    );
  });

  it("says what the command said", async () => {
    command('echo "dynamorm: DynamoDB Local needs Java" >&2; exit 3');
    const local = await fresh();
    await expect(local()).rejects.toThrow("for this test: dynamorm: DynamoDB Local needs Java\nset ");
  });

  it("names an endpoint that does not answer", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9");
    const local = await fresh();
    await expect(local()).rejects.toThrow("the DynamoDB at http://127.0.0.1:9 cannot be used: ");
  });
});

describe("a DynamoDB that has one database for all", () => {
  it("is refused", async () => {
    const names: string[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (piece: Buffer) => (body += piece.toString()));
      request.on("end", () => {
        const { TableName } = JSON.parse(body) as { TableName?: string };
        if (TableName !== undefined) {
          names.push(TableName);
        }
        response.end(JSON.stringify({ TableNames: names }));
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    vi.stubEnv("DYNAMODB_ENDPOINT", `http://127.0.0.1:${port}`);
    await expect(localDynamoDB()).rejects.toThrow(
      "it has one database for every access key: start it without -sharedDb",
    );
    expect(names).toEqual([names[0], names[0]]); // made, and taken away
    server.close();
  });
});

describe.skipIf(process.env.SKIP_INTEGRATION === "1")("a DynamoDB for a test", () => {
  it.each(["DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB"])("is that of %s", async (variable) => {
    expect(
      REAL,
      "DYNAMODB_ENDPOINT is not set: start a DynamoDB (`make engine`), or set SKIP_INTEGRATION=1",
    ).toBeTruthy();
    command("exit 9");
    vi.stubEnv(variable, REAL);
    await using local = await localDynamoDB();
    expect([local.endpoint, await tables(local)]).toEqual([REAL, []]);
  });

  it("is seen by one test alone, and its tables go with it", async () => {
    vi.stubEnv("DYNAMODB_ENDPOINT", REAL);
    const [one, other] = await Promise.all([localDynamoDB(), localDynamoDB({ tablePrefix: "my-" })]);
    await makeTable(one);
    await one.client.table(Note).create({ id: "1" });
    expect(await one.client.table(Note).get({ id: "1" })).toEqual({ id: "1" });
    expect(await tables(other)).toEqual([]);
    const credentials = await one.dynamodb.config.credentials();
    await one.close();
    const again = new DynamoDBClient({ endpoint: one.endpoint, region: "us-east-1", credentials });
    expect((await again.send(new ListTablesCommand({}))).TableNames).toEqual([]);
    again.destroy();
    await other.close();
  });

  it("is started by the command, and found again", async () => {
    vi.stubEnv("PATH", `${BIN}${delimiter}${process.env.PATH ?? ""}`);
    vi.stubEnv("XDG_STATE_HOME", folder);
    vi.stubEnv("XDG_CACHE_HOME", join(ROOT, "build/cache"));
    try {
      const [one, other] = [await (await fresh())(), await (await fresh())()];
      expect(one.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect([other.endpoint, await tables(other)]).toEqual([one.endpoint, []]);
      await makeTable(one);
      await Promise.all([one.close(), other.close()]);
    } finally {
      execFileSync(join(BIN, "dynamorm"), ["local", "stop"]);
    }
  }, 180_000);

  it("asks the command once", async () => {
    command(`echo x >> ${folder}/asked; echo '{"endpoint": "${String(REAL)}"}'`);
    const local = await fresh();
    const made = await Promise.all([local(), local()]);
    expect(made.map((one) => one.endpoint)).toEqual([REAL, REAL]);
    expect(execFileSync("wc", ["-l", join(folder, "asked")], { encoding: "utf8" })).toMatch(/^\s*1 /);
    await Promise.all(made.map((one) => one.close()));
  });
});
