import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DOCUMENT, type Shape } from "../../src/schema/shape.ts";

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string;
  const?: string;
  enum?: string[];
  pattern?: string;
  minLength?: number;
  minItems?: number;
  uniqueItems?: boolean;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

const schema = JSON.parse(
  readFileSync(new URL("../../../spec/schemas/dms-1.0.schema.json", import.meta.url), "utf8"),
) as Schema;

/** Deeper than every way through the schema that does not repeat itself. */
const DEPTH = 9;

function ofShape(shape: Shape, depth = 0): unknown {
  if (depth > DEPTH) {
    return "deeper";
  }
  switch (shape.is) {
    case "text":
      return { text: shape.oneOf ?? shape.pattern?.source ?? "not empty" };
    case "boolean":
      return "boolean";
    case "free":
      return "free";
    case "list":
      return {
        list: ofShape(shape.of(), depth + 1),
        some: shape.some ?? false,
        unique: shape.unique ?? false,
      };
    default:
      return {
        required: [...shape.required].sort(),
        members: Object.fromEntries(
          Object.entries(shape.members())
            .sort(([left], [right]) => (left < right ? -1 : 1))
            .map(([name, member]) => [name, ofShape(member, depth + 1)]),
        ),
      };
  }
}

function ofSchema(given: Schema, depth = 0): unknown {
  if (depth > DEPTH) {
    return "deeper";
  }
  const at = given.$ref === undefined ? given : (schema.$defs?.[given.$ref.replace("#/$defs/", "")] ?? {});
  if (at.type === "boolean") {
    return "boolean";
  }
  if (at.type === "array") {
    const of = ofSchema(at.items ?? {}, depth + 1);
    return { list: of, some: at.minItems === 1, unique: at.uniqueItems ?? false };
  }
  if (at.type === "object") {
    return at.properties === undefined ? "free" : objectOfSchema(at, depth);
  }
  const values = at.const === undefined ? at.enum : [at.const];
  return { text: values ?? at.pattern ?? (at.minLength === 1 ? "not empty" : "^") };
}

function objectOfSchema(at: Schema, depth: number): unknown {
  return {
    required: [...(at.required ?? [])].sort(),
    members: Object.fromEntries(
      Object.entries(at.properties ?? {})
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([name, member]) => [name, ofSchema(member, depth + 1)]),
    ),
  };
}

describe("the structure of a document", () => {
  it("is that of the published schema", () => {
    expect(JSON.stringify(ofShape(DOCUMENT))).toBe(JSON.stringify(ofSchema(schema)));
  });
});
