/** A model, and the first things one does with it, on the DynamoDB that the SDK's own settings name. */

import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { Client, defineModel, field, isCode } from "dynamorm-ts";

const Order = defineModel({
  name: "Order",
  table: "orders",
  keys: { partition: "customer_id", sort: "order_id" },
  attributes: {
    customer_id: { type: "S" },
    order_id: { type: "S" },
    status: { type: "S", enum: ["open", "paid"] },
    total: { type: "N", format: "decimal" },
    created_at: { type: "S", roles: ["created_at"] },
    updated_at: { type: "S", roles: ["updated_at"] },
    version: { type: "N", roles: ["version"] },
  },
});

async function use(dynamodb: DynamoDBClient): Promise<void> {
  const orders = new Client({ dynamodb }).table(Order);
  const key = { customer_id: "c-1", order_id: "o-1" };

  const created = await orders.create({ ...key, status: "open", total: "19.90" });
  console.log("created", created.order_id, "version", created.version);

  const paid = await orders.update(key, {
    set: { status: "paid" },
    condition: field("total").gt("0"),
    expectedVersion: created.version,
  });
  console.log("updated", paid.status, "version", paid.version);

  try {
    await orders.save(created); // still holds version 1
  } catch (error) {
    if (!isCode(error, "ConditionFailed")) {
      throw error;
    }
    console.log("refused", error.kind);
  }

  await orders.delete(key, { mustExist: true });
  console.log("deleted", (await orders.find(key)) === undefined);
}

// AWS_ENDPOINT_URL_DYNAMODB names another endpoint than AWS's.
const dynamodb = new DynamoDBClient({});
await dynamodb.send(
  new CreateTableCommand({
    TableName: "orders",
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [
      { AttributeName: "customer_id", KeyType: "HASH" },
      { AttributeName: "order_id", KeyType: "RANGE" },
    ],
    AttributeDefinitions: [
      { AttributeName: "customer_id", AttributeType: "S" },
      { AttributeName: "order_id", AttributeType: "S" },
    ],
  }),
);
await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30 }, { TableName: "orders" });
try {
  await use(dynamodb);
} finally {
  await dynamodb.send(new DeleteTableCommand({ TableName: "orders" }));
}
