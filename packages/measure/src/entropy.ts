/**
 * Counts of codes, and what an ideal order-0 coder would spend on them.
 *
 * Follows docs/design/numerics.md §1.8 ("optimal"). Real coders (rANS, Huffman) are elsewhere and cost more; this file is the bound that
 * they are compared with. It knows integers, not formats.
 */

/** Alphabets up to this many codes are counted in an array, others in a map. */
export const DENSE_CODES = 2 ** 16;

/** How often each code was seen; plain data. Made by `codeHistogram`. */
export interface CodeHistogram {
  /** Codes 0..codes−1 can occur; `null`: any integer. */
  readonly codes: number | null;
  /** For a known alphabet of at most `DENSE_CODES` codes; else `null`. */
  readonly dense: Float64Array | null;
  readonly sparse: Map<number, number>;
  /** Codes seen in all. */
  total: number;
}

/**
 * A histogram that has seen nothing. `codes`: the size of the alphabet 0..codes−1; left out for any integers (a grid).
 * @throws RangeError unless `codes` is a positive whole number.
 */
export function codeHistogram(codes: number | null = null): CodeHistogram {
  if (codes !== null && !(Number.isSafeInteger(codes) && codes > 0)) {
    throw new RangeError(`codes: an alphabet has a positive whole number of codes, not ${codes}`);
  }
  const dense = codes !== null && codes <= DENSE_CODES ? new Float64Array(codes) : null;
  return { codes, dense, sparse: new Map(), total: 0 };
}

/**
 * Counts each code. A call that throws may have counted the codes before the one it names.
 * @throws RangeError for a value that is not an integer of the alphabet.
 */
export function addCodes(h: CodeHistogram, codes: ArrayLike<number>): void {
  if (codes instanceof Uint8Array && h.dense !== null && h.dense.length >= 256) {
    addBytes(h, codes);
    return;
  }
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    const known = h.codes === null || (code >= 0 && code < h.codes);
    if (!known || !Number.isSafeInteger(code)) {
      const alphabet = h.codes === null ? 'integers' : `0..${h.codes - 1}`;
      throw new RangeError(`codes: codes[${i}] is ${code}, the alphabet is ${alphabet}`);
    }
    if (h.dense) h.dense[code]!++;
    else h.sparse.set(code, (h.sparse.get(code) ?? 0) + 1);
    h.total++;
  }
}

/** Bytes of an alphabet that has them all: nothing to check, and four counts side by side, since equal codes wait for each other. */
function addBytes(h: CodeHistogram, codes: Uint8Array): void {
  const counts = new Uint32Array(4 * 256);
  for (let start = 0; start < codes.length; start += 2 ** 31) {
    const end = Math.min(codes.length, start + 2 ** 31);
    counts.fill(0);
    let i = start;
    for (; i + 4 <= end; i += 4) {
      counts[codes[i]!]!++;
      counts[256 + codes[i + 1]!]!++;
      counts[512 + codes[i + 2]!]!++;
      counts[768 + codes[i + 3]!]!++;
    }
    for (; i < end; i++) counts[codes[i]!]!++;
    for (const [at, count] of counts.entries()) h.dense![at & 255]! += count;
  }
  h.total += codes.length;
}

/**
 * Adds what `other` has seen to `h`; exact in any order.
 * @throws TypeError for histograms over different alphabets.
 */
export function mergeCodes(h: CodeHistogram, other: CodeHistogram): void {
  if (h.codes !== other.codes) {
    throw new TypeError(`other: counts an alphabet of ${other.codes} codes, h one of ${h.codes}`);
  }
  if (h.dense) for (let i = 0; i < h.dense.length; i++) h.dense[i]! += other.dense![i]!;
  else for (const [code, count] of other.sparse) h.sparse.set(code, (h.sparse.get(code) ?? 0) + count);
  h.total += other.total;
}

/** The codes that occurred, ascending, with their counts. */
export function codeCounts(h: CodeHistogram): { readonly code: number; readonly count: number }[] {
  if (!h.dense) return [...h.sparse].sort((a, b) => a[0] - b[0]).map(([code, count]) => ({ code, count }));
  const counts: { code: number; count: number }[] = [];
  h.dense.forEach((count, code) => {
    if (count > 0) counts.push({ code, count });
  });
  return counts;
}

/** Order-0 entropy of the codes seen, −Σ p log2 p, in bits per code; 0 before the first. */
export function entropy(h: CodeHistogram): number {
  return h.total === 0 ? 0 : idealBits(h) / h.total;
}

/**
 * Bits that an ideal coder spends on all codes seen, with a static model p = (count + smoothing) / (total + codes·smoothing) that is not
 * itself counted. Smoothing 0: the entropy times the number of codes. Summed by ascending code, so merged parts agree to the last bit.
 * @throws RangeError for a negative smoothing, or a positive one without a known alphabet.
 */
export function idealBits(h: CodeHistogram, smoothing = 0): number {
  if (!(smoothing >= 0 && smoothing < Infinity)) {
    throw new RangeError(`smoothing: a finite number from 0, not ${smoothing}`);
  }
  if (smoothing > 0 && h.codes === null) {
    throw new RangeError('smoothing: needs a known alphabet; give codeHistogram its number of codes');
  }
  const all = h.total + (h.codes ?? 0) * smoothing;
  let bits = 0;
  for (const { count } of codeCounts(h)) bits += count * Math.log2(all / (count + smoothing));
  return bits;
}
