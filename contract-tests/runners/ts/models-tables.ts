/** The suite's models of tables and of what moves between them, declared natively as those of `models.ts`. */

import { defineModel } from "../../../ts/src/index.ts";

const sealed = { encryption: {} } as const;

const Task = defineModel({
  name: "Task",
  namespace: "contract.tables",
  table: "tasks",
  keys: { partition: "board", sort: "number" },
  attributes: {
    board: { type: "S" },
    number: { type: "N", format: "int" },
    title: { type: "S" },
    state: { type: "S" },
    due: { type: "S", format: "date" },
    stamp: { type: "B" },
    owner: { type: "S" },
    purge_at: { type: "N", format: "unix_seconds", roles: ["ttl"] },
  },
  indexes: [
    {
      name: "by-state",
      type: "GSI",
      partition: "state",
      sort: "due",
      projection: ["title", "board", "owner"],
    },
    { name: "by-owner", type: "GSI", partition: "owner" },
    { name: "by-stamp", type: "LSI", sort: "stamp", projection: "KEYS_ONLY" },
    { name: "by-due", type: "LSI", sort: "due", projection: ["board", "due"] },
  ],
});

const Sprint = defineModel({
  name: "Sprint",
  namespace: "contract.tables",
  table: "tasks",
  keys: { partition: "board", sort: "number" },
  attributes: {
    board: { type: "S" },
    number: { type: "N", format: "int" },
    goal: { type: "S" },
    state: { type: "S" },
    due: { type: "S", format: "date" },
  },
  indexes: [
    { name: "by-goal", type: "GSI", partition: "goal", projection: "KEYS_ONLY" },
    { name: "by-state", type: "GSI", partition: "state", sort: "due", projection: ["goal"] },
  ],
});

const Board = defineModel({
  name: "Board",
  namespace: "contract.tables",
  table: "boards.main",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    text: { type: "S" },
    wiped_at: { type: "N", format: "unix_seconds", roles: ["ttl"] },
  },
});

const lifecycle = {
  created_at: { type: "S", format: "timestamp", roles: ["created_at"] },
  updated_at: { type: "S", format: "timestamp", roles: ["updated_at"] },
  version: { type: "N", format: "int", roles: ["version"] },
} as const;

const person = {
  id: { type: "S" },
  name: { type: "S", required: true },
  age: { type: "N", format: "int" },
  email: { type: "S" },
  labels: { type: "SS" },
} as const;

const Person = defineModel({
  name: "Person",
  namespace: "contract.moving",
  table: "people",
  keys: { partition: "id" },
  attributes: { ...person, ...lifecycle },
});

const PersonNext = defineModel({
  name: "PersonNext",
  namespace: "contract.moving",
  table: "people-next",
  keys: { partition: "id" },
  attributes: { ...person, nickname: { type: "S" }, ...lifecycle },
  indexes: [{ name: "by-email", type: "GSI", partition: "email" }],
});

const Member = defineModel({
  name: "Member",
  namespace: "contract.moving",
  table: "members",
  keys: { partition: "pk" },
  discriminator: { attribute: "_type", value: "Member" },
  attributes: {
    pk: { type: "S", template: "MEMBER#{member_id}" },
    member_id: { type: "S", required: true },
    full_name: { type: "S", required: true },
    years: { type: "N", format: "int" },
    ...lifecycle,
  },
});

const shared = { type: "S", encryption: { context: { model: "Shared", attribute: "word" } } } as const;

const Locker = defineModel({
  name: "Locker",
  namespace: "contract.moving",
  table: "lockers",
  keys: { partition: "id" },
  attributes: { id: { type: "S" }, note: { type: "S" }, pin: { type: "S", ...sealed }, word: shared },
});

const LockerNext = defineModel({
  name: "LockerNext",
  namespace: "contract.moving",
  table: "lockers-next",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    note: { type: "S", ...sealed },
    pin: { type: "S", ...sealed },
    word: shared,
  },
});

const LockerOpen = defineModel({
  name: "LockerOpen",
  namespace: "contract.moving",
  table: "lockers-open",
  keys: { partition: "id" },
  attributes: { id: { type: "S" }, note: { type: "S" }, pin: { type: "S" }, word: shared },
});

/** Every model that is declared here. */
export const TABLE_MODELS = [
  Board,
  Locker,
  LockerNext,
  LockerOpen,
  Member,
  Person,
  PersonNext,
  Sprint,
  Task,
] as const;
