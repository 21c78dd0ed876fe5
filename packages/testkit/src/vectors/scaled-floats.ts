/**
 * Cases of block-scaled floats: OCP MX under each scale rule, and NVFP4 as three libraries compute it.
 */
import { checkExpectation } from './check.ts';
import { arrayOf, isArrayRef, numberOf, type VectorCase } from './manifest.ts';
import { type CaseEnvironment, noFormat, skipped, type Verdict } from './verdict.ts';

/** The fit of format `mx` that each scale rule is; undefined: the default, OCP's floor. */
const MX_FITS: Readonly<Record<string, string | undefined>> = {
  floor: undefined,
  ceil: 'ceil',
  even: 'even',
  rceil: 'rceil',
};

/** Checks one case of the group `mx`. */
export async function checkMx(vector: VectorCase, { read, format, codecOf }: CaseEnvironment): Promise<Verdict> {
  const mode = String(vector.scale_mode);
  if (!(mode in MX_FITS)) return skipped(`scale rule ${mode} is not known to this kit`);
  const name = vector.type === 'mxfp4_e2m1' ? 'mxfp4' : vector.type;
  const mx = await format(name);
  if (mx === null) return noFormat(name);
  const codec = codecOf(mx);
  const weights = await read.floats(arrayOf(vector, 'x'));
  const decoded = await read.floats(arrayOf(vector, 'y'));
  const scale = await read.bytes(arrayOf(vector, 'scales'));
  const shape = [weights.length];
  const fit = MX_FITS[mode];
  if (isArrayRef(vector.codes)) {
    // The peer keeps a code in each byte; the format's stream is dense, so its own packing is what is compared.
    const codes = { scale, code: await read.bytes(vector.codes) };
    const { streams } = codec.pack({ shape, codes, kept: new Float32Array(0) });
    return checkExpectation(codec, { shape, streams, decoded, codes, encode: { weights, fit }, repack: 'bytes' });
  }
  // A block with NaN or Inf has a scale and no codes that mean anything: any code decodes to NaN under scale 0xFF.
  const own = codec.encode(weights, { shape, ...(fit === undefined ? {} : { fit }) });
  const note = 'codes are the codec\'s own: under the NaN scale they mean nothing';
  const streams = { ...own.streams, scale };
  return checkExpectation(codec, { shape, streams, decoded, encode: { weights, fit }, repack: 'bytes', note });
}

/** Checks one case of the group `nvfp4`. */
export async function checkNvfp4(vector: VectorCase, environment: CaseEnvironment): Promise<Verdict> {
  const { read, format, codecOf } = environment;
  const packed = await read.bytes(arrayOf(vector, 'packed'));
  const scales = await read.bytes(arrayOf(vector, 'scales'));
  const variant = nvfp4Variant(vector, packed, scales);
  if (variant === null) return skipped(`rule ${vector.rule} is not known to this kit`);
  const nvfp4 = await format(variant.name);
  if (nvfp4 === null) return noFormat(variant.name);
  const weights = await read.floats(arrayOf(vector, 'x'));
  return checkExpectation(codecOf(nvfp4), {
    shape: [weights.length],
    streams: variant.streams,
    decoded: await read.floats(arrayOf(vector, 'y')),
    codes: { code: await read.bytes(arrayOf(vector, 'codes')), scale: scales },
    encode: { weights },
    repack: 'bytes',
  });
}

function nvfp4Variant(
  vector: VectorCase,
  packed: Uint8Array,
  scales: Uint8Array,
): { name: string; streams: Record<string, Uint8Array> } | null {
  switch (vector.rule) {
    case 'nvfp4-torchao_2level':
      return {
        name: 'nvfp4',
        streams: {
          weight: packed,
          weight_scale: scales,
          weight_scale_2: float32Bytes([numberOf(vector, 'tensor_scale')]),
        },
      };
    case 'nvfp4-torchao_1level':
      return { name: 'nvfp4_single', streams: { scale: scales, code: packed } };
    case 'nvfp4-compressed-tensors':
      return {
        name: 'nvfp4_compressed_tensors',
        streams: {
          weight_packed: packed,
          weight_scale: scales,
          weight_global_scale: float32Bytes([numberOf(vector, 'global_scale')]),
        },
      };
    default:
      return null;
  }
}

/** Binary32 values as little-endian bytes. */
export function float32Bytes(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i]!, true);
  return new Uint8Array(view.buffer);
}
