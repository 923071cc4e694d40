import { readdirSync, readFileSync } from "node:fs";
import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

const HOUSE = new URL("../", import.meta.url);
const SOURCE = new URL("src/", HOUSE);

/** The rooms, left to right; a room may import what stands left of it. */
const ROOMS = [
  ...["generated", "errors", "text", "schema", "codec", "stream", "expression", "operation", "transport"],
  "encryption",
];

/** Whoever asks for data keys waits for them, and envelopes need nonces. */
const WAITING = ["encryption/keys.ts", "encryption/kms.ts", "encryption/memory.ts", "encryption/ring.ts"];

/** Every source file with what it imports, as paths from `src`. */
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => {
    const text = readFileSync(new URL(file, SOURCE), "utf8");
    const imports = [...text.matchAll(/^(?:import|export)[^"';]*from "([^"]+)";|^import "([^"]+)";/gm)].map(
      (match) => match[1] ?? match[2] ?? "",
    );
    return { file, imports, text };
  });

function roomOf(file: string, specifier: string): string {
  const path = new URL(specifier, new URL(file, SOURCE)).pathname.slice(SOURCE.pathname.length);
  return path.includes("/") ? (path.split("/")[0] ?? "") : "front";
}

describe("the arrows", () => {
  it("point left", () => {
    expect(files.length).toBeGreaterThan(40);
    const wrong = files.flatMap(({ file, imports }) => {
      const room = file.includes("/") ? ROOMS.indexOf(file.split("/")[0] ?? "") : ROOMS.length;
      return imports
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => roomOf(file, specifier))
        .filter((target) => (target === "front" ? room < ROOMS.length : ROOMS.indexOf(target) > room))
        .map((target) => `${file} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it("lead to packages at the SDK's doors, the reader of YAML, and where something is signed or sealed", () => {
    const outside = files.flatMap(({ file, imports }) =>
      imports.filter((specifier) => !specifier.startsWith(".")).map((specifier) => `${file}: ${specifier}`),
    );
    expect(outside.sort()).toEqual([
      "encryption/field.ts: node:crypto",
      "encryption/kms.ts: @aws-sdk/client-kms",
      "encryption/memory.ts: node:crypto",
      "local.ts: @aws-sdk/client-dynamodb",
      "local.ts: node:child_process",
      "local.ts: node:crypto",
      "operation/cursor.ts: node:crypto",
      "schema/yaml.ts: yaml",
      "transport/sdk.ts: @aws-sdk/client-dynamodb",
      "transport/streams.ts: @aws-sdk/client-dynamodb-streams",
    ]);
  });

  it("keep YAML, KMS, the streams' API, tables, migration and the test helpers out of the main entry", () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (!reached.has(file)) {
        reached.add(file);
        for (const specifier of files.find((found) => found.file === file)?.imports ?? []) {
          if (specifier.startsWith(".")) {
            visit(new URL(specifier, new URL(file, SOURCE)).pathname.slice(SOURCE.pathname.length));
          }
        }
      }
    };
    visit("index.ts");
    expect(reached.has("transport/sdk.ts")).toBe(true);
    expect(
      [
        ...["schema/yaml.ts", "encryption/kms.ts", "transport/streams.ts"],
        ...[
          "operation/table.ts",
          "operation/whereabouts.ts",
          "tables.ts",
          "migrate.ts",
          "copying.ts",
          "local.ts",
        ],
      ].filter((file) => reached.has(file)),
    ).toEqual([]);
  });

  it("are held by the linter, too, which finds a planted violation", async () => {
    // Where CI is set the parser takes a file's types from the disk, not from the text it is given.
    const parserOptions = { disallowAutomaticSingleRunInference: true };
    const linter = new ESLint({
      cwd: HOUSE.pathname,
      overrideConfig: { languageOptions: { parserOptions } },
    });
    const planted =
      'import { Client } from "../client.ts";\n\n/** Planted. */\nexport const made = Client;\n';
    const [result] = await linter.lintText(planted, {
      filePath: new URL("errors/path.ts", SOURCE).pathname,
    });
    expect(result?.messages.map(({ ruleId }) => ruleId)).toContain("import/no-restricted-paths");
  }, 30_000);
});

describe("what stands left of transport", () => {
  it("waits for nothing and reads neither clock nor chance", () => {
    const impure =
      /\basync\b|\bawait\b|\bPromise\b|Date\.now|new Date\(\)|Math\.random|performance\.|crypto\.|setTimeout/;
    const found = files
      .filter(({ file }) => file.includes("/") && !file.startsWith("transport/") && !WAITING.includes(file))
      .filter(({ text }) => impure.test(text.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, "")))
      .map(({ file }) => file);
    expect(found).toEqual([]);
  });
});
