/**
 * What a tensor file looks like to the rest of the project, whatever container it came in.
 *
 * Plain descriptions and two reading verbs; nothing here knows a container.
 */

import type { GgufHeader } from './gguf/values.ts';

/** One tensor as the container describes it. */
export interface TensorInfo {
  readonly name: string;
  /** Elements along each axis, outermost first (row-major). Empty for a scalar. */
  readonly shape: readonly number[];
  /**
   * Type of a stored element, under its safetensors name in every container: `F32`, `BF16`, `U8`, …
   * A TF.js weight that was quantised at conversion reports what is stored (`U8`, `U16`); `readFloats` applies its scale.
   * ONNX adds `I4`, `U4`, `I2`, `U2`, `C128` and `STRING`; GGUF the names of ggml's block types: `Q4_0`, `IQ2_XXS`, …
   */
  readonly dtype: string;
  /** Stored bytes; of numbers stored at variable length (ONNX), those of their type. */
  readonly byteLength: number;
  /**
   * Axis the weights are summed over when the layer is applied, 0-based; `null` when the tensor has fewer than two axes
   * and nobody named one. Where several axes are summed over (a convolution) it is the input channels.
   */
  readonly contractionAxis: number | null;
  /** True when the container (or the caller) says so, false for a guess by convention. */
  readonly axisKnown: boolean;
  /** A short phrase for reports: where `contractionAxis` came from. */
  readonly axisReason: string;
  /** Why `readFloats` refuses this tensor (strings, complex numbers, sparse storage, blocks of ggml); absent when it can be read. */
  readonly unreadable?: string;
}

/** Containers that can be read. `raw` is bare little-endian binary32 with a shape from the caller. */
export type Container = 'safetensors' | 'npy' | 'tfjs' | 'onnx' | 'gguf' | 'llama2c' | 'raw';

/** An open tensor file, possibly of several shards. Reads may overlap; `close` releases the handles. */
export interface TensorFile {
  /** The path given to `openTensorFile`. */
  readonly path: string;
  readonly container: Container;
  /** In file order; names are unique. */
  readonly tensors: readonly TensorInfo[];
  /** `__metadata__` of safetensors (no prototype, any key is safe); empty elsewhere. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Key-values of GGUF with their types; of a llama2.c checkpoint those that a GGUF of it needs. Absent elsewhere, and when
   * `ggufLacks` says why.
   */
  readonly gguf?: GgufHeader;
  /** What a llama2.c checkpoint lacks to become a GGUF, and the cure, after "lacks"; absent where `gguf` is there. */
  readonly ggufLacks?: string;
  /**
   * Elements `start..end` (half-open, default all) of the flat row-major tensor, each rounded once, ties to even, to binary32.
   * Memory: the asked part and a chunk. NaN and infinities that are stored come back as they are.
   * @throws TensorFileError for an unknown name, complex elements, a finite binary64 beyond binary32, or a file that changed.
   * @throws RangeError when `start` or `end` is not an integer in `0 <= start <= end <= elements`.
   */
  readFloats(name: string, start?: number, end?: number): Promise<Float32Array>;
  /**
   * Bytes `start..end` (half-open, default all) of the tensor exactly as stored: the file's byte order and axis order.
   * ONNX numbers stored at variable length (`int32_data` and its like) come as `raw_data` would hold them.
   * @throws TensorFileError for an unknown name, a tensor without such bytes (strings, sparse), or a file that changed.
   * @throws RangeError when `start` or `end` is not an integer in `0 <= start <= end <= byteLength`.
   */
  readBytes(name: string, start?: number, end?: number): Promise<Uint8Array>;
  /** Releases the file handles; later reads throw `TensorFileError`. Closing twice is harmless. */
  close(): Promise<void>;
}

/** What the caller knows that a file may not. */
export interface OpenOptions {
  /** Shape of a raw file; refused for containers that carry their own. */
  readonly shape?: readonly number[];
  /** Contraction axis, 0-based, for every tensor that has such an axis; wins over the container. */
  readonly axis?: number;
}
