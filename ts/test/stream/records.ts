/** Models and records as the tests of streams use them. */

import { Client } from "../../src/client.ts";
import { defineModel } from "../../src/schema/declare.ts";
import { Script, testSleeper, type Step } from "../../src/testing.ts";

export const Ticket = defineModel({
  name: "Ticket",
  table: "tickets",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    level: { type: "N", format: "int" },
    raw: { type: "B" },
    labels: { type: "SS" },
    extra: { type: "S", json: true },
    note: { type: "S", omitEmpty: true },
  },
});

const shared = { table: "shop", keys: { partition: "pk" } } as const;

export const Customer = defineModel({
  ...shared,
  name: "Customer",
  discriminator: { attribute: "_type", value: "Customer" },
  attributes: {
    pk: { type: "S", template: "C#{customer_id}" },
    customer_id: { type: "S", required: true },
    name: { type: "S" },
  },
});

export const Shop = defineModel({
  ...shared,
  name: "Shop",
  discriminator: { attribute: "_type", value: "Shop" },
  attributes: { pk: { type: "S", template: "S#{shop_id}" }, shop_id: { type: "S", required: true } },
});

export const client = new Client({ transport: new Script([]) });

export function scripted(steps: readonly Step[]): { readonly client: Client; readonly slept: number[] } {
  const { sleeper, slept } = testSleeper();
  return { client: new Client({ transport: new Script(steps), sleeper }), slept };
}

type Image = Readonly<Record<string, unknown>> | undefined;

/** A record of a Lambda event. */
export function record(
  name: "INSERT" | "MODIFY" | "REMOVE",
  { old, now, id = "t", number = "100" }: { old?: Image; now?: Image; id?: string; number?: string },
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    eventID: `e-${number}`,
    eventName: name,
    dynamodb: {
      Keys: { id: { S: id } },
      SequenceNumber: number,
      ApproximateCreationDateTime: 1_767_323_045,
      ...(old === undefined ? {} : { OldImage: { id: { S: id }, ...old } }),
      ...(now === undefined ? {} : { NewImage: { id: { S: id }, ...now } }),
    },
    ...more,
  };
}

export const ofShop = (
  number: string,
  image: { old?: Image; now?: Image } = {},
): Readonly<Record<string, unknown>> => ({
  eventID: `e-${number}`,
  eventName: "MODIFY",
  dynamodb: {
    Keys: { pk: { S: "C#1" } },
    SequenceNumber: number,
    ...(image.old === undefined ? {} : { OldImage: image.old }),
    ...(image.now === undefined ? {} : { NewImage: image.now }),
  },
});

export const CUSTOMER = {
  pk: { S: "C#1" },
  customer_id: { S: "1" },
  name: { S: "Ada" },
  _type: { S: "Customer" },
};
export const SHOP = { pk: { S: "C#1" }, shop_id: { S: "1" }, _type: { S: "Shop" } };
