import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Client } from "../../src/client.ts";
import { marshalItem, unmarshalItem } from "../../src/codec/item.ts";
import { InvalidModel, ValidationFailed } from "../../src/errors/catalogue.ts";
import { defineModel } from "../../src/schema/declare.ts";
import { documentFromJson } from "../../src/schema/dms.ts";
import { parseTemplate } from "../../src/schema/template.ts";
import { Script, testClock } from "../../src/testing.ts";

const Purchase = defineModel({
  name: "Purchase",
  table: "shop",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "_type", value: "Purchase" },
  attributes: {
    pk: { type: "S", template: "CUSTOMER#{customer_id}" },
    sk: { type: "S", template: "{kind}##{number:03d}{rest}" },
    gsi: { type: "S", template: "KIND#{note}" },
    customer_id: { type: "S", required: true },
    kind: { type: "S", required: true },
    number: { type: "N", format: "int", required: true },
    rest: { type: "S", required: true },
    note: { type: "S" },
  },
  indexes: [{ name: "gsi", type: "GSI", partition: "gsi", sort: "sk" }],
});

function refused(fact: string): never {
  throw new Error(fact);
}

describe("a template", () => {
  it("is literals and parts", () => {
    expect(parseTemplate("A#{x}#{n:03d}{y}", refused)).toEqual([
      "A#",
      { name: "x", width: undefined },
      "#",
      { name: "n", width: 3 },
      { name: "y", width: undefined },
    ]);
  });

  it.each(["{", "}", "{}", "a{b", "{a}{b}", "{a:020d}", "{a}{b:03d}", "{{a}}"])("is not %s", (text) => {
    expect(() => parseTemplate(text, refused)).toThrow(/^(a part is|a width is|two parts need) /);
  });

  it("gives items of other parts other keys, or refuses them", () => {
    const text = fc.string({ unit: fc.constantFrom("#", "a", "é", "😀", "C"), minLength: 1, maxLength: 6 });
    const parts = fc.record({ kind: text, number: fc.integer({ min: 0, max: 999 }), rest: text });
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        const [one, other] = [keyOf(left), keyOf(right)];
        return one === undefined || JSON.stringify(left) === JSON.stringify(right) || one !== other;
      }),
      { numRuns: 2000 },
    );
  });
});

function keyOf(parts: { kind: string; number: number; rest: string }): unknown {
  try {
    return marshalItem(Purchase, { customer_id: "c", ...parts }).sk;
  } catch (error) {
    expect(error).toBeInstanceOf(ValidationFailed);
    return undefined;
  }
}

describe("a model with composed keys", () => {
  it("stores its fields, its keys and its discriminator, and reads its fields", () => {
    const value = { customer_id: "c", kind: "k", number: 7, rest: "r" };
    const item = marshalItem(Purchase, value);
    expect(item).toEqual({
      customer_id: { S: "c" },
      kind: { S: "k" },
      number: { N: "7" },
      rest: { S: "r" },
      pk: { S: "CUSTOMER#c" },
      sk: { S: "k##007r" },
      _type: { S: "Purchase" },
    });
    expect(unmarshalItem(Purchase, item)).toEqual(value);
  });

  it("takes a declared discriminator for its own all the same", () => {
    const model = documentFromJson({
      dms_version: "1.0",
      models: [
        {
          name: "A",
          table: { name: "aaa" },
          keys: { partition: { attribute: "id", type: "S" } },
          discriminator: { attribute: "kind", value: "A" },
          attributes: [
            { attribute: "id", type: "S", required: true },
            { attribute: "kind", type: "S" },
          ],
        },
      ],
    }).model("A");
    expect(marshalItem(model, { id: "x" })).toEqual({ id: { S: "x" }, kind: { S: "A" } });
    expect(() => marshalItem(model, { id: "x", kind: "A" })).toThrow(ValidationFailed);
  });

  it("refuses the composed text before it misses a part, and sends nothing", async () => {
    const script = new Script([]);
    const table = new Client({ transport: script, clock: testClock(0n) }).table(Purchase);
    await expect(table.get({ pk: "CUSTOMER#c" } as never)).rejects.toMatchObject({
      code: "ValidationFailed",
      path: "pk",
    });
    await expect(table.get({ customer_id: "c" } as never)).rejects.toMatchObject({
      code: "MissingPrimaryKey",
      path: "kind",
    });
    expect(script.sent).toEqual([]);
  });

  it("refuses a template whose parts it does not have", () => {
    expect(() =>
      defineModel({
        name: "A",
        table: "aaa",
        keys: { partition: "pk" },
        attributes: { pk: { type: "S", template: "A#{nobody}" } },
      }),
    ).toThrow(InvalidModel);
  });
});
