/**
 * Tells an ONNX model by its first bytes, since protobuf has no magic number.
 */
import { readVarint, unsigned } from './varint.ts';

/** Fields of a ModelProto that hold counted bytes, but the graph, and model_version (5), a varint. */
const COUNTED = [2, 3, 4, 6, 7, 8, 14, 20, 25, 26];
const MODEL_VERSION = 5;

/** Every writer puts the fields in order, so a model opens with its IR version and another field of ModelProto. */
export function isOnnx(head: Uint8Array, byteLength: number): boolean {
  if (head.length < 4 || head[0] !== 0x08 || head[1] === 0 || head[1]! >= 0x80) return false;
  const tag = { low: 0, high: 0 };
  const at = readVarint(head, 2, head.length, tag);
  const number = Math.floor(unsigned(tag) / 8);
  if (number === MODEL_VERSION) return (tag.low & 7) === 0;
  if (at === -1 || (tag.low & 7) !== 2 || !COUNTED.includes(number)) return false;
  const length = { low: 0, high: 0 };
  const start = readVarint(head, at, head.length, length);
  return start !== -1 && unsigned(length) <= byteLength - start;
}
