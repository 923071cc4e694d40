/** The writes of a copy's page: item by item where the target's stay, in batches where they are overwritten. */

import type { Client, RunOptions } from "./client.ts";
import type { ModelCodec } from "./codec/item.ts";
import { sameItem } from "./codec/equal.ts";
import { type Draft, plainText } from "./codec/seal.ts";
import type { WireItem } from "./codec/value.ts";
import { BatchIncomplete, type ErrorCode } from "./errors/catalogue.ts";
import { DynamORMError } from "./errors/error.ts";
import { isPresent, TransformFault } from "./moving.ts";
import { BatchWrite, Filling, putText, type Write } from "./operation/batch-write.ts";
import { conditionFailed } from "./operation/conditional.ts";
import { putSteps } from "./operation/copy.ts";
import type { Response } from "./operation/exchange.ts";
import { ItemRef } from "./operation/key.ts";
import { sealedItem } from "./operation/put.ts";
import { conversation } from "./operation/steps.ts";
import type { Fate, Tally } from "./operation/whereabouts.ts";

/** One page under way. */
export interface Page {
  readonly run: RunOptions;
  readonly tally: Tally;
  /** Goes no further where the work is over. */
  readonly check: () => void;
  /** Counts what was not written, and tells it. */
  readonly told: (
    item: WireItem,
    fate: Fate,
    reason: ErrorCode | "Transform",
    error: unknown,
  ) => Promise<void>;
}

/** A stored item on its way, and what is to be written of it. */
export interface Moving {
  readonly item: WireItem;
  readonly draft: Draft;
}

/** A write of a batch. */
interface Entry {
  readonly write: Write;
  readonly moving: Moving;
  /** What is written. */
  readonly text: string;
}

/** The failures that are of one item alone: it cannot be read, or does not fit. */
const OWN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(["DecodeFailed", "InvalidEncryptedEnvelope"] as const),
  ...(["ValidationFailed", "MissingPrimaryKey", "ItemTooLarge"] as const),
]);

/** Entries that go out together. */
class Chunk {
  #filling = new Filling();
  #entries: Entry[] = [];

  /** Tell whether another fits, and is of another item. */
  takes({ write }: Entry): boolean {
    return this.#filling.fits(write) && !this.#entries.some((entry) => entry.write.ref.id === write.ref.id);
  }

  add(entry: Entry): void {
    this.#filling.add(entry.write);
    this.#entries.push(entry);
  }

  /** Take the entries out. */
  take(): readonly Entry[] {
    const entries = this.#entries;
    this.#filling = new Filling();
    this.#entries = [];
    return entries;
  }
}

/** The writes of one page. */
export class CopyWrites {
  readonly #client: Client;
  readonly #codec: ModelCodec;
  readonly #tableName: string;
  readonly #page: Page;
  readonly #chunk = new Chunk();

  constructor(client: Client, codec: ModelCodec, tableName: string, page: Page) {
    this.#client = client;
    this.#codec = codec;
    this.#tableName = tableName;
    this.#page = page;
  }

  /** Tell of an item that fails by itself; what ends the copy is thrown on. */
  async fails(item: WireItem, error: unknown): Promise<void> {
    if (error instanceof TransformFault) {
      await this.#page.told(item, "failed", "Transform", error.cause);
    } else if (error instanceof DynamORMError && OWN.has(error.code)) {
      await this.#page.told(item, "failed", error.code, error);
    } else {
      throw error;
    }
  }

  /** Write an item where the target holds none. */
  async keep(moving: Moving): Promise<void> {
    const [text] = await this.#sealed([moving]);
    if (text !== undefined) {
      await this.#put(moving, text, this.#codec.model.partition.name);
    }
  }

