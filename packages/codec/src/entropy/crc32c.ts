/**
 * CRC-32C (Castagnoli): finds every error of up to three bits and every burst of up to 32 in streams of this
 * size. Specification: RFC 3720, appendix B.4; eight bytes a step after Kounavis & Berry (2005), "slicing by
 * 8".
 */

/** The polynomial 0x1EDC6F41, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

const REMAINDERS = /* @__PURE__ */ checksumTables(8);

/** Tables for so many bytes a step. Table s, entry b (at 256 s + b): the remainder of byte b followed by s zero bytes. */
export function checksumTables(slices: number): Int32Array {
  const table = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? POLYNOMIAL : 0);
    table[byte] = rest;
  }
  for (let at = 256; at < table.length; at++) {
    const rest = table[at - 256];
    table[at] = (rest >>> 8) ^ table[rest & 255];
  }
  return table;
}

/** The checksum of bytes[start..end) as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const table = REMAINDERS;
  let sum = -1;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const low = sum ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    sum =
      table[1792 + (low & 255)] ^
      table[1536 + ((low >>> 8) & 255)] ^
      table[1280 + ((low >>> 16) & 255)] ^
      table[1024 + (low >>> 24)] ^
      table[768 + bytes[at + 4]] ^
      table[512 + bytes[at + 5]] ^
      table[256 + bytes[at + 6]] ^
      table[bytes[at + 7]];
  }
  for (; at < end; at++) sum = (sum >>> 8) ^ table[(sum ^ bytes[at]) & 255];
  return ~sum >>> 0;
}
