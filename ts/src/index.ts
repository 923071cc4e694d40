/**
 * dynamorm-ts: one model of a DynamoDB item; the same behaviour in Python, TypeScript and Go.
 *
 * First what users need, below what authors of libraries and tests need. Documents are read by the entry `dynamorm-ts/dms`,
 * tables are made by `dynamorm-ts/tables`, and data moves by `dynamorm-ts/migrate`.
 */

export {
  type Actions,
  type CheckOptions,
  type GetAction,
  type GetActionOptions,
  type PutActionOptions,
  type SaveActionOptions,
  type Selection,
  type UpdateActionOptions,
  type Verb,
  type WriteAction,
} from "./actions.ts";
export type { BatchOptions, Fetched, FoundOf, MissingOf } from "./batch.ts";
export type { BulkCounts, BulkFailure, BulkOptions } from "./bulk.ts";
export { Client, type ClientOptions, type Tagged } from "./client.ts";
export {
  AccessDenied,
  BatchIncomplete,
  Canceled,
  ConditionFailed,
  DecodeFailed,
  EncryptedFieldNotQueryable,
  EncryptionNotConfigured,
  type ErrorCode,
  type ErrorKind,
  IdempotencyMismatch,
  InvalidCursor,
  InvalidEncryptedEnvelope,
  InvalidModel,
  InvalidOperator,
  ItemNotFound,
  ItemTooLarge,
  KeyUnavailable,
  LimitExceeded,
  MissingPrimaryKey,
  NetworkError,
  ServiceError,
  TableExists,
  TableMismatch,
  TableNotFound,
  Throttled,
  TransactionCanceled,
  TransactionConflict,
  TransactionInProgress,
  ValidationFailed,
} from "./errors/catalogue.ts";
export { type ErrorOf, isCode } from "./errors/code.ts";
export { DynamORMError, type Origin } from "./errors/error.ts";
export type { IndexShape, TableDifference, TableKey, TableProjection } from "./errors/mismatch.ts";
export { Feed, type Handlers, type RecordOf, type StreamRecord } from "./feed.ts";
export type { Batch, BatchResponse, HandlerOptions, RecordFailure } from "./handler.ts";
export type { ItemKey } from "./errors/parts.ts";
export { DataKeyCache, type DataKeyCacheOptions } from "./encryption/cache.ts";
export {
  Encryption,
  type EncryptionOptions,
  type KeyCallOptions,
  type KeyContext,
  type KeyService,
} from "./encryption/keys.ts";
export type { Changes } from "./expression/change.ts";
export { and, type Field, field, not, or, type Size } from "./expression/field.ts";
export type { Condition } from "./expression/node.ts";
export type { KeyValue, PartitionOf, QueryOptions, ScanOptions, SortOf } from "./keys.ts";
export type { Retries } from "./operation/backoff.ts";
export type { Written } from "./operation/batch-write.ts";
export { type Page, Parallel, Reading, Scan } from "./reading.ts";
export type { Reencrypted, ReencryptFailure, ReencryptOptions } from "./reencrypt.ts";
export { defineModel, type IndexDefinition, type ModelDefinition } from "./schema/declare.ts";
export type { Attribute, Model } from "./schema/model.ts";
export type {
  AttributeDefinition,
  DocumentValue,
  DynamicDefinition,
  Picked,
  Viewed,
} from "./schema/types.ts";
export { type SeenEvents, SeenInMemory } from "./seen.ts";
export type { ChangeKind } from "./stream/record.ts";
export type { InputOf, ItemOf, KeyOf } from "./schema/of.ts";
export type { Sleeper } from "./sleeper.ts";
export type { Stream } from "./source.ts";
export {
  type CallOptions,
  type DeleteOptions,
  type PutOptions,
  type ReadOptions,
  type Replaced,
  type SaveOptions,
  type Table,
  type UpdateOptions,
  type Writes,
} from "./table.ts";
export type { ItemsOf, TransactOptions } from "./transaction.ts";
export type { JsonValue } from "./text/json.ts";

export { marshalItem, unmarshalItem } from "./codec/item.ts";
export { itemSize } from "./codec/size.ts";
export type { AttributeValue, WireItem } from "./codec/value.ts";
export { compileExpression, type Expression } from "./expression/compile.ts";
export type { KeyValues } from "./codec/seal.ts";
export { additionalData, type EnvelopeContext, openEnvelope, sealValue } from "./encryption/field.ts";
export { CAPABILITIES } from "./generated/capabilities.ts";
export { DMS_VERSIONS, VERSION } from "./generated/version.ts";
export { type Bound, type Cursor, type Order, Signer, type SignerOptions } from "./operation/cursor.ts";
export type { Answer, Api, CancellationReason, Request, Response } from "./operation/exchange.ts";
export { canonicalDms, type Document, documentFromJson } from "./schema/dms.ts";
export type { ReadStreamOptions, Shard, ShardSource, ShardStart, SourceOptions } from "./transport/shards.ts";
export { type Sdk, sdkTransport } from "./transport/sdk.ts";
export type { SendOptions, Transport } from "./transport/transport.ts";
