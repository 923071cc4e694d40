/** What bugs that were planted blind have shown to be held by nothing else, where only this language can say it. */

import { describe, expect, it } from "vitest";
import { Client } from "../src/client.ts";
import { defineModel } from "../src/schema/declare.ts";
import { Script, testClock } from "../src/testing.ts";
import { NOW } from "./orders.ts";
import { failure } from "./transport/things.ts";

const Spelled = defineModel({
  name: "Spelled",
  table: "spelled",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S", required: true },
    a1: { type: "S", field: "line_2" },
    a2: { type: "S", field: "a_b_3c" },
    a3: { type: "S", field: "x__y" },
    a4: { type: "S", field: "trailing_" },
    revision: { type: "N", format: "int", roles: ["version"] },
  },
});

function spelled(...answers: object[]) {
  const script = new Script(answers.map((answer) => ({ answer })));
  return { script, table: new Client({ transport: script, clock: testClock(NOW) }).table(Spelled) };
}

describe("names of members", () => {
  it("are the fields in camelCase, digits and doubled underscores as the types have them", async () => {
    const item = { id: { S: "i" }, a1: { S: "1" }, a2: { S: "2" }, a3: { S: "3" }, a4: { S: "4" } };
    const { script, table } = spelled({}, { Item: item });
    await table.put({ id: "i", line2: "1", aB3c: "2", xY: "3", trailing: "4" });
    expect(JSON.parse(script.sent[0]?.body ?? "")).toMatchObject({ Item: item });
    expect(await table.get({ id: "i" })).toMatchObject({ line2: "1", aB3c: "2", xY: "3", trailing: "4" });
  });
});

describe("version zero", () => {
  it("is a version", async () => {
    const { script, table } = spelled({}, {});
    await table.put({ id: "i", revision: 0 });
    await table.save({ id: "i", revision: 0 });
    for (const { body } of script.sent) {
      expect(JSON.parse(body)).toMatchObject({
        Item: { revision: { N: "1" } },
        ConditionExpression: "#n0 = :v0",
        ExpressionAttributeNames: { "#n0": "revision" },
        ExpressionAttributeValues: { ":v0": { N: "0" } },
      });
    }
    expect(script.sent).toHaveLength(2);
  });

  it("is not adopted", async () => {
    const { script, table } = spelled();
    expect(await failure(table.save({ id: "i", revision: 0 }, { adopt: true }))).toMatchObject({
      code: "ValidationFailed",
    });
    expect(script.sent).toHaveLength(0);
  });
});
