/** Waiting before something is sent again; a signal ends the wait. */

/** Waits a number of milliseconds. It may look at the signal, which ends the wait in any case. */
export type Sleeper = (delayMs: number, signal?: AbortSignal) => Promise<void>;

/** Wait by the machine's own clock. */
export function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, delayMs);
    signal?.addEventListener("abort", wake);
  });
}

/** Wait by a sleeper, until the signal at the longest. */
export async function waitFor(
  sleeper: Sleeper,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal === undefined) {
    return sleeper(delayMs);
  }
  if (signal.aborted) {
    return;
  }
  let wake = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    wake = resolve;
  });
  signal.addEventListener("abort", wake);
  try {
    await Promise.race([sleeper(delayMs, signal), aborted]);
  } finally {
    signal.removeEventListener("abort", wake);
  }
}
