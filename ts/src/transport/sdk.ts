/**
 * The only file that calls AWS: requests through the user's own SDK client, by its public hooks.
 *
 * Credentials, signing, retries, endpoint rules, middleware and mocks are the SDK's. Two steps of a command are replaced by
 * name: the serializer puts our body into the request, the deserializer takes the answer's text before the SDK parses it.
 */

import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import type { Api, Response } from "../operation/exchange.ts";
import { Call } from "./call.ts";
import { answerOfOutput, type Carried, carriedBy } from "./edge.ts";
import { type Facts, faultError } from "./fault.ts";
import { foreignFacts, type SdkError } from "./foreign.ts";
import { type Command, handlerFor, type Stack } from "./lane.ts";
import type { SendOptions, Transport } from "./transport.ts";

const COMMANDS: Record<Api, new (input: never) => Command> = {
  GetItem: GetItemCommand as never,
  PutItem: PutItemCommand as never,
  UpdateItem: UpdateItemCommand as never,
  DeleteItem: DeleteItemCommand as never,
  Query: QueryCommand as never,
  Scan: ScanCommand as never,
  BatchGetItem: BatchGetItemCommand as never,
  BatchWriteItem: BatchWriteItemCommand as never,
  TransactGetItems: TransactGetItemsCommand as never,
  TransactWriteItems: TransactWriteItemsCommand as never,
  CreateTable: CreateTableCommand as never,
  UpdateTable: UpdateTableCommand as never,
  DeleteTable: DeleteTableCommand as never,
  DescribeTable: DescribeTableCommand as never,
  ListTables: ListTablesCommand as never,
  DescribeTimeToLive: DescribeTimeToLiveCommand as never,
  UpdateTimeToLive: UpdateTimeToLiveCommand as never,
  UpdateContinuousBackups: UpdateContinuousBackupsCommand as never,
};

/** An SDK client, or the configuration to make one of. */
export type Sdk = DynamoDBClient | DynamoDBClientConfig;

/**
 * Send requests through an SDK client, given or made from its configuration.
 *
 * @example
 * new Client({ transport: sdkTransport(new DynamoDBClient({ region: "eu-central-1" })) })
 */
export function sdkTransport(client: Sdk = {}): Transport {
  const sdk = "send" in client ? client : new DynamoDBClient(client);
  return {
    async send(request, options = {}) {
      const call = new Call(request, options.signal);
      if (options.signal?.aborted === true) {
        return failed(call, { ...factsOf(call), stage: "canceled", cause: options.signal.reason });
      }
      try {
        return succeeded(call, await send(sdk, call, options));
      } catch (error) {
        return failed(call, errorFacts(call, error), carried(call, error));
      }
    },
  };
}

function send(sdk: DynamoDBClient, call: Call, { signal }: SendOptions): Promise<unknown> {
  const Base = COMMANDS[call.request.api];
  const command = call.attachTo(new Base(call.lazy.input as never));
  command.resolveMiddleware = (stack, config, options) =>
    handlerFor(stack as Stack, config, options, call.request, () => new Base({} as never));
  const sendIt = sdk.send.bind(sdk) as (command: unknown, options?: unknown) => Promise<unknown>;
  // Without options the SDK's handler of an earlier call serves again.
  return signal === undefined ? sendIt(command) : sendIt(command, { abortSignal: signal });
}

function succeeded(call: Call, output: unknown): Response {
  const metadata = (output as { $metadata?: { requestId?: string } } | undefined)?.$metadata;
  return { ok: true, answer: answerOfOutput(output), requestId: metadata?.requestId, lost: call.lost };
}

function failed(call: Call, facts: Facts, { item, reasons }: Partial<Carried> = {}): Response {
  return { ok: false, error: faultError(call.request, facts), item, reasons, lost: call.lost };
}

function factsOf(call: Call): Omit<Facts, "stage" | "cause"> {
  return { sent: call.sent, lost: call.lost };
}

function errorFacts(call: Call, thrown: unknown): Facts {
  const error = (thrown ?? {}) as SdkError;
  const facts = { ...factsOf(call), cause: thrown };
  const { last } = call;
  if (error.name === "AbortError" || (call.signal?.aborted === true && thrown === call.signal.reason)) {
    return { ...facts, stage: "canceled" };
  }
  if (last !== undefined && last.error === thrown) {
    return { ...facts, ...last.facts };
  }
  return { ...facts, ...foreignFacts(error) };
}

function carried(call: Call, error: unknown): Partial<Carried> {
  return call.last?.error === error ? (call.last?.carried ?? {}) : carriedBy(error);
}
