/**
 * The one comparison behind every case that has a format: the peer's bytes, weights and values against a codec.
 *
 * A group says what it expects (`Expectation`); what is compared, and how a difference is told, is the same for all.
 */
import type { Codec, Packed } from '@fewerbits/format';
import { codesDiffer, packedDiffer, valuesDiffer } from './compare.ts';
import { failed, passed, type Verdict } from './verdict.ts';

/** What a peer did with one tensor, in the words of a codec. */
export interface Expectation {
  readonly shape: readonly number[];
  /** The peer's bytes by stream. */
  readonly streams: Readonly<Record<string, Uint8Array>>;
  /** What the peer encoded, and how: the codec must write the same streams. Left out where bytes are not to be compared. */
  readonly encode?: {
    readonly weights: Float32Array;
    readonly fit?: string | undefined;
    readonly importance?: Float32Array | undefined;
    readonly given?: Readonly<Record<string, ArrayLike<number>>>;
    /** Bytes of every stream that are the peer's mistake and not compared. */
    readonly except?: readonly { readonly from: number; readonly to: number }[];
  };
  /** What the peer's bytes decode to, by bits. */
  readonly decoded?: Float32Array | undefined;
  /** Whether a decoded zero may have the other sign; said in the verdict's detail where one has. */
  readonly zeros?: 'exact' | 'either';
  /** Codes that the peer's bytes must unpack to, by field. */
  readonly codes?: Readonly<Record<string, ArrayLike<number>>>;
  /** Whether packing what was unpacked must give back the same bytes, or (where padding holds noise) the same codes. */
  readonly repack: 'bytes' | 'codes';
  /** Said in the verdict beside what was checked. */
  readonly note?: string | undefined;
}

/** Compares a codec with an expectation; what differs first is told first. */
export function checkExpectation(codec: Codec, expected: Expectation): Verdict {
  const packed: Packed = { shape: expected.shape, streams: expected.streams };
  const checked: string[] = [];
  const problems: string[] = [];
  const step = (name: string, run: () => string | null): void => {
    let problem: string | null;
    try {
      problem = run();
    } catch (error) {
      problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
    if (problem === null) checked.push(name);
    else problems.push(`${name}: ${problem}`);
  };

  const { encode, decoded, codes } = expected;
  if (encode !== undefined) {
    step('encode', () => {
      const { weights, except = [], ...options } = encode;
      const defined = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
      const own = codec.encode(weights, { shape: expected.shape, ...defined });
      return packedDiffer(codec, except.length === 0 ? packed : withOwn(packed, own, except), own);
    });
  }
  if (decoded !== undefined) {
    step('decode', () => {
      const difference = valuesDiffer(decoded, codec.decode(packed), expected.zeros ?? 'exact');
      if (difference === null) return null;
      if (!difference.signOfZeroOnly) return difference.text;
      checked.push(`${difference.text}, which the rule allows`);
      return null;
    });
  }
  if (codes !== undefined) {
    step('unpack', () => {
      const fields = codec.unpack(packed);
      const lines = Object.entries(codes).map(([name, want]) => codesDiffer(name, want, fields.codes[name] ?? []));
      return lines.find((line) => line !== null) ?? null;
    });
  }
  step('repack', () => {
    const fields = codec.unpack(packed);
    const again = codec.pack(fields);
    if (expected.repack === 'bytes') return packedDiffer(codec, packed, again);
    const second = codec.unpack(again);
    const lines = Object.entries(fields.codes).map(([name, want]) => codesDiffer(name, want, second.codes[name] ?? []));
    return lines.find((line) => line !== null) ?? null;
  });
  const note = expected.note === undefined ? '' : `; ${expected.note}`;
  return problems.length === 0 ? passed(checked.join(', ') + note) : failed(problems.join('\n') + note);
}

/** The peer's streams with some ranges of bytes as the codec has them. */
function withOwn(peer: Packed, own: Packed, ranges: readonly { readonly from: number; readonly to: number }[]): Packed {
  const streams = Object.entries(peer.streams).map(([name, bytes]) => {
    // A copy: `slice` of a Node Buffer is none.
    const mixed = Uint8Array.from(bytes);
    for (const { from, to } of ranges) mixed.set((own.streams[name] ?? mixed).subarray(from, to), from);
    return [name, mixed] as const;
  });
  return { ...peer, streams: Object.fromEntries(streams) };
}
