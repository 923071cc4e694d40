/** Data keys that are used more than once, where a client is told to: by age, by uses and by number. */

import { ValidationFailed } from "../errors/catalogue.ts";
import { DATA_KEY_USES_MAX } from "../generated/limits.ts";
import { hidden } from "./secret.ts";

/** A data key and its wrapped form. Who prints one sees neither. */
export class DataKey {
  /** The KMS key that wrapped it, by the name that the settings have for it. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
  readonly #plain: Uint8Array;

  constructor(keyId: string, wrapped: Uint8Array, plain: Uint8Array) {
    this.keyId = keyId;
    this.wrapped = wrapped;
    this.#plain = plain;
    hidden(this, "DataKey");
  }

  /** The key itself. */
  get plain(): Uint8Array {
    return this.#plain;
  }
}

/** What a data key belongs to: a KMS key and a whole encryption context. */
export interface KeyHome {
  readonly keyId: string;
  readonly context: Readonly<Record<string, string>>;
}

/** How long, how often and how many data keys are used again. */
export interface DataKeyCacheOptions {
  /** What is as old as this is not used any more. */
  readonly maxAgeMs: number;
  /** How many envelopes a generated data key serves: from 1 to 2^32. */
  readonly maxUses: number;
  /** How many data keys are held, 1,000 unless given; the least recently used goes first. */
  readonly maxEntries?: number;
}

interface Entry {
  readonly key: DataKey;
  readonly home: string;
  /** The operation's reading of the clock when it came. */
  readonly since: bigint;
  /** How many envelopes it may still make. */
  uses: number;
}

const NANOS_PER_MILLI = 1_000_000;

/**
 * Holds data keys in memory, so that not every envelope asks KMS. Several `Encryption`s may share one.
 *
 * @example
 * new DataKeyCache({ maxAgeMs: 300_000, maxUses: 1000 })
 */
export class DataKeyCache {
  readonly #maxAge: bigint;
  readonly #maxUses: number;
  readonly #maxEntries: number;
  /** By KMS key, context and wrapped form, the least recently used first. */
  readonly #entries = new Map<string, Entry>();
  /** The entry that seals for a KMS key and context. */
  readonly #sealing = new Map<string, string>();

  /** @throws {ValidationFailed} where a bound is none. */
  constructor({ maxAgeMs, maxUses, maxEntries = 1000 }: DataKeyCacheOptions) {
    check(Number.isFinite(maxAgeMs) && maxAgeMs > 0, "maxAgeMs is over 0");
    check(
      Number.isInteger(maxUses) && maxUses >= 1 && maxUses <= DATA_KEY_USES_MAX,
      "maxUses is from 1 to 2^32",
    );
    check(Number.isInteger(maxEntries) && maxEntries >= 1, "maxEntries is at least 1");
    this.#maxAge = BigInt(Math.round(maxAgeMs * NANOS_PER_MILLI));
    this.#maxUses = maxUses;
    this.#maxEntries = maxEntries;
    hidden(this, "DataKeyCache");
  }

  /** Take a data key for one more envelope; undefined where there is none. @internal */
  take(home: KeyHome, now: bigint): DataKey | undefined {
    const text = homeText(home);
    const id = this.#sealing.get(text);
    const entry = id === undefined ? undefined : this.#fresh(id, now);
    if (entry === undefined || entry.uses < 1) {
      this.#sealing.delete(text);
      return undefined;
    }
    entry.uses -= 1;
    return entry.key;
  }

  /** Keep a data key that was generated, and used for one envelope. @internal */
  keepGenerated(home: KeyHome, key: DataKey, now: bigint): void {
    this.#keep(home, key, now, this.#maxUses - 1);
    this.#sealing.set(homeText(home), idOf(home, key.wrapped));
    this.#trim();
  }

  /** Keep a data key that was got by Decrypt; it makes no envelopes. @internal */
  keepOpened(home: KeyHome, key: DataKey, now: bigint): void {
    this.#keep(home, key, now, 0);
    this.#trim();
  }

  /** Find the data key of an envelope. @internal */
  find(home: KeyHome, wrapped: Uint8Array, now: bigint): DataKey | undefined {
    return this.#fresh(idOf(home, wrapped), now)?.key;
  }

  #keep(home: KeyHome, key: DataKey, since: bigint, uses: number): void {
    const id = idOf(home, key.wrapped);
    this.#entries.delete(id);
    this.#entries.set(id, { key, home: homeText(home), since, uses });
  }

  /** Give an entry that is not too old, as the most recently used one. */
  #fresh(id: string, now: bigint): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      return undefined;
    }
    this.#entries.delete(id);
    if (now - entry.since >= this.#maxAge) {
      this.#forget(id, entry);
      return undefined;
    }
    this.#entries.set(id, entry);
    return entry;
  }

  #trim(): void {
    for (const [id, entry] of this.#entries) {
      if (this.#entries.size <= this.#maxEntries) {
        return;
      }
      this.#entries.delete(id);
      this.#forget(id, entry);
    }
  }

  #forget(id: string, { home }: Entry): void {
    if (this.#sealing.get(home) === id) {
      this.#sealing.delete(home);
    }
  }
}

function check(isSo: boolean, fact: string): void {
  if (!isSo) {
    throw new ValidationFailed(fact);
  }
}

/** Equal where KMS key and context are. */
function homeText({ keyId, context }: KeyHome): string {
  return JSON.stringify([keyId, Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1))]);
}

/** Equal where KMS key, context and wrapped form are. */
export function idOf(home: KeyHome, wrapped: Uint8Array): string {
  return `${homeText(home)} ${Buffer.from(wrapped).toString("base64")}`;
}
