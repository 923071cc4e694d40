/** The operations of P4: envelopes by themselves, re-encryption, and a client's encryption as a case gives it. */

import * as dynamorm from "../../../ts/src/index.ts";
import { kmsKeys } from "../../../ts/src/kms.ts";
import { openGcm, testNonces, withNonces } from "../../../ts/src/testing.ts";
import { type Args, defined } from "./conditions.ts";
import type { Reader } from "./reads.ts";
import { mapToTagged } from "./values.ts";

/** What `open` says of a client's encryption. */
export interface Secured {
  readonly region: string;
  readonly sdk_retries: number;
  readonly sdk_timeout_ms: number;
  readonly kms?: string | null;
  readonly nonces?: "random";
  readonly encryption?: {
    readonly key: string;
    readonly read_keys?: readonly string[];
    readonly context?: Readonly<Record<string, string>>;
    readonly allow_plaintext_reads?: boolean;
    readonly cache?: {
      readonly max_age_ms: number;
      readonly max_uses: number;
      readonly max_entries?: number;
    };
  };
}

const services = new Map<string, dynamorm.KeyService>();

/** Key services are kept by what they are made of, as transports are. */
function serviceAt({
  kms,
  region,
  sdk_retries: retries,
  sdk_timeout_ms: timeout,
}: Secured): dynamorm.KeyService {
  const key = `${kms ?? ""} ${region} ${retries} ${timeout}`;
  let service = services.get(key);
  if (service === undefined) {
    service = kmsKeys({
      endpoint: kms ?? "http://127.0.0.1:9",
      region,
      credentials: { accessKeyId: "AKIDCONTRACT", secretAccessKey: "secret" },
      maxAttempts: retries + 1,
      retryMode: "standard",
      ...(timeout === 0 ? {} : { requestHandler: { requestTimeout: timeout, throwOnRequestTimeout: true } }),
    });
    services.set(key, service);
  }
  return service;
}

/** Make the encryption of a client; nothing where it has none. */
export function encryptionOf(command: Secured): { readonly encryption?: dynamorm.Encryption } {
  const given = command.encryption;
  if (given === undefined) {
    return {};
  }
  const { max_age_ms: maxAgeMs, max_uses: maxUses, max_entries: maxEntries } = given.cache ?? {};
  const cache = given.cache && new dynamorm.DataKeyCache(defined({ maxAgeMs, maxUses, maxEntries }) as never);
  const encryption = new dynamorm.Encryption({
    key: given.key,
    kms: serviceAt(command),
    ...defined({
      readKeys: given.read_keys,
      context: given.context,
      allowPlaintextReads: given.allow_plaintext_reads,
      cache,
    }),
  });
  return { encryption: command.nonces === "random" ? encryption : withNonces(encryption, testNonces()) };
}

const bytes = (text: unknown): Uint8Array => new Uint8Array(Buffer.from(text as string, "base64"));

/** The three functions for those who write or read envelopes elsewhere. */
export const ENVELOPES: Readonly<Record<string, (args: Args) => object>> = {
  "fn.aad": ({ context }) => ({
    aad: Buffer.from(dynamorm.additionalData(context as dynamorm.EnvelopeContext)).toString("base64"),
  }),
  "fn.gcm": ({ data_key: key, nonce, aad, ct }) => ({
    plain: Buffer.from(openGcm(bytes(ct), bytes(key), bytes(nonce), bytes(aad))).toString("base64"),
  }),
  "fn.encrypt": ({ value, data_key: key, nonce, edk, context }) => ({
    envelope: dynamorm.sealValue(
      value as dynamorm.AttributeValue,
      bytes(key),
      bytes(nonce),
      bytes(edk),
      context as dynamorm.EnvelopeContext,
    ),
  }),
  "fn.decrypt": ({ envelope, data_key: key, context }) => ({
    value: dynamorm.openEnvelope(
      envelope as dynamorm.AttributeValue,
      bytes(key),
      context as dynamorm.EnvelopeContext,
    ),
  }),
};

/** Seal a table anew. */
export async function reencrypt({ table, model, args, signal }: Reader): Promise<object> {
  const failures: unknown[] = [];
  const isTold = args.on_failure === true;
  const onFailure = ({ key, error }: dynamorm.ReencryptFailure): void => {
    failures.push({ key: mapToTagged(model.attributes, key), code: error.code });
  };
  const { failed, ...counts } = await table.reencrypt(
    defined({
      all: args.all,
      pageSize: args.page_size,
      segment: args.segment,
      onFailure: isTold ? onFailure : undefined,
      signal,
    }),
  );
  return isTold ? { ...counts, failed, failures } : counts;
}
