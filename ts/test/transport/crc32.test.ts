import { crc32 as nodes } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32, slowCrc32 } from "../../src/transport/crc32.ts";

describe("crc32", () => {
  it("is the checksum of every zip file, with Node's help and without", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect([crc32(bytes), slowCrc32(bytes)]).toEqual([nodes(bytes), nodes(bytes)]);
      }),
    );
  });
});
