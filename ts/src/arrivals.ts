/** Several promises side by side, taken as they settle. */

/**
 * Gives results in the order in which they come, and the first failure before everything else.
 *
 * Not `Promise.race`: a promise that stays pending would keep the result of every race it was in.
 */
export class Arrivals<T> {
  readonly #pending = new Set<Promise<T>>();
  readonly #arrived: T[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake = (): void => undefined;

  /** How many were added and not taken. */
  get size(): number {
    return this.#pending.size + this.#arrived.length;
  }

  /** Wait for one more. */
  add(work: Promise<T>): void {
    const settled = (note: () => void): void => {
      this.#pending.delete(work);
      note();
      this.#wake();
    };
    this.#pending.add(work);
    work.then(
      (result) => {
        settled(() => this.#arrived.push(result));
      },
      (error: unknown) => {
        settled(() => (this.#failure ??= { error }));
      },
    );
  }

  /** Throw the first failure, where there is one. */
  check(): void {
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
  }

  /** Take the next result; undefined where nothing was added. */
  async next(): Promise<T | undefined> {
    while (this.#failure === undefined && this.#arrived.length === 0 && this.#pending.size > 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.check();
    return this.#arrived.shift();
  }

  /** Wait until nothing is pending, whatever it came to. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }
}
