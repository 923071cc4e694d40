/**
 * A request as the SDK's input. The SDK looks at the names of tables, to find the endpoint; users' middleware may look at all of
 * it, and change it. Nothing is read from the body before somebody looks at more than tables, so usually never.
 */

import { encodeBytes } from "../codec/binary.ts";
import { convertMembers, toBytes } from "./edge.ts";

type Members = Record<PropertyKey, unknown>;

/** A request as the SDK's input: filled when somebody looks at more than the tables, so usually never. */
export interface LazyInput {
  readonly input: object;
  /** Whether somebody changed it, so that it no longer says what the body says. */
  readonly isChanged: () => boolean;
}

/** Make the SDK's input of a request's JSON text; `outline` is the request with the names of its tables alone. */
export function lazyInput(outline: object, body: string): LazyInput {
  const target: Members = {};
  let before: string | undefined;
  const source: Source = {
    isRead: () => before !== undefined,
    read() {
      if (before === undefined) {
        Object.assign(target, convertMembers(JSON.parse(body), toBytes));
        before = textOf(target);
      }
      return target;
    },
  };
  // Whoever looked may have changed what is far inside, which no trap sees.
  return {
    input: shell(outline, source, false),
    isChanged: () => before !== undefined && before !== textOf(target),
  };
}

/** Where the members of an object come from, once somebody looks. */
interface Source {
  readonly isRead: () => boolean;
  readonly read: () => object;
}

/** Stand for an object of which some members are known; where `isWhole`, it has no others. */
function shell(known: object, source: Source, isWhole: boolean): object {
  const inside = new Map<PropertyKey, object>();
  const isOpen = (): boolean => isWhole && !source.isRead();
  const read = (): object => source.read();
  return new Proxy(known, {
    get(_, name) {
      const isKnown = !source.isRead() && (isWhole || Object.hasOwn(known, name));
      const value: unknown = isKnown ? Reflect.get(known, name) : undefined;
      if (!isKnown || (value === undefined && Object.hasOwn(known, name))) {
        return Reflect.get(read(), name) as unknown;
      }
      if (typeof value !== "object" || value === null) {
        return value;
      }
      const made = inside.get(name) ?? shellInside(name, value, source);
      inside.set(name, made);
      return made;
    },
    has: (_, name) => Reflect.has(isOpen() ? known : read(), name),
    ownKeys: () => Reflect.ownKeys(isOpen() ? known : read()),
    getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(isOpen() ? known : read(), name),
    set: (_, name, value) => Reflect.set(read(), name, value),
    defineProperty: (_, name, property) => Reflect.defineProperty(read(), name, property),
    deleteProperty: (_, name) => Reflect.deleteProperty(read(), name),
  });
}

function shellInside(name: PropertyKey, known: object, { isRead, read }: Source): object {
  const source: Source = { isRead, read: () => Reflect.get(read(), name) as object };
  // An entry names its table, and has much else.
  return shell(known, source, !Object.hasOwn(known, "TableName"));
}

/** Give the text of members; undefined where somebody put bytes of another type there. */
function textOf(members: Members): string | undefined {
  try {
    return JSON.stringify(convertMembers(members, encodeBytes));
  } catch {
    return undefined;
  }
}
