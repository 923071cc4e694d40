/**
 * The ring: the data keys that one operation holds, what it asks the key service for, how often and in which order.
 */

import type { Open, Seal } from "../codec/seal.ts";
import { tagOf, type Wire } from "../codec/value.ts";
import { InvalidEncryptedEnvelope, KeyUnavailable } from "../errors/catalogue.ts";
import { formatPath } from "../errors/path.ts";
import { DATA_KEY_BYTES, KMS_CIPHERTEXT_MAX_BYTES } from "../generated/limits.ts";
import type { Held } from "../operation/exchange.ts";
import type { Attribute } from "../schema/model.ts";
import { canonicalJson } from "../text/json.ts";
import { DataKey, idOf, type KeyHome } from "./cache.ts";
import {
  additionalData,
  contextOf,
  type Envelope,
  type EnvelopeContext,
  envelopeOf,
  envelopeValue,
  hasEnvelopeNames,
  openParts,
  sealText,
} from "./field.ts";
import type { KeyCallOptions, KeyContext, Settings } from "./keys.ts";
import { keyError, refusalOf } from "./refusal.ts";
import { hidden } from "./secret.ts";

/** What was stored under an encrypted attribute: how it was found, or why it cannot be had. */
type Opening =
  | {
      readonly wire: Wire;
      /** The KMS key that opened it; undefined of what was stored plain. */ readonly keyId:
        string | undefined;
    }
  | { readonly error: unknown };

/** One envelope of an answer that waits for its data key. */
interface Locked {
  readonly stored: Wire;
  readonly path: string;
  readonly envelope: Envelope;
  readonly context: EnvelopeContext;
  /** The additional data, which has the item's key. */
  readonly data: Uint8Array;
}

/** How many calls of the key service are under way at a time. */
const SIDE_BY_SIDE = 8;

/** The values that were opened of one answer. */
export class Opened {
  readonly #openings = new Map<object, Opening>();
  readonly #keyId: string;

  constructor(keyId: string) {
    this.#keyId = keyId;
  }

  /** Note what came of a stored value. */
  set(stored: Wire, opening: Opening): void {
    this.#openings.set(stored, opening);
  }

  /** Give the value as it was before it was sealed. @throws {DynamORMError} */
  readonly open: Open = (stored, { name }) => {
    const opening = this.#openings.get(stored);
    if (opening === undefined) {
      throw new InvalidEncryptedEnvelope("the envelope was not opened", { path: formatPath([name]) });
    }
    if ("error" in opening) {
      throw opening.error;
    }
    return opening.wire;
  };

  /** Tell whether a stored value was sealed under the KMS key that writes use. */
  isCurrent(stored: Wire): boolean {
    const opening = this.#openings.get(stored);
    return opening !== undefined && "wire" in opening && opening.keyId === this.#keyId;
  }
}

/** The data keys of one operation. */
export class Ring {
  readonly #settings: Settings;
  readonly #now: bigint;
  readonly #signal: AbortSignal | undefined;
  /** What the operation generated itself. */
  readonly #generated = new Map<string, DataKey>();

  constructor(settings: Settings, now: bigint, signal: AbortSignal | undefined) {
    this.#settings = settings;
    this.#now = now;
    this.#signal = signal;
    hidden(this, "Ring");
  }

