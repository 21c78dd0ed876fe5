/**
 * Byte order, stated instead of assumed: typed arrays use the host's, files use their own.
 */

/** True where typed arrays store the low byte first (every platform Node is released for, bar s390x). */
const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Makes `bytes`, numbers of `width` bytes in the file's order, readable through typed arrays of the host. In place.
 * `width` is 1, 2, 4 or 8 and divides the length.
 */
export function toHostOrder(bytes: Uint8Array, width: number, bigEndian: boolean): void {
  if (width === 1 || bigEndian === !hostIsLittleEndian) return;
  for (let at = 0; at < bytes.length; at += width) {
    for (let low = at, high = at + width - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
  }
}

/** The bytes of `data` in little-endian order: a view where the host already has that order, else a copy. */
export function littleEndianBytes(data: Float32Array | Uint8Array): Uint8Array {
  const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (hostIsLittleEndian || data.BYTES_PER_ELEMENT === 1) return view;
  const copy = view.slice();
  toHostOrder(copy, data.BYTES_PER_ELEMENT, false);
  return copy;
}
