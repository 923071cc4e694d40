/**
 * Errors of work in parts: what is left of a batch, and why each action of a transaction was refused.
 *
 * The keys, items and reasons in them are values. They are read when asked for, and stand in no message, print or JSON.
 */

import type { ErrorCode } from "./catalogue.ts";
import { DynamORMError, type ErrorFields } from "./error.ts";

/** The key of an item, as its table's methods take it, and the name of its model. */
export interface ItemKey {
  readonly model: string;
  readonly key: Readonly<Record<string, unknown>>;
}

/** What became of the parts of a batch. Read when asked for, so that keys are not made for nobody. */
export interface Parts {
  readonly done: () => readonly ItemKey[];
  readonly undone: () => readonly ItemKey[];
  readonly unknown: () => readonly ItemKey[];
  readonly items?: (() => readonly unknown[]) | undefined;
}

const none = (): readonly never[] => [];

/** A batch that came to an end before everything was done. */
export class PartialError extends DynamORMError {
  readonly #parts: Parts;

  constructor(code: ErrorCode, retryable: boolean, fact: string, fields: ErrorFields = {}) {
    super(code, retryable, fact, fields);
    this.#parts = fields.parts ?? { done: none, undone: none, unknown: none };
  }

  /** The keys that were read, or whose writes were done, in the order of the requests. */
  get done(): readonly ItemKey[] {
    return this.#parts.done();
  }

  /** The keys that were surely not done, or never sent. */
  get undone(): readonly ItemKey[] {
    return this.#parts.undone();
  }

  /** The keys of writes whose answer was lost: they may have happened. */
  get unknown(): readonly ItemKey[] {
    return this.#parts.unknown();
  }

  /** The items that a batch get found, as its result would have them. */
  get items(): readonly unknown[] {
    return this.#parts.items?.() ?? [];
  }
}

/** A transaction that did nothing, for reasons. */
export class CanceledError extends DynamORMError {
  readonly #reasons: readonly (DynamORMError | null)[];

  constructor(code: ErrorCode, retryable: boolean, fact: string, fields: ErrorFields = {}) {
    super(code, retryable, fact, fields);
    this.#reasons = fields.reasons ?? [];
  }

  /** Why each action was refused, in their order; null for an action that was not. */
  get reasons(): readonly (DynamORMError | null)[] {
    return this.#reasons;
  }
}