  /** Make the envelopes of values, as JSON text; each has its data key before the first is made. */
  async envelopes(seals: readonly Seal[]): Promise<string[]> {
    const keys: DataKey[] = [];
    for (const { home } of seals) {
      keys.push(await this.#sealingKey(contextOf(home, this.#settings.context), formatPath([home.name])));
    }
    return seals.map((seal, index) => {
      const key = keys[index];
      if (key === undefined) {
        throw new Error("an envelope without a key");
      }
      const data = additionalData(contextOf(seal.home, this.#settings.context));
      const nonce = this.#settings.nonce();
      const sealed = sealText(seal.plaintext, key.plain, nonce, data);
      return canonicalJson(envelopeValue({ wrappedKey: key.wrapped, nonce, sealed }));
    });
  }

  async #sealingKey(context: EnvelopeContext, path: string): Promise<DataKey> {
    const { key: keyId, cache } = this.#settings;
    const home = { keyId, context: keyContextOf(context) };
    const key = cache?.take(home, this.#now) ?? (await this.#generate(home, path));
    this.#generated.set(idOf(home, key.wrapped), key);
    return key;
  }

  async #generate(home: KeyHome, path: string): Promise<DataKey> {
    const { kms, cache } = this.#settings;
    const { plain, wrapped } = await this.#called(path, (options) =>
      kms.generateDataKey(home.keyId, home.context, options),
    );
    if (!isBytes(plain, DATA_KEY_BYTES, DATA_KEY_BYTES) || !isBytes(wrapped, 1, KMS_CIPHERTEXT_MAX_BYTES)) {
      throw new KeyUnavailable("the key service gave no data key with its wrapped form", {
        path,
        origin: "service",
        retryable: false,
      });
    }
    const key = new DataKey(home.keyId, wrapped, plain);
    cache?.keepGenerated(home, key, this.#now);
    return key;
  }

  /** Call the key service. @throws {KeyUnavailable | InvalidEncryptedEnvelope | Canceled} */
  async #called<T>(path: string, call: (options: KeyCallOptions) => Promise<T>): Promise<T> {
    const signal = this.#signal;
    try {
      signal?.throwIfAborted();
      return await call({ signal });
    } catch (thrown) {
      throw keyError(thrown, path, signal?.aborted === true);
    }
  }

  /** Open the envelopes of an answer's items. What cannot be opened is told when it is read. */
  async open(held: readonly Held[]): Promise<Opened> {
    const opened = new Opened(this.#settings.key);
    const locked = held.flatMap((item) => this.#lockedIn(item, opened));
    const wanted = new Map<string, Locked[]>();
    for (const one of locked) {
      const id = idOf({ keyId: "", context: keyContextOf(one.context) }, one.envelope.wrappedKey);
      const others = wanted.get(id);
      if (others === undefined) {
        wanted.set(id, [one]);
      } else {
        others.push(one);
      }
    }
    await sideBySide([...wanted.values()], (group) => this.#openAll(group, opened));
    return opened;
  }

  /** Give the envelopes of an item; what is none is noted at once. */
  #lockedIn({ codec, item, key: given }: Held, opened: Opened): Locked[] {
    return codec.sealed.flatMap((attribute) => {
      const stored = Object.hasOwn(item, attribute.name) ? (item[attribute.name] as Wire) : undefined;
      if (stored === undefined || stored.NULL !== undefined) {
        return [];
      }
      if (this.#isPlain(stored, attribute)) {
        opened.set(stored, { wire: stored, keyId: undefined });
        return [];
      }
      const path = formatPath([attribute.name]);
      try {
        const envelope = envelopeOf(stored, path);
        const key = codec.keyValues((name) => JSON.stringify((given ?? item)[name] ?? noKey(path)));
        const context = contextOf(codec.homeOf(attribute.name, key), this.#settings.context);
        return [{ stored, path, envelope, context, data: keyedData(context, path) }];
      } catch (error) {
        opened.set(stored, { error });
        return [];
      }
    });
  }

  #isPlain(stored: Wire, { type }: Attribute): boolean {
    return this.#settings.allowPlaintextReads && tagOf(stored) === type && !hasEnvelopeNames(stored);
  }

  /** Open envelopes that have one data key. */
  async #openAll(group: readonly Locked[], opened: Opened): Promise<void> {
    const [first] = group;
    let key: DataKey | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      key = first && (await this.#openingKey(first));
    } catch (error) {
      failure = { error };
    }
    for (const one of group) {
      opened.set(one.stored, failure ?? opening(one, key));
    }
  }

  async #openingKey({ envelope: { wrappedKey }, context, path }: Locked): Promise<DataKey> {
    const { key: current, readKeys, cache } = this.#settings;
    const homes = [current, ...readKeys].map((keyId) => ({ keyId, context: keyContextOf(context) }));
    for (const home of homes) {
      const known = this.#generated.get(idOf(home, wrappedKey)) ?? cache?.find(home, wrappedKey, this.#now);
      if (known !== undefined) {
        return known;
      }
    }
    for (const [index, home] of homes.entries()) {
      const key = await this.#decrypt(home, wrappedKey, path, index === homes.length - 1);
      if (key !== undefined) {
        cache?.keepOpened(home, key, this.#now);
        return key;
      }
    }
    throw new Error("a ring without a key");
  }

  /** Ask for a data key; undefined where another KMS key wrapped it, unless this one is the last. */
  async #decrypt(
    home: KeyHome,
    wrapped: Uint8Array,
    path: string,
    isLast: boolean,
  ): Promise<DataKey | undefined> {
    const { kms } = this.#settings;
    const plain = await this.#called(path, async (options) => {
      try {
        return await kms.decrypt(home.keyId, wrapped, home.context, options);
      } catch (thrown) {
        if (!isLast && refusalOf(thrown) === INCORRECT_KEY) {
          return undefined;
        }
        throw thrown;
      }
    });
    if (plain === undefined) {
      return undefined;
    }
    if (!isBytes(plain, DATA_KEY_BYTES, DATA_KEY_BYTES)) {
      throw new InvalidEncryptedEnvelope("the data key has not its length", { path });
    }
    return new DataKey(home.keyId, wrapped, plain);
  }
}

const INCORRECT_KEY = "IncorrectKeyException";

function opening({ path, envelope, data }: Locked, key: DataKey | undefined): Opening {
  try {
    const wire = openParts(envelope, key?.plain ?? new Uint8Array(), data, path) as Wire;
    return { wire, keyId: key?.keyId };
  } catch (error) {
    return { error };
  }
}

/** Give the additional data; a key that is none is told before the key service is asked. */
function keyedData(context: EnvelopeContext, path: string): Uint8Array {
  try {
    return additionalData(context);
  } catch {
    return noKey(path);
  }
}

function noKey(path: string): never {
  throw new InvalidEncryptedEnvelope("an envelope in an item without its key", { path });
}

function isBytes(value: unknown, least: number, most: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length >= least && value.length <= most;
}

/** Give the pairs that KMS binds a data key to: no value and no key of an item is among them. */
function keyContextOf({ namespace, model, attribute, client }: EnvelopeContext): KeyContext {
  return {
    ...(namespace === undefined ? {} : { "dynamorm:namespace": namespace }),
    "dynamorm:model": model,
    "dynamorm:attribute": attribute,
    ...client,
  };
}

/** Do work for each element, some at a time. The work does not reject. */
async function sideBySide<T>(elements: readonly T[], work: (element: T) => Promise<void>): Promise<void> {
  const left = [...elements];
  const worker = async (): Promise<void> => {
    for (let element = left.shift(); element !== undefined; element = left.shift()) {
      await work(element);
    }
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, left.length) }, worker));
}
