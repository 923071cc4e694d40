/** The only file here that calls AWS: data keys from KMS, through the user's own SDK client. */

import { DecryptCommand, GenerateDataKeyCommand, KMSClient, type KMSClientConfig } from "@aws-sdk/client-kms";
import type { KeyService } from "./keys.ts";

/** An SDK client of KMS, or the configuration to make one of. */
export type KmsSdk = KMSClient | KMSClientConfig;

/**
 * Ask AWS KMS for data keys, by an SDK client that is given, or made from its configuration when it is first needed.
 *
 * @example
 * new Encryption({ key: "alias/app", kms: kmsKeys({ region: "eu-central-1" }) })
 */
export function kmsKeys(client: KmsSdk = {}): KeyService {
  let made: KMSClient | undefined;
  const sdk = (): KMSClient => (made ??= "send" in client ? client : new KMSClient(client));
  return {
    async generateDataKey(keyId, context, { signal }) {
      const input = { KeyId: keyId, KeySpec: "AES_256", EncryptionContext: { ...context } } as const;
      const output = await sdk().send(new GenerateDataKeyCommand(input), optionsOf(signal));
      return { plain: output.Plaintext ?? NONE, wrapped: output.CiphertextBlob ?? NONE };
    },
    async decrypt(keyId, wrapped, context, { signal }) {
      const input = { CiphertextBlob: wrapped, KeyId: keyId, EncryptionContext: { ...context } };
      return (await sdk().send(new DecryptCommand(input), optionsOf(signal))).Plaintext ?? NONE;
    },
  };
}

const NONE = new Uint8Array();

function optionsOf(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
