/**
 * Counts → lengths of an optimal prefix code of limited length, and the canonical codes of given lengths.
 *
 * Lengths: package-merge (Larmore & Hirschberg 1990). Codes: canonical order as in RFC 1951, section 3.2.2.
 */

/**
 * Lengths in 1..limit with Kraft equality (Σ 2^-length = 1) that minimise Σ count · length. A single entry
 * gets length 1 though its code is empty.
 * @throws RangeError if there are no counts, or more than 2^limit.
 */
export function codeLengths(counts: Float64Array, limit: number): Uint32Array {
  const n = counts.length;
  if (n === 0 || n > 2 ** limit) {
    throw new RangeError(`counts has ${n} entries; codes of at most ${limit} bits need 1..${2 ** limit}`);
  }
  if (n === 1) return Uint32Array.of(1);
  const ascending = Uint32Array.from(counts, (_, i) => i).sort((a, b) => counts[a] - counts[b] || a - b);
  const leaves = Float64Array.from(ascending, (i) => counts[i]);
  const levels = packageMerge(leaves, limit);
  const lengths = new Uint32Array(n);
  // Of the last list the 2n - 2 lightest are taken; each package taken takes two items of the list below it.
  let taken = 2 * n - 2;
  for (let level = levels.length - 1; level >= 0; level--) {
    let leavesTaken = 0;
    for (let k = 0; k < taken; k++) leavesTaken += levels[level][k];
    for (let k = 0; k < leavesTaken; k++) lengths[ascending[k]]++;
    taken = 2 * (taken - leavesTaken);
  }
  return lengths;
}

/**
 * For each of `limit` lists, whether its items, ascending in weight, are leaves (1) or packages of two items
 * of the list before (0).
 */
function packageMerge(leaves: Float64Array, limit: number): Uint8Array[] {
  const levels: Uint8Array[] = [];
  let weights = new Float64Array(0);
  for (let level = 0; level < limit; level++) {
    const packages = weights.length >> 1;
    const merged = new Float64Array(leaves.length + packages);
    const isLeaf = new Uint8Array(merged.length);
    let leaf = 0;
    let pack = 0;
    for (let k = 0; k < merged.length; k++) {
      const packed = pack < packages ? weights[2 * pack] + weights[2 * pack + 1] : Infinity;
      if (leaf < leaves.length && leaves[leaf] <= packed) {
        merged[k] = leaves[leaf++];
        isLeaf[k] = 1;
      } else {
        merged[k] = packed;
        pack++;
      }
    }
    levels.push(isLeaf);
    weights = merged;
  }
  return levels;
}

/**
 * Canonical codes, shorter ones first and among equals in the order of the entries, each with its bits
 * reversed: the bit that is stored first is the least significant. Entries of length 0 have no code.
 */
export function canonicalCodes(lengths: ArrayLike<number>, longest: number): Uint32Array {
  const population = new Uint32Array(longest + 1);
  for (let i = 0; i < lengths.length; i++) if (lengths[i] > 0) population[lengths[i]]++;
  const next = new Uint32Array(longest + 1);
  for (let length = 1; length <= longest; length++) {
    next[length] = (next[length - 1] + population[length - 1]) * 2;
  }
  const codes = new Uint32Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) {
    if (lengths[i] > 0) codes[i] = reverseBits(next[lengths[i]]++, lengths[i]);
  }
  return codes;
}

function reverseBits(value: number, width: number): number {
  let reversed = 0;
  for (let bit = 0; bit < width; bit++) reversed |= ((value >>> bit) & 1) << (width - 1 - bit);
  return reversed;
}
