/**
 * Reading of the golden vectors beside the repository. Tests that need them say `describe.skipIf(!hasShared)`;
 * the warning below makes a skip loud.
 */
import { existsSync, readFileSync } from 'node:fs';

const shared = new URL('../../../../shared/', import.meta.url);

export const hasShared = existsSync(new URL('vectors/manifest.json', shared));
if (!hasShared)
  console.warn(`SKIPPED: golden vectors of numerics; no ${shared.pathname}vectors/manifest.json`);

export interface Stored {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  readonly dtype: string;
}

export interface Case {
  readonly id: string;
  readonly group: string;
  readonly type: string;
  readonly op: string;
  readonly rule: string;
  readonly saturate?: boolean;
  readonly rounding?: string;
  readonly params?: { k: number; precision: number; signed: boolean; extended: boolean; bias: number };
  readonly x?: Stored;
  readonly y?: Stored;
  readonly codes?: Stored;
  readonly table?: Stored;
  readonly packed?: Stored;
  readonly absmax?: Stored;
  readonly block?: number;
}

export function cases(group: string, op: string): readonly Case[] {
  if (!hasShared) return [];
  const manifest = JSON.parse(readFileSync(new URL('vectors/manifest.json', shared), 'utf8'));
  return manifest.cases.filter((entry: Case) => entry.group === group && entry.op === op);
}

/** The values of a stored array, little-endian. */
export function load({ file, offset, bytes, dtype }: Stored): number[] {
  const buffer = readFileSync(new URL(`vectors/${file}`, shared));
  const view = new DataView(buffer.buffer, buffer.byteOffset + offset, bytes);
  const readers: Record<string, [number, (at: number) => number]> = {
    f32: [4, (at) => view.getFloat32(at, true)],
    u16: [2, (at) => view.getUint16(at, true)],
    u8: [1, (at) => view.getUint8(at)],
  };
  const [width, read] = readers[dtype]!;
  return Array.from({ length: bytes / width }, (_, i) => read(i * width));
}

/** A codebook of numerics-reference.json and how it came about. */
export interface ReferenceCodebook {
  readonly curve: string;
  readonly alpha: string;
  readonly levels: number;
  readonly scaling: 'rms' | 'absmax' | 'signmax';
  readonly mode: 'symmetric' | 'asymmetric' | 'repeat_zero';
  readonly block: number | null;
  readonly values: readonly number[];
}

/** The parts of numerics-reference.json that numbers are tested against. */
export interface NumericsReference {
  readonly codebooks: readonly ReferenceCodebook[];
  readonly fixed_codebooks: Readonly<Record<string, readonly number[]>>;
  readonly scalar_format_rounding_examples: Readonly<Record<string, readonly number[]>>;
  readonly lut_tie_rule: { readonly codebook: number[]; readonly x: number[]; readonly out: number[] };
  readonly R_tensor_rms: readonly {
    data: string;
    bits: number;
    quantiser: string;
    mode: 'symmetric' | 'asymmetric';
    curve: string;
    R: number;
  }[];
}

/** The reference figures of docs/design/numerics.md; `null` where they are absent. */
export function numericsReference(): NumericsReference | null {
  const file = new URL('design/numerics-reference.json', shared);
  if (!existsSync(file)) {
    console.warn(`SKIPPED: reference codebooks of numerics; no ${file.pathname}`);
    return null;
  }
  const read = JSON.parse(readFileSync(file, 'utf8'));
  return { ...read, lut_tie_rule: read.scalar_format_rounding_examples.lut_tie_rule };
}
