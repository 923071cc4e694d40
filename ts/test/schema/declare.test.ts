import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MODELS } from "../../../contract-tests/runners/ts/models.ts";
import { loadDms } from "../../src/dms.ts";
import type { DynamORMError } from "../../src/errors/error.ts";
import { defineModel } from "../../src/schema/declare.ts";
import { canonicalDms, documentFromJson } from "../../src/schema/dms.ts";
import { Order } from "../codec/models.ts";

const DOCUMENTS = new URL("../../../contract-tests/models/", import.meta.url);

function refusedAt(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return (error as DynamORMError).path;
  }
  throw new Error("nothing was refused");
}

const ID = { id: { type: "S" } } as const;

describe("defineModel", () => {
  const loaded = readdirSync(DOCUMENTS).flatMap(
    (file) => loadDms(readFileSync(new URL(file, DOCUMENTS), "utf8")).models,
  );

  it.each(MODELS.map((model) => [model.name, model] as const))(
    "declares %s as its document does",
    (name, model) => {
      const document = loaded.find((candidate) => candidate.name === name);
      expect(document && canonicalDms(document)).toBe(canonicalDms(model));
    },
  );

  it("fills in what a key, an index and a role imply", () => {
    expect(Order.partition).toMatchObject({ name: "customer_id", required: true, keyMaxBytes: 2048 });
    expect(Order.sort).toMatchObject({ name: "order_id", required: true, keyMaxBytes: 1024 });
    expect(Order.attributes.get("status")?.keyMaxBytes).toBe(2048);
    expect(Order.createdAt?.format).toBe("timestamp");
    expect(Order.version?.format).toBe("int");
  });

  it("names members by their field in camel case", () => {
    expect(Order.attributes.get("placed")?.property).toBe("placedAt");
    expect(Order.attributes.get("created_at")?.property).toBe("created_at");
  });

  it("loads its own canonical document again", () => {
    const again = documentFromJson(JSON.parse(canonicalDms(Order))).model("Order");
    expect(canonicalDms(again)).toBe(canonicalDms(Order));
  });

  it.each([
    [
      "a key that is no attribute",
      () => defineModel({ name: "A", table: "aaa", keys: { partition: "no" as "id" }, attributes: ID }),
      "/models/0/keys/partition/attribute",
    ],
    [
      "a key that is expressly optional",
      () =>
        defineModel({
          name: "A",
          table: "aaa",
          keys: { partition: "id" },
          attributes: { id: { type: "S", required: false } },
        }),
      "/models/0/attributes/0",
    ],
    [
      "a table name that is too short",
      () => defineModel({ name: "A", table: "a", keys: { partition: "id" }, attributes: ID }),
      "/models/0/table/name",
    ],
    [
      "two members of one name",
      () =>
        defineModel({
          name: "A",
          table: "aaa",
          keys: { partition: "id" },
          attributes: { ...ID, aB: { type: "S" }, b: { type: "S", field: "a_b" } },
        }),
      "/models/0/attributes/2",
    ],
    [
      "two members of one name inside a list of maps",
      () =>
        defineModel({
          name: "A",
          table: "aaa",
          keys: { partition: "id" },
          attributes: {
            ...ID,
            l: {
              type: "L",
              items: { type: "M", attributes: { x: { type: "S" }, y: { type: "S", field: "x" } } },
            },
          },
        }),
      "/models/0/attributes/1/items/attributes/1",
    ],
    [
      "a format that does not fit",
      () =>
        defineModel({
          name: "A",
          table: "aaa",
          keys: { partition: "id" },
          attributes: { ...ID, a: { type: "N", format: "uuid" as "int" } },
        }),
      "/models/0/attributes/1/format",
    ],
  ])("refuses %s at its entry", (_name, define, at) => {
    expect(refusedAt(define)).toBe(at);
  });

  it("freezes what it gives", () => {
    expect(Object.isFrozen(Order)).toBe(true);
    expect(Object.isFrozen(Order.partition)).toBe(true);
  });
});

describe("documentFromJson", () => {
  it("gives its models in order, and by name", () => {
    const document = documentFromJson({
      dms_version: "1.0",
      models: ["B", "A"].map((name) => ({
        name,
        table: { name: "aaa" },
        keys: { partition: { attribute: "id", type: "S" } },
        attributes: [{ attribute: "id", type: "S", required: true }],
      })),
    });
    expect(document.models.map(({ name }) => name)).toEqual(["B", "A"]);
    expect(document.model("A").name).toBe("A");
    expect(() => document.model("C")).toThrow("InvalidModel");
  });

  it("looks at the version before anything else", () => {
    expect(refusedAt(() => documentFromJson({ dms_version: "0.1", tables: [] }))).toBe("/dms_version");
  });
});
