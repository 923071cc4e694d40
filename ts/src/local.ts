/** A DynamoDB for one test: found or started, and empty, for nobody else has the test's access key. */

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  ListTablesCommand,
} from "@aws-sdk/client-dynamodb";
import { Client, type ClientOptions } from "./client.ts";

const VARIABLES = ["DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB"];
const COMMAND = ["dynamorm", "local", "start", "--json"] as const;
const ADVICE = `set ${VARIABLES.join(" or ")} to a DynamoDB Local, or \`pip install dynamorm-py\` for \`dynamorm local\``;

/** A DynamoDB of a test's own. */
export interface LocalDynamoDB extends AsyncDisposable {
  readonly endpoint: string;
  /** An SDK client of it. */
  readonly dynamodb: DynamoDBClient;
  /** A client of this library, on that. */
  readonly client: Client;
  /** Delete the tables, which are the test's own, and close the connections. */
  readonly close: () => Promise<void>;
}

/**
 * Give a test an empty DynamoDB: that of DYNAMODB_ENDPOINT or AWS_ENDPOINT_URL_DYNAMODB, else the one of `dynamorm local`,
 * which is started where it does not run yet, and stays.
 *
 * Each has an access key of its own, which DynamoDB Local gives tables of its own. The first start takes a while.
 *
 * @throws {Error} where there is no DynamoDB, or one whose access keys share their tables.
 * @example
 * await using local = await localDynamoDB();
 * await local.client.table(Note).create({ id: "1" });
 */
export async function localDynamoDB(options: Omit<ClientOptions, "dynamodb"> = {}): Promise<LocalDynamoDB> {
  const endpoint = await find();
  const dynamodb = connect(endpoint);
  const client = new Client({ ...options, dynamodb });
  const close = async (): Promise<void> => {
    await dropTables(dynamodb);
    dynamodb.destroy();
  };
  return { endpoint, dynamodb, client, close, [Symbol.asyncDispose]: close };
}

/** What each endpoint turned out to be; a command is asked once. */
const found = new Map<string, Promise<string>>();

async function find(): Promise<string> {
  const named = VARIABLES.map((name) => process.env[name]).find((value) => value);
  const key = named ?? "";
  const known = found.get(key) ?? (named === undefined ? started() : apart(named));
  found.set(key, known);
  try {
    return await known;
  } catch (error) {
    found.delete(key);
    throw error;
  }
}

/** Let the command find the engine, or start one. */
function started(): Promise<string> {
  const [command, ...words] = COMMAND;
  return new Promise((resolve, reject) => {
    execFile(command, words, (error, stdout, stderr) => {
      if (error === null) {
        resolve((JSON.parse(stdout) as { endpoint: string }).endpoint);
      } else {
        const why = stderr.trim() || error.message;
        reject(new Error(`there is no DynamoDB for this test: ${why}\n${ADVICE}`, { cause: error }));
      }
    });
  });
}

/** Refuse a DynamoDB whose access keys see one another's tables: tests would meet, and delete what is not theirs. */
async function apart(endpoint: string): Promise<string> {
  const [one, other] = [connect(endpoint), connect(endpoint)];
  const name = `probe-${randomBytes(8).toString("hex")}`;
  try {
    await one.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      }),
    );
    const seen = await tablesOf(other);
    await one.send(new DeleteTableCommand({ TableName: name }));
    if (seen.includes(name)) {
      throw new Error("it has one database for every access key: start it without -sharedDb");
    }
  } catch (error) {
    throw new Error(`the DynamoDB at ${endpoint} cannot be used: ${String(error)}`, { cause: error });
  } finally {
    one.destroy();
    other.destroy();
  }
  return endpoint;
}

function connect(endpoint: string): DynamoDBClient {
  const key = `test${randomBytes(8).toString("hex")}`;
  return new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: key, secretAccessKey: key },
  });
}

async function tablesOf(dynamodb: DynamoDBClient): Promise<string[]> {
  const names: string[] = [];
  let last: string | undefined;
  do {
    const page = await dynamodb.send(
      new ListTablesCommand(last === undefined ? {} : { ExclusiveStartTableName: last }),
    );
    names.push(...(page.TableNames ?? []));
    last = page.LastEvaluatedTableName;
  } while (last !== undefined);
  return names;
}

async function dropTables(dynamodb: DynamoDBClient): Promise<void> {
  for (const name of await tablesOf(dynamodb)) {
    await dynamodb.send(new DeleteTableCommand({ TableName: name }));
  }
}
