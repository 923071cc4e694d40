/** A model whose members are named otherwise than its attributes, and how a program has to name them. */

import { type Attribute, defineModel } from "../../../ts/src/index.ts";

/** As `parcel.dms.yaml` has it. */
export const Parcel = defineModel({
  name: "Parcel",
  namespace: "acme.mail",
  table: "parcels",
  keys: { partition: "pk", sort: "leg" },
  discriminator: { attribute: "kind", value: "Parcel" },
  attributes: {
    pk: { type: "S", template: "PARCEL#{no}" },
    at_state: { type: "S", template: "STATE#{st}" },
    leg: { type: "N", format: "int", field: "leg_number" },
    no: { type: "S", required: true, field: "parcel_number" },
    st: { type: "S", field: "current_state" },
    wt: { type: "N", format: "int", field: "weight" },
    left: { type: "S", field: "right" },
    right: { type: "S", field: "left" },
    note: { type: "S", omitEmpty: true, field: "line_2_of_3c" },
    marks: { type: "SS", field: "name_tags" },
    box: {
      type: "M",
      field: "outer_box",
      attributes: {
        w: { type: "N", format: "int", required: true, field: "full_width" },
        h: { type: "N", format: "int", omitEmpty: true, field: "height" },
        in: {
          type: "M",
          field: "inner_box",
          attributes: {
            lbl: { type: "S", field: "label_text" },
            raw: { type: "B", omitEmpty: true, field: "raw_bytes" },
          },
        },
      },
    },
    stops: {
      type: "L",
      field: "all_stops",
      items: {
        type: "M",
        attributes: {
          c: { type: "S", required: true, field: "city_name" },
          t: { type: "S", format: "timestamp", field: "reached_at" },
          c_t: { type: "SS", field: "city_tags" },
        },
      },
    },
    grid: {
      type: "L",
      field: "load_plan",
      items: {
        type: "L",
        items: {
          type: "M",
          attributes: {
            x: { type: "N", format: "int", required: true, field: "column_number" },
            y: { type: "S", format: "bool_string", omitEmpty: true, field: "is_full" },
          },
        },
      },
    },
    made: { type: "S", format: "timestamp", roles: ["created_at"], field: "created_on" },
    seen: { type: "S", format: "timestamp", roles: ["updated_at"], field: "last_seen" },
    rev: { type: "N", format: "int", roles: ["version"], field: "revision" },
  },
  indexes: [
    {
      name: "by-state",
      type: "GSI",
      partition: "at_state",
      sort: "wt",
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion -- the discriminator, which is no attribute here
      projection: ["left", "kind" as "left"],
    },
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion -- the discriminator, which is no attribute here
    { name: "by-weight", type: "LSI", sort: "wt", projection: ["kind" as "left", "st"] },
    { name: "by-left", type: "LSI", sort: "left" },
  ],
  views: { Sides: ["right", "no", "left"] },
});

/** How the members of a parcel's values are named, on every level: by the fields, in camelCase. */
const PARCEL_MEMBERS: Readonly<Record<string, string>> = {
  leg: "legNumber",
  no: "parcelNumber",
  st: "currentState",
  wt: "weight",
  left: "right",
  right: "left",
  note: "line2Of3c",
  marks: "nameTags",
  box: "outerBox",
  w: "fullWidth",
  h: "height",
  in: "innerBox",
  lbl: "labelText",
  raw: "rawBytes",
  stops: "allStops",
  c: "cityName",
  t: "reachedAt",
  c_t: "cityTags",
  grid: "loadPlan",
  x: "columnNumber",
  y: "isFull",
  made: "createdOn",
  seen: "lastSeen",
  rev: "revision",
};

function* membersOf(attributes: ReadonlyMap<string, Attribute>): Generator<[Attribute, string]> {
  for (const [name, attribute] of attributes) {
    yield [attribute, PARCEL_MEMBERS[name] ?? name];
    let inner: Attribute = attribute;
    while (inner.items !== undefined) {
      inner = inner.items;
    }
    yield* membersOf(inner.members ?? new Map());
  }
}

/** The names of members that are others than their attributes' names, as a program has to write them. */
export const MEMBER_NAMES: ReadonlyMap<Attribute, string> = new Map(membersOf(Parcel.attributes));
