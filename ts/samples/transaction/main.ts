/** An order that takes from the stock: both or nothing, stock by the list, and a look at everything at once. */

import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { Client, defineModel, isCode } from "dynamorm-ts";

const Order = defineModel({
  name: "Order",
  table: "purchases",
  keys: { partition: "order_id" },
  attributes: {
    order_id: { type: "S" },
    sku: { type: "S", required: true },
    version: { type: "N", roles: ["version"] },
  },
});

const Stock = defineModel({
  name: "Stock",
  table: "stock",
  keys: { partition: "sku" },
  attributes: { sku: { type: "S" }, left: { type: "N", format: "int" } },
});

const SKUS = ["tea", "cup", "pot"] as const;

async function use(dynamodb: DynamoDBClient): Promise<void> {
  const client = new Client({ dynamodb });
  const stock = client.table(Stock);

  const written = await stock.batchPut(SKUS.map((sku) => ({ sku, left: 1 })));
  console.log("in stock", written);

  await buy(client, "o-1", "tea");
  await buy(client, "o-2", "tea");

  const { items, missing } = await stock.batchGet([{ sku: "tea" }, { sku: "cup" }, { sku: "hat" }]);
  console.log("left", items.map(({ sku, left }) => `${sku} ${left}`).join(", "), "none of", missing[0]?.sku);

  const counts = await stock.bulkPut(deliveries(30), {
    onFailure: ({ key, error }) => {
      console.log("not delivered", key?.sku, error.code);
    },
  });
  console.log("delivered", counts.written, "failed", counts.failed);
}

/** Take one from the stock and note the order: both happen, or nothing does. */
async function buy(client: Client, order_id: string, sku: string): Promise<void> {
  const orders = client.table(Order);
  const stock = client.table(Stock);
  try {
    await client.transactWrite([
      orders.actions.create({ order_id, sku }),
      stock.actions.update({ sku }, { subtract: { left: 1 }, condition: stock.field("left").gt(0) }),
    ]);
  } catch (error) {
    if (!isCode(error, "TransactionCanceled")) {
      throw error;
    }
    console.log(order_id, "refused", error.reasons.map((reason) => reason?.code ?? "fine").join(", "));
    return;
  }
  const [order, left] = await client.transactGet([
    orders.actions.get({ order_id }),
    stock.actions.get({ sku }),
  ]);
  console.log(order_id, "bought", order?.sku, "left", left?.left);
}

/** A stream may be of any length: what is under way is held, never the whole. */
function* deliveries(count: number): Generator<{ sku: string; left: number }> {
  for (let number = 1; number <= count; number += 1) {
    yield { sku: `box-${number}`, left: number };
  }
}

// AWS_ENDPOINT_URL_DYNAMODB names another endpoint than AWS's.
const dynamodb = new DynamoDBClient({});
const KEYS = { purchases: "order_id", stock: "sku" } as const;
for (const [TableName, AttributeName] of Object.entries(KEYS)) {
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName, KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName, AttributeType: "S" }],
    }),
  );
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30 }, { TableName });
}
try {
  await use(dynamodb);
} finally {
  for (const TableName of Object.keys(KEYS)) {
    await dynamodb.send(new DeleteTableCommand({ TableName }));
  }
}
