/** The checksum that DynamoDB sends with its answers, and the SDK does not look at. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) {
    rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return rest >>> 0;
});

function slowCrc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest = (rest >>> 8) ^ (TABLE[(rest ^ byte) & 0xff] ?? 0);
  }
  return (rest ^ 0xffffffff) >>> 0;
}

/** What Node has since 22.3; asking at run time spares bundlers a module that not every Node has. */
interface MaybeProcess {
  readonly getBuiltinModule?: (name: "node:zlib") => { readonly crc32?: (bytes: Uint8Array) => number };
}

const builtin = (process as MaybeProcess).getBuiltinModule?.("node:zlib").crc32;

/** Give the CRC-32 of bytes (ISO 3309), as an unsigned number. */
export const crc32: (bytes: Uint8Array) => number = builtin ?? slowCrc32;

export { slowCrc32 };
