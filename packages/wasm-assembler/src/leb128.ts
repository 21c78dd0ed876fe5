/** Integers of variable length, as WebAssembly writes them. Specification: WebAssembly core 2.0, 5.2.2. */

/** An unsigned integer below 2^32. */
export function unsigned(value: number): number[] {
  if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 32))
    throw new RangeError(`${value} is not an unsigned integer of 32 bits`);
  const out: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest === 0 ? byte : byte + 128);
  } while (rest !== 0);
  return out;
}

/** A signed integer of 32 bits. */
export function signed(value: number): number[] {
  if (!(Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32))
    throw new RangeError(`${value} is not an integer of 32 bits`);
  const out: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    const last = (rest === 0 && byte < 64) || (rest === -1 && byte >= 64);
    out.push(last ? byte : byte + 128);
    if (last) return out;
  }
}