  /** Take an item into a batch; a full one, and one that holds an item of this key, goes out before. */
  async gather(moving: Moving): Promise<void> {
    const text = plainText(moving.draft);
    const ref = ItemRef.stored(this.#codec, this.#tableName, JSON.parse(text) as WireItem);
    const entry = entryOf(ref, moving, text);
    if (!this.#chunk.takes(entry)) {
      await this.flush();
    }
    this.#chunk.add(entry);
  }

  /** Write what was gathered. */
  async flush(): Promise<void> {
    const entries = this.#chunk.take();
    const texts = await this.#sealed(entries.map(({ moving }) => moving));
    // With their envelopes items are larger, and may need more requests.
    const chunk = new Chunk();
    for (const [index, { write, moving }] of entries.entries()) {
      const text = texts[index];
      if (text !== undefined) {
        const entry = entryOf(write.ref, moving, text);
        if (!chunk.takes(entry)) {
          await this.#batch(chunk.take());
        }
        chunk.add(entry);
      }
    }
    await this.#batch(chunk.take());
  }

  /** Give items with their envelopes, each made in its turn; undefined where one is too large with them. */
  async #sealed(movings: readonly Moving[]): Promise<(string | undefined)[]> {
    const seals = movings.flatMap(({ draft }) => draft.seals);
    const envelopes = await this.#client.seal(seals, this.#page.run);
    const texts: (string | undefined)[] = [];
    let taken = 0;
    for (const { item, draft } of movings) {
      const own = envelopes.slice(taken, taken + draft.seals.length);
      taken += draft.seals.length;
      try {
        texts.push(own.length === 0 ? draft.text : sealedItem(draft, own));
      } catch (error) {
        await this.fails(item, error);
        texts.push(undefined);
      }
    }
    return texts;
  }

  async #put({ item, draft }: Moving, text: string, absent?: string): Promise<void> {
    this.#page.check();
    const steps = putSteps(this.#tableName, text, absent, this.#client.backoff);
    const response = await this.#client.run(conversation(steps), this.#page.run);
    if (response.ok) {
      this.#page.tally.count("written");
    } else if (response.error.code === "ConditionFailed") {
      await this.#held({ item, draft }, text, response);
    } else if (isRefusal(response.error)) {
      await this.fails(item, response.error);
    } else {
      throw response.error;
    }
  }

  /** The target holds an item already, which stays. */
  async #held(
    { item, draft }: Moving,
    text: string,
    { item: there, error, lost }: Response & { readonly ok: false },
  ): Promise<void> {
    if (there !== undefined && lost && sameItem(JSON.parse(text) as WireItem, there)) {
      this.#page.tally.count("written"); // by an earlier attempt
      return;
    }
    if (there !== undefined && isPresent(this.#codec, draft, there)) {
      this.#page.tally.count("present");
      return;
    }
    const { origin, awsType, requestId, status, cause } = error;
    const attempt = { codec: this.#codec, guard: { kind: "absent" }, conditional: false } as const;
    const told = conditionFailed(attempt, { origin, awsType, requestId, status, cause }, there, undefined);
    await this.#page.told(item, "different", "ConditionFailed", told);
  }

  /** Write a batch; one that is refused item by item, so that the one item is told. */
  async #batch(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) {
      return;
    }
    this.#page.check();
    const exchange = new BatchWrite([entries.map(({ write }) => write)], this.#client.backoff);
    const failed = await this.#client.run(exchange, this.#page.run).then(
      () => undefined,
      (error: unknown) => ({ error: exchange.failure ?? causeOf(error) }),
    );
    exchange.done.forEach(() => {
      this.#page.tally.count("written");
    });
    if (failed === undefined) {
      return;
    }
    if (!isRefusal(failed.error)) {
      throw failed.error;
    }
    for (const { write, moving, text } of entries) {
      if (!exchange.done.has(write)) {
        await this.#put(moving, text);
      }
    }
  }
}

function entryOf(ref: ItemRef, moving: Moving, text: string): Entry {
  return {
    write: { kind: "put", ref, text: putText(text), draft: undefined, value: undefined },
    moving,
    text,
  };
}

/** Tell whether DynamoDB refused what an item says. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof DynamORMError &&
    error.origin === "service" &&
    (error.code === "ValidationFailed" || error.code === "ItemTooLarge")
  );
}

/** Attempts that are spent are no failure of their own. */
function causeOf(error: unknown): unknown {
  return error instanceof BatchIncomplete && error.cause instanceof DynamORMError ? error.cause : error;
}
