/** The entry `dynamorm-ts/kms`: data keys from AWS KMS. It needs `@aws-sdk/client-kms`, so it stands apart. */

export { kmsKeys, type KmsSdk } from "./encryption/kms.ts";
