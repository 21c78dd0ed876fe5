/**
 * Differences between what was wanted and what came, told so that a person finds the mistake: the first differing block
 * as hex, the fields that differ by name, entry and value.
 */
import { type Codec, type Fields, matrixShape, type Packed, planLayout } from '@fewerbits/format';

/** A difference, or a remark about one that is allowed. */
export interface Difference {
  readonly text: string;
  /** Only zeros of the other sign differ. */
  readonly signOfZeroOnly: boolean;
}

/**
 * The first difference of two binary32 arrays by bits; a NaN equals any NaN. Null if there is none.
 * `either`: a zero equals a zero of the other sign; such differences alone come back with `signOfZeroOnly`.
 */
export function valuesDiffer(
  want: Float32Array,
  got: Float32Array,
  zeros: 'exact' | 'either',
): Difference | null {
  if (want.length !== got.length) {
    return { text: `${got.length} values, want ${want.length}`, signOfZeroOnly: false };
  }
  let first = -1;
  let count = 0;
  let signs = 0;
  for (let i = 0; i < want.length; i++) {
    if (Object.is(want[i], got[i])) continue;
    if (zeros === 'either' && want[i] === 0 && got[i] === 0) {
      signs++;
      continue;
    }
    if (first < 0) first = i;
    count++;
  }
  if (count > 0) {
    const place = `[${first}] = ${valueText(got[first]!)}, want ${valueText(want[first]!)}`;
    return { text: `${count} of ${want.length} values; first ${place}`, signOfZeroOnly: false };
  }
  return signs === 0 ? null : { text: `${signs} zeros have the other sign`, signOfZeroOnly: true };
}

/** A value with its bits: `0.1 (3dcccccd)`. */
export function valueText(value: number): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0).toString(16).padStart(8, '0');
  return `${Object.is(value, -0) ? '-0' : value} (${bits})`;
}

/** The first index at which two lists of numbers differ, or -1. */
export function firstDifference(want: ArrayLike<number>, got: ArrayLike<number>): number {
  const length = Math.max(want.length, got.length);
  for (let i = 0; i < length; i++) if (want[i] !== got[i]) return i;
  return -1;
}

/**
 * How two packed tensors of one format differ, or null: which stream, how many bytes, the first differing block in hex and the
 * fields by name. A stream that `want` lacks is not compared.
 */
export function packedDiffer(codec: Codec, want: Packed, got: Packed): string | null {
  for (const [name, bytes] of Object.entries(want.streams)) {
    const actual = got.streams[name];
    const stream = name === '' ? 'the stream' : `stream ${name}`;
    if (actual === undefined) {
      return `${stream} is missing; there are ${Object.keys(got.streams).join(', ') || 'none'}`;
    }
    if (actual.length !== bytes.length) return `${stream} has ${actual.length} bytes, want ${bytes.length}`;
    const first = firstDifference(bytes, actual);
    if (first < 0) continue;
    let count = 0;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== actual[i]) count++;
    const block = blockAround(codec, want, name, first);
    return [
      `${stream}: ${count} of ${bytes.length} bytes, first at ${first} (${block.text})`,
      `  want ${hex(bytes, block.from, block.to)}`,
      `  got  ${hex(actual, block.from, block.to)}`,
      ...fieldsDiffer(codec, want, got).map((line) => `  ${line}`),
    ].join('\n');
  }
  return null;
}

/** The repeated group of the layout that a byte stands in; sixteen bytes where the group is small or the whole stream. */
function blockAround(
  codec: Codec,
  packed: Packed,
  stream: string,
  byte: number,
): { from: number; to: number; text: string } {
  const around = { from: byte - (byte % 16), to: byte - (byte % 16) + 16, text: `byte ${byte % 16} of 16` };
  try {
    const plan = planLayout(codec.format, matrixShape(codec.format.view, packed.shape));
    const segments = plan.streams.find((s) => s.name === stream)?.segments ?? [];
    for (const { start, bits, repeat } of segments) {
      const from = start / 8;
      const size = bits / 8;
      if (!Number.isInteger(from) || !Number.isInteger(size) || size < 8 || size > 4096) continue;
      if (byte < from || byte >= from + size * repeat) continue;
      const block = Math.floor((byte - from) / size);
      const at = from + block * size;
      return { from: at, to: at + size, text: `block ${block}, byte ${byte - at} of ${size}` };
    }
  } catch {
    // A format whose lengths depend on its data has no plan for a shape alone; sixteen bytes tell enough.
  }
  return around;
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  return Array.from(bytes.subarray(from, to), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** One line for each field whose codes differ. */
function fieldsDiffer(codec: Codec, want: Packed, got: Packed): string[] {
  const unpack = (packed: Packed): Fields['codes'] | null => {
    try {
      return codec.unpack({ ...packed, streams: { ...got.streams, ...packed.streams } }).codes;
    } catch {
      return null;
    }
  };
  const wanted = unpack(want);
  const actual = unpack(got);
  if (wanted === null || actual === null) return ['(the fields cannot be told apart: the bytes do not unpack)'];
  return Object.entries(wanted).flatMap(([name, codes]) => {
    const line = codesDiffer(name, codes, actual[name] ?? []);
    return line === null ? [] : [line];
  });
}

/** How the codes of a field differ, or null. */
export function codesDiffer(field: string, want: ArrayLike<number>, got: ArrayLike<number>): string | null {
  if (want.length !== got.length) return `field ${field}: ${got.length} codes, want ${want.length}`;
  const first = firstDifference(want, got);
  if (first < 0) return null;
  let count = 0;
  for (let i = 0; i < want.length; i++) if (want[i] !== got[i]) count++;
  return `field ${field}: ${count} of ${want.length} codes, first [${first}] = ${got[first]}, want ${want[first]}`;
}
