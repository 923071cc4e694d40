/**
 * Where a migration is: of each phase the segments that were begun, their numbers and places, and the cursor that says it all.
 *
 * The cursor is canonical JSON and read strictly, as those of reads are (spec/89-migration.md, DMS-MIG-011).
 */

import { InvalidCursor } from "../errors/catalogue.ts";
import { SCAN_SEGMENTS_MAX } from "../generated/limits.ts";
import { canonicalJson, isPlainObject } from "../text/json.ts";

/** What is made: a backup, then a copy. */
export type Phase = "backup" | "copy";

const FATES = ["read", "written", "present", "different", "skipped", "failed"] as const;

/** What became of an item; `read` counts all. */
export type Fate = (typeof FATES)[number];

/** How many items were read, and what became of them. */
export type MigrationCounts = Readonly<Record<Fate, number>> & {
  /** How often each reason occurred, by its code; `Transform` where that failed. */
  readonly reasons: Readonly<Record<string, number>>;
};

/** Numbers that grow. */
export class Tally {
  readonly fates = new Map<Fate, number>();
  readonly reasons = new Map<string, number>();

  /** Count one. */
  count(fate: Fate, reason?: string): void {
    add(this.fates, fate, 1);
    if (reason !== undefined) {
      add(this.reasons, reason, 1);
    }
  }

  /** Count what another counted. */
  add(other: Tally): void {
    other.fates.forEach((number, fate) => {
      add(this.fates, fate, number);
    });
    other.reasons.forEach((number, reason) => {
      add(this.reasons, reason, number);
    });
  }

  /** Give the numbers. */
  counts(): MigrationCounts {
    const fates = Object.fromEntries(FATES.map((fate) => [fate, this.fates.get(fate) ?? 0]));
    return { ...(fates as Record<Fate, number>), reasons: Object.fromEntries(this.reasons) };
  }
}

function add<K>(numbers: Map<K, number>, key: K, number: number): void {
  numbers.set(key, (numbers.get(key) ?? 0) + number);
}

/** A segment that was begun. */
export class Begun {
  readonly tally = new Tally();
  /** The cursor of its scan; undefined where it is done. */
  at: string | undefined;

  /** Give the segment as a cursor has it. */
  toJson(): object {
    const { fates, reasons } = this.tally;
    return {
      ...Object.fromEntries([...fates].filter(([, number]) => number > 0)),
      ...(reasons.size > 0 && { reasons: Object.fromEntries(reasons) }),
      ...(this.at === undefined ? { done: true } : { at: this.at }),
    };
  }
}

/** Where a migration is. */
export class Whereabouts {
  readonly segments: number;
  readonly phases: Readonly<Record<Phase, Map<number, Begun>>> = { backup: new Map(), copy: new Map() };

  constructor(segments: number) {
    this.segments = segments;
  }

  /** Count a page of a segment, and note where it goes on; undefined at its end. */
  advance(phase: Phase, number: number, page: Tally, at: string | undefined): void {
    const begun = this.phases[phase].get(number) ?? new Begun();
    begun.tally.add(page);
    begun.at = at;
    this.phases[phase].set(number, begun);
  }

  /** Tell whether a segment is at its end. */
  isDone(phase: Phase, number: number): boolean {
    const begun = this.phases[phase].get(number);
    return begun !== undefined && begun.at === undefined;
  }

  /** Give the numbers of segments together. */
  counts(phase: Phase, asked: ReadonlySet<number>): MigrationCounts {
    const tally = new Tally();
    this.phases[phase].forEach((begun, number) => {
      if (asked.has(number)) {
        tally.add(begun.tally);
      }
    });
    return tally.counts();
  }

  /** Give the cursor. */
  cursor(): string {
    const { backup, copy } = this.phases;
    return canonicalJson({
      v: 1,
      segments: this.segments,
      ...(backup.size > 0 && { backup: segmentsOf(backup) }),
      ...(copy.size > 0 && { copy: segmentsOf(copy) }),
    });
  }

  /** Read a cursor; the places in it are still to be read. @throws {InvalidCursor} */
  static read(text: unknown): Whereabouts {
    const { backup, copy, segments, v: version, ...others } = membersOf(text);
    if (
      version !== 1 ||
      Object.keys(others).length > 0 ||
      !isNumber(segments) ||
      segments > SCAN_SEGMENTS_MAX
    ) {
      return invalid();
    }
    const found = new Whereabouts(segments);
    readPhase(found, "backup", backup);
    readPhase(found, "copy", copy);
    return found;
  }
}

function segmentsOf(phase: ReadonlyMap<number, Begun>): object {
  return Object.fromEntries([...phase].map(([number, begun]) => [number, begun.toJson()]));
}

function membersOf(text: unknown): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text as string);
    // What this library writes has one spelling.
    return isPlainObject(value) && canonicalJson(value) === text ? value : invalid();
  } catch {
    return invalid();
  }
}

function readPhase(found: Whereabouts, name: Phase, phase: unknown): void {
  if (phase === undefined) {
    return;
  }
  if (!isPlainObject(phase) || Object.keys(phase).length === 0) {
    invalid();
  }
  for (const [key, segment] of Object.entries(phase)) {
    const number = Number(key);
    if (!/^(?:0|[1-9]\d*)$/.test(key) || number >= found.segments || !isPlainObject(segment)) {
      invalid();
    }
    found.phases[name].set(number, begunOf(segment));
  }
}

function begunOf({ at, done, reasons, ...fates }: Readonly<Record<string, unknown>>): Begun {
  const begun = new Begun();
  const isPlace = typeof at === "string" ? done === undefined : at === undefined && done === true;
  const isTold = reasons === undefined || (isPlainObject(reasons) && Object.keys(reasons).length > 0);
  if (!isPlace || !isTold) {
    return invalid();
  }
  begun.at = at as string | undefined;
  for (const [fate, number] of Object.entries(fates)) {
    begun.tally.fates.set(fateOf(fate), isNumber(number) ? number : invalid());
  }
  for (const [reason, number] of Object.entries((reasons ?? {}) as object)) {
    begun.tally.reasons.set(reason, isNumber(number) ? number : invalid());
  }
  return begun;
}

function fateOf(name: string): Fate {
  return FATES.find((fate) => fate === name) ?? invalid();
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function invalid(): never {
  throw new InvalidCursor("the cursor is of no migration, or of another");
}
