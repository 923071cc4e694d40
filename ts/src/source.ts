/** A stream that is taken from one by one, and can be left while the next element is waited for. */

/** A stream of anything. */
export type Stream<T> = Iterable<T> | AsyncIterable<T>;

/** One iteration over a stream. */
export class Source<T> {
  readonly #iterator: Iterator<T, unknown> | AsyncIterator<T, unknown>;
  /** Whether the stream said that it ends, or threw. */
  #isOver = false;
  #owes = false;
  #leave = (): void => undefined;

  constructor(stream: Stream<T>) {
    this.#iterator =
      Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
  }

  /** Take the next element; undefined at the end, and when the stream was left. What the stream throws comes out. */
  async next(): Promise<{ readonly element: T } | undefined> {
    const left = new Promise<undefined>((resolve) => {
      this.#leave = () => {
        resolve(undefined);
      };
    });
    const taken = await Promise.race([this.#ask(), left]);
    return taken?.done === false ? { element: taken.value } : undefined;
  }

  async #ask(): Promise<{ readonly done: false; readonly value: T } | { readonly done: true }> {
    this.#owes = true;
    try {
      const result = await this.#iterator.next();
      this.#isOver = result.done === true;
      return result.done === true ? { done: true } : { done: false, value: result.value };
    } catch (error) {
      this.#isOver = true;
      throw error;
    } finally {
      this.#owes = false;
    }
  }

  /** Wait no longer for the next element. */
  leave(): void {
    this.#leave();
  }

  /** Let the stream clean up, unless it came to its end; one that still owes an element is not waited for. */
  async close(): Promise<void> {
    if (this.#isOver) {
      return;
    }
    const closed = (async () => this.#iterator.return?.())();
    if (this.#owes) {
      closed.catch(() => undefined);
      return;
    }
    await closed;
  }
}
