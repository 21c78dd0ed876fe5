/**
 * Levels as text: base64 of little-endian binary32 or binary64, the way that a NumberType and `format.json` carry them.
 *
 * Portable: no Buffer, no atob; the same text on every platform and byte order. Base64 as RFC 4648, section 4, with padding.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * Packs levels in order. Under `f32` each is rounded to binary32 first.
 * @throws RangeError for a level that is not finite, or not once rounded; it names the index.
 */
export function packLevels(levels: ArrayLike<number>, precision: 'f32' | 'f64'): string {
  const width = precision === 'f32' ? 4 : 8;
  const bytes = new DataView(new ArrayBuffer(levels.length * width));
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!;
    if (!Number.isFinite(precision === 'f32' ? Math.fround(level) : level)) {
      throw new RangeError(
        `levels[${i}] = ${level} is not a finite ${precision === 'f32' ? 'binary32' : 'binary64'} number`,
      );
    }
    if (precision === 'f32') bytes.setFloat32(i * 4, level, true);
    else bytes.setFloat64(i * 8, level, true);
  }
  return toBase64(new Uint8Array(bytes.buffer));
}

/**
 * The levels that `packLevels` wrote.
 * @throws RangeError if the text is not base64 or not a whole number of levels.
 */
export function unpackLevels(text: string, precision: 'f32' | 'f64'): Float64Array {
  const bytes = fromBase64(text);
  const width = precision === 'f32' ? 4 : 8;
  if (bytes.length % width !== 0) {
    throw new RangeError(`levels: ${bytes.length} bytes are no whole number of ${width}-byte levels`);
  }
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / width }, (_, i) =>
    precision === 'f32' ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true),
  );
}

function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    parts.push(
      ALPHABET[word >> 18]!,
      ALPHABET[(word >> 12) & 63]!,
      left > 1 ? ALPHABET[(word >> 6) & 63]! : '=',
      left > 2 ? ALPHABET[word & 63]! : '=',
    );
  }
  return parts.join('');
}

const DIGITS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((letter, digit) => [letter, digit]));

function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw new RangeError(`levels: base64 of ${text.length} characters is cut short`);
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let i = 0, at = 0; i < text.length; i += 4) {
    let word = 0;
    for (let j = 0; j < 4; j++) {
      const isPadding = i + j >= text.length - padding;
      const digit = isPadding ? 0 : DIGITS.get(text[i + j]!);
      if (digit === undefined)
        throw new RangeError(`levels: '${text[i + j]}' at ${i + j} is no base64 character`);
      word = (word << 6) | digit;
    }
    // A typed array ignores writes beyond its end: the bytes that padding stands for fall away.
    bytes[at++] = word >> 16;
    bytes[at++] = word >> 8;
    bytes[at++] = word;
  }
  return bytes;
}
