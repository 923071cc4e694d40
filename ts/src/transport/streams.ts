/** The streams of DynamoDB, by the user's own SDK client: the only file that calls their API. */

import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  type DynamoDBStreamsClientConfig,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard as SdkShard,
} from "@aws-sdk/client-dynamodb-streams";
import { faultError } from "./fault.ts";
import { foreignFacts } from "./foreign.ts";
import type { Shard, ShardSource, ShardStart, SourceOptions } from "./shards.ts";

/** An SDK client of DynamoDB Streams, or the configuration to make one of. */
export type StreamsSdk = DynamoDBStreamsClient | DynamoDBStreamsClientConfig;

/**
 * Read streams by an SDK client that is given, or made from its configuration when it is first needed.
 *
 * @example
 * for await (const record of feed.records(sdkStreams({ region: "eu-central-1" }))) …
 */
export function sdkStreams(client: StreamsSdk = {}): ShardSource {
  let made: DynamoDBStreamsClient | undefined;
  const sdk = (): DynamoDBStreamsClient =>
    (made ??= "send" in client ? client : new DynamoDBStreamsClient(client));
  return {
    shards: (arn, options) => shardsOf(sdk(), arn, options),
    async iterator(arn, shardId, start, options) {
      const input = { StreamArn: arn, ShardId: shardId, ...startOf(start) };
      const { ShardIterator: iterator = "" } = await called("GetShardIterator", options, (abort) =>
        sdk().send(new GetShardIteratorCommand(input), abort),
      );
      return iterator;
    },
    async read(iterator, options) {
      try {
        const { Records: records = [], NextShardIterator: next } = await called(
          "GetRecords",
          options,
          (abort) => sdk().send(new GetRecordsCommand({ ShardIterator: iterator }), abort),
        );
        return { records, next };
      } catch (error) {
        if ((error as { readonly awsType?: string }).awsType === "ExpiredIteratorException") {
          return undefined;
        }
        throw error;
      }
    },
  };
}

async function shardsOf(sdk: DynamoDBStreamsClient, arn: string, options: SourceOptions): Promise<Shard[]> {
  const found: Shard[] = [];
  let last: string | undefined;
  do {
    const input = { StreamArn: arn, ExclusiveStartShardId: last };
    const { StreamDescription: stream } = await called("DescribeStream", options, (abort) =>
      sdk.send(new DescribeStreamCommand(input), abort),
    );
    found.push(...(stream?.Shards ?? []).map(shardOf));
    last = stream?.LastEvaluatedShardId;
  } while (last !== undefined);
  return found;
}

function shardOf({ ShardId: id = "", ParentShardId: parentId, SequenceNumberRange: range }: SdkShard): Shard {
  return { id, parentId, isClosed: range?.EndingSequenceNumber !== undefined };
}

function startOf(start: ShardStart): {
  readonly ShardIteratorType: "TRIM_HORIZON" | "LATEST" | "AFTER_SEQUENCE_NUMBER";
  readonly SequenceNumber?: string;
} {
  if (typeof start === "object") {
    return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: start.after };
  }
  return { ShardIteratorType: start === "now" ? "LATEST" : "TRIM_HORIZON" };
}

/** Call the API. @throws {DynamORMError} */
async function called<T>(
  api: string,
  { signal }: SourceOptions,
  call: (options: { abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  try {
    return await call(signal === undefined ? {} : { abortSignal: signal });
  } catch (thrown) {
    const facts = { sent: true, lost: false, cause: thrown, ...foreignFacts(thrown, signal) };
    throw faultError({ api, tableName: "its stream", writes: false }, facts);
  }
}
