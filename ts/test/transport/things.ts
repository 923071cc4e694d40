/** A model, a client and a way to catch errors, for the tests of the transport. */

import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { Client } from "../../src/client.ts";
import type { DynamORMError } from "../../src/errors/error.ts";
import { defineModel } from "../../src/schema/declare.ts";
import type { Table } from "../../src/table.ts";
import type { TestServer } from "./server.ts";

/** A model with what the edge has to convert. */
export const Thing = defineModel({
  name: "Thing",
  table: "things",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    text: { type: "S" },
    bin: { type: "B" },
    blobs: { type: "BS" },
    doc: { type: "M" },
  },
});

/** Its table. */
export type Things = Table<(typeof Thing)["definition"]>;

/** Make an SDK client for a server, without retries unless asked for. */
export function sdkFor(server: TestServer, config: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: server.url,
    region: "eu-central-1",
    credentials: { accessKeyId: "AKIDTEST", secretAccessKey: "secret" },
    maxAttempts: 1,
    ...config,
  });
}

/** Give the table of an SDK client. */
export function thingsOf(dynamodb: DynamoDBClient): Things {
  return new Client({ dynamodb }).table(Thing);
}

/** Give the error of what has to fail. */
export async function failure(work: Promise<unknown>): Promise<DynamORMError> {
  try {
    await work;
  } catch (error) {
    return error as DynamORMError;
  }
  throw new Error("nothing was refused");
}
