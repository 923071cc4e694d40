/** Attributes of JSON text: any JSON value ↔ canonical text in an S. */

import { canonicalJson, JsonFault, parseJson } from "../text/json.ts";
import { quote } from "../text/utf8.ts";
import { refuse, refuseWire, ValueFault, type ValueCodec, type Wire } from "./value.ts";

/** The codec of every attribute with `json`. */
export const JSON_TEXT: ValueCodec = {
  encode(value) {
    const text = translated(() => canonicalJson(value, "storable"));
    return `{"S":${quote(text) ?? refuse("a lone surrogate is no text")}}`;
  },
  decode(wire: Wire) {
    const text = wire.S;
    return typeof text === "string" ? translated(() => parseJson(text)) : refuseWire("S", wire, "S as JSON");
  },
};

/** The place inside the JSON value is left out of the path: it is no attribute. */
function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (fault) {
    throw fault instanceof JsonFault ? new ValueFault(fault.fact) : fault;
  }
}
