/**
 * Where data keys come from: the key service as an interface, and a client's settings. How AWS KMS is asked is known by
 * `kms.ts`, when and how often by `ring.ts`.
 */

import { ValidationFailed } from "../errors/catalogue.ts";
import { ENVELOPE_NONCE_BYTES } from "../generated/limits.ts";
import type { DataKeyCache } from "./cache.ts";
import { Ring } from "./ring.ts";
import { hidden } from "./secret.ts";

/** Pairs that KMS binds a data key to. */
export type KeyContext = Readonly<Record<string, string>>;

/** What every call of a key service may be told. */
export interface KeyCallOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes data keys and gets them back. `kmsKeys` of the entry `dynamorm-ts/kms` asks AWS KMS; a service of your own throws
 * errors that have the names of KMS's.
 */
export interface KeyService {
  /** Make a data key of 32 bytes. */
  generateDataKey(
    keyId: string,
    context: KeyContext,
    options: KeyCallOptions,
  ): Promise<{ readonly plain: Uint8Array; readonly wrapped: Uint8Array }>;
  /** Give the data key of a wrapped form. */
  decrypt(
    keyId: string,
    wrapped: Uint8Array,
    context: KeyContext,
    options: KeyCallOptions,
  ): Promise<Uint8Array>;
}

/** What an encryption is made of. */
export interface EncryptionOptions {
  /** The KMS key that wraps: its id, ARN or alias. */
  readonly key: string;
  readonly kms: KeyService;
  /** Older keys, which open and never wrap. */
  readonly readKeys?: readonly string[];
  /** Binds every envelope to these texts, of a tenant, say. They are not secret. */
  readonly context?: KeyContext;
  /** Reads values that were stored before their attribute was encrypted. */
  readonly allowPlaintextReads?: boolean;
  /** Uses data keys more than once; without it each envelope has one of its own. */
  readonly cache?: DataKeyCache;
}

/** The settings with their defaults. */
export interface Settings {
  readonly key: string;
  readonly kms: KeyService;
  readonly readKeys: readonly string[];
  readonly context: KeyContext;
  readonly allowPlaintextReads: boolean;
  readonly cache: DataKeyCache | undefined;
  readonly nonce: () => Uint8Array;
}

let settingsOf: (encryption: Encryption) => Settings;
let replaceNonces: (encryption: Encryption, nonce: () => Uint8Array) => void;

/**
 * How a client seals and opens encrypted attributes.
 *
 * @example
 * new Client({ encryption: new Encryption({ key: "alias/app", kms: kmsKeys() }) })
 */
export class Encryption {
  #settings: Settings;

  static {
    settingsOf = (encryption) => encryption.#settings;
    replaceNonces = (encryption, nonce) => {
      encryption.#settings = { ...encryption.#settings, nonce };
    };
  }

  /** @throws {ValidationFailed} for an empty key, and for a context with a name that is not the caller's. */
  constructor(options: EncryptionOptions) {
    const { key, kms, readKeys = [], context = {}, allowPlaintextReads = false, cache } = options;
    if (![key, ...readKeys].every((one) => typeof one === "string" && one !== "")) {
      throw new ValidationFailed("a key of the key service is a text that is not empty");
    }
    if (!Object.entries(context).every(isPair)) {
      throw new ValidationFailed(
        "a context is texts by names, which are not empty and not of dynamorm: or aws:",
      );
    }
    this.#settings = {
      ...{ key, kms, allowPlaintextReads, cache },
      readKeys: [...readKeys],
      context: { ...context },
      nonce: () => crypto.getRandomValues(new Uint8Array(ENVELOPE_NONCE_BYTES)),
    };
    hidden(this, "Encryption");
  }
}

function isPair([name, value]: readonly [string, unknown]): boolean {
  const isOurs = name === "" || name.startsWith("dynamorm:") || name.startsWith("aws:");
  return !isOurs && name.isWellFormed() && typeof value === "string" && value.isWellFormed();
}

/** Let an encryption take its nonces from elsewhere. For tests alone: with a nonce that comes twice nothing is secret. */
export function withNonces(encryption: Encryption, nonce: () => Uint8Array): Encryption {
  replaceNonces(encryption, nonce);
  return encryption;
}

/** Begin the ring of one operation; `now` is its reading of the clock. */
export function ringOf(encryption: Encryption, now: bigint, signal: AbortSignal | undefined): Ring {
  return new Ring(settingsOf(encryption), now, signal);
}
