/** The entry `dynamorm-ts/streams`: streams by the SDK. It needs `@aws-sdk/client-dynamodb-streams`, so it stands apart. */

export { sdkStreams, type StreamsSdk } from "./transport/streams.ts";
