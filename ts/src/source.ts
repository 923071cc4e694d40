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
  next(): Promise<{ readonly element: T } | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        this.#owes = false;
        then();
      };
      this.#owes = true;
      this.#leave = () => {
        resolve(undefined);
      };
      this.#ask().then(
        ({ done, value }) => {
          this.#isOver = done === true;
          settle(() => {
            resolve(done === true ? undefined : { element: value as T });
          });
        },
        (error: unknown) => {
          this.#isOver = true;
          settle(() => {
            reject(error as Error);
          });
        },
      );
    });
  }

  async #ask(): Promise<IteratorResult<T, unknown>> {
    return this.#iterator.next();
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
