/** What was handled before: streams deliver at least once. */

import { ValidationFailed } from "./errors/catalogue.ts";

/** Remembers the ids of events. One of your own may ask a table. */
export interface SeenEvents {
  has(id: string): boolean | Promise<boolean>;
  add(id: string): unknown;
}

/** Remembers the last ids in memory: enough for a batch that comes again to the same process. */
export class SeenInMemory implements SeenEvents {
  readonly #capacity: number;
  readonly #ids = new Set<string>();

  /** @throws {ValidationFailed} for a capacity that is none. */
  constructor(capacity = 10_000) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new ValidationFailed("a capacity is a whole number, at least 1");
    }
    this.#capacity = capacity;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    for (const oldest of this.#ids) {
      if (this.#ids.size <= this.#capacity) {
        return;
      }
      this.#ids.delete(oldest);
    }
  }
}
