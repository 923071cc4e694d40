import { describe, expect, it } from "vitest";
import { Throttled } from "../../src/errors/catalogue.ts";
import type { Response } from "../../src/operation/exchange.ts";
import { shaped } from "../../src/operation/shape.ts";

const answered = (answer: object): Response => ({
  ok: true,
  answer: answer,
  requestId: "r",
  lost: true,
});

describe("the shape of an answer", () => {
  it.each([
    {},
    { Item: {}, ConsumedCapacity: "whatever" },
    { Items: [{ id: { S: "a" } }], Count: 1, LastEvaluatedKey: { id: { S: "a" } } },
    { Responses: { t: [{}] }, UnprocessedKeys: { t: { Keys: [{}] }, u: { Keys: null } } },
    { Responses: [{}, { Item: {} }, { Item: null }] },
    { UnprocessedItems: { t: [{ PutRequest: {} }] } },
  ])("passes as it is where it is DynamoDB's: %j", (answer) => {
    const response = answered(answer);
    expect(shaped(response)).toBe(response);
  });

  it.each([
    { Item: [] },
    { Attributes: "x" },
    { Items: {} },
    { Items: [null] },
    { Count: 1.5 },
    { Count: "1" },
    { LastEvaluatedKey: [] },
    { Responses: { t: {} } },
    { Responses: [{ Item: "x" }] },
    { UnprocessedItems: { t: [5] } },
    { UnprocessedKeys: { t: [] } },
    { UnprocessedKeys: { t: { Keys: {} } } },
  ])("is refused where it is another, and keeps whether an attempt was lost: %j", (answer) => {
    expect(shaped(answered(answer))).toMatchObject({
      ok: false,
      lost: true,
      error: { code: "DecodeFailed", origin: "client" },
    });
  });

  it("leaves out members that are null", () => {
    expect(shaped(answered({ Item: null, Count: 2 }))).toMatchObject({ answer: { Count: 2 } });
  });

  it("is not looked at where it is an error", () => {
    const response: Response = { ok: false, error: new Throttled("later"), item: undefined, lost: false };
    expect(shaped(response)).toBe(response);
  });
});
