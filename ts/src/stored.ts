/** The caller's objects after a write: they hold what was stored. */

import { setOwn } from "./text/json.ts";

/** Let the caller's object hold what was stored; a frozen one stays what it was. */
export function bringUpToDate(value: object, stored: Record<string, unknown>): void {
  if (Object.isFrozen(value)) {
    return;
  }
  for (const [property, member] of Object.entries(stored)) {
    const isReadonly = Object.getOwnPropertyDescriptor(value, property)?.writable === false;
    if (!isReadonly && (Object.isExtensible(value) || Object.hasOwn(value, property))) {
      setOwn(value as Record<string, unknown>, property, member);
    }
  }
}
