/** The messages of a room: by key, in pages, in part, counted, and all of them at once. */

import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { Client, defineModel, field, type Page, type Table } from "dynamorm-ts";

const Message = defineModel({
  name: "Message",
  table: "messages",
  keys: { partition: "room", sort: "number" },
  attributes: {
    room: { type: "S" },
    number: { type: "N", format: "int" },
    author: { type: "S", required: true },
    text: { type: "S" },
  },
});

type Messages = Table<(typeof Message)["definition"]>;

/** What a list shows of a message. */
interface Headline {
  readonly number?: number;
  readonly author?: string;
}

async function use(dynamodb: DynamoDBClient): Promise<void> {
  // Signed cursors: whoever gets one can neither change it nor use it for another list.
  const messages = new Client({ dynamodb, cursorSecrets: ["from where you keep secrets"] }).table(Message);
  const authors = ["ada", "bob", "eve"] as const;
  for (const room of ["garden", "kitchen"]) {
    for (let number = 1; number <= 7; number += 1) {
      await messages.put({ room, number, author: authors[(number - 1) % 3] ?? "", text: "hello" });
    }
  }
  await read(messages);
  let cursor: string | undefined;
  do {
    const page = await list(messages, cursor);
    console.log("page", page.items.map(({ number, author }) => `${number} ${author}`).join(", "));
    cursor = page.cursor;
  } while (cursor !== undefined);
}

async function read(messages: Messages): Promise<void> {
  for await (const { number, author } of messages.query({ partition: "garden", sort: { between: [2, 4] } })) {
    console.log("message", number, "by", author);
  }

  const byAda = messages.query({ partition: "garden", filter: field("author").eq("ada") });
  console.log("by ada", await byAda.count());

  const rooms = { garden: 0, kitchen: 0 };
  for await (const { room } of messages.scan().parallel(4, { concurrency: 2 })) {
    rooms[room as keyof typeof rooms] += 1;
  }
  console.log("scanned", JSON.stringify(rooms));
}

/** The newest messages, three for each request of your own API; the cursor of one answer comes back with the next request. */
function list(messages: Messages, cursor?: string): Promise<Page<Headline>> {
  return messages
    .query({ partition: "garden", order: "desc", limit: 3, cursor })
    .select(["number", "author"])
    .all();
}

// AWS_ENDPOINT_URL_DYNAMODB names another endpoint than AWS's.
const dynamodb = new DynamoDBClient({});
await dynamodb.send(
  new CreateTableCommand({
    TableName: "messages",
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [
      { AttributeName: "room", KeyType: "HASH" },
      { AttributeName: "number", KeyType: "RANGE" },
    ],
    AttributeDefinitions: [
      { AttributeName: "room", AttributeType: "S" },
      { AttributeName: "number", AttributeType: "N" },
    ],
  }),
);
await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30 }, { TableName: "messages" });
try {
  await use(dynamodb);
} finally {
  await dynamodb.send(new DeleteTableCommand({ TableName: "messages" }));
}
