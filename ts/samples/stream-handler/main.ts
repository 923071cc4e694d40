/** Orders whose changes a Lambda function handles: it keeps what others read of them in a table of its own. */

import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { type Batch, type BatchResponse, Client, defineModel, SeenInMemory } from "dynamorm-ts";
import { sdkStreams } from "dynamorm-ts/streams";

const Order = defineModel({
  name: "Order",
  table: "stream-orders",
  keys: { partition: "order_id" },
  attributes: {
    order_id: { type: "S" },
    total: { type: "N", format: "decimal" },
    status: { type: "S", required: true },
    version: { type: "N", roles: ["version"] },
  },
});

/** What others read of an order: the latest, whatever comes late or twice. */
const Summary = defineModel({
  name: "Summary",
  table: "stream-summaries",
  keys: { partition: "order_id" },
  attributes: {
    order_id: { type: "S" },
    status: { type: "S", required: true },
    order_version: { type: "N", format: "int", required: true },
  },
});

/** Make the Lambda function, once in a process; its event source has ReportBatchItemFailures. */
function handlerOf(client: Client): (batch: Batch) => Promise<BatchResponse> {
  const summaries = client.table(Summary);
  return client
    .table(Order)
    .stream()
    .handler(
      async ({ kind, keys, new: order, changed, expired }) => {
        if (order === undefined) {
          console.log(kind, keys.order_id, expired ? "expired" : "by somebody");
        } else if (kind === "insert" || changed?.includes("status") === true) {
          const { order_id, status, version = 0 } = order;
          const written = await summaries.project(
            { order_id, status, order_version: version },
            "order_version",
          );
          console.log(kind, order_id, status, "written:", written);
        }
      },
      {
        seen: new SeenInMemory(),
        onFailure: ({ sequenceNumber, error }) => {
          console.log("failed:", sequenceNumber, error instanceof Error ? error.name : typeof error);
        },
      },
    );
}

/** Change orders. */
async function use(client: Client): Promise<void> {
  const orders = client.table(Order);
  const order = await orders.create({ order_id: "o-1", total: "19.90", status: "open" });
  const dearer = await orders.save({ ...order, total: "21.00" });
  await orders.save({ ...dearer, status: "paid" });
  await orders.delete({ order_id: "o-1" });
}

// AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL_DYNAMODB_STREAMS name other endpoints than AWS's.
const dynamodb = new DynamoDBClient({});
const TABLES = ["stream-orders", "stream-summaries"];
for (const TableName of TABLES) {
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "order_id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "order_id", AttributeType: "S" }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30 }, { TableName });
}
try {
  const client = new Client({ dynamodb });
  await use(client);
  const records: unknown[] = [];
  for await (const record of client.table(Order).stream().records(sdkStreams(), { untilEnd: true })) {
    records.push(record);
  }
  // What Lambda does: it gives the handler batches of records, and again what the handler says has failed.
  const handler = handlerOf(client);
  console.log("answer:", JSON.stringify(await handler({ Records: records })));
  console.log("again:", JSON.stringify(await handler({ Records: records })));
  const summary = await client.table(Summary).get({ order_id: "o-1" }, { consistent: true });
  console.log("summary:", summary.status);
} finally {
  for (const TableName of TABLES) {
    await dynamodb.send(new DeleteTableCommand({ TableName }));
  }
}
