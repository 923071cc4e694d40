/** Binary: bytes ↔ padded base64 text, never a list of numbers. */

import { refuseKind, refuseWire, type ValueCodec, type Wire } from "./value.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Give the base64 text of bytes; a `Buffer` is bytes too. */
export function encodeBytes(value: unknown): string {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")
    : refuseKind("a Uint8Array", value);
}

/** Give the bytes of base64 text; undefined where it is none. */
export function decodeBytes(text: string): Uint8Array | undefined {
  // A copy of its own: a Buffer may be a window on memory that it shares.
  return BASE64.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : undefined;
}

/** The codec of every attribute of type B. */
export const BINARY: ValueCodec = {
  encode: (value) => `{"B":"${encodeBytes(value)}"}`,
  decode(wire: Wire) {
    const text = wire.B;
    const bytes = typeof text === "string" ? decodeBytes(text) : undefined;
    return bytes ?? refuseWire("B", wire, "B as base64");
  },
};
