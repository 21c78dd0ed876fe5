/**
 * Weights that we packed, in ONNX Runtime: a model of one MatMulNBits node whose B, scales and zero points are our streams as they are.
 *
 * For each number of bits, with and without zero points: with the identity as A, the weights that the runtime decodes are ours, bit
 * for bit; with random A its products are within 1e-6 of ours in binary64 (relative, in the Euclidean norm), and our own products
 * (`wasmMatvec`, where the format has a kernel) are too. One line each; exits 1 where one differs.
 *
 * Needs a build and the runtime of `test/peers/onnxruntime`. `npm run test:onnxruntime`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { interpreter } from '@fewerbits/codec';
import { compileFile, makeSource } from '@fewerbits/dsl';
import { wasmMatvec } from '@fewerbits/target-wasm';

const TOLERANCE = 1e-6;
const [N, M] = [48, 5];
/** A block is cut by the end of a row in the last two; the runtime has no shorter tail than a block. */
const CASES = [
  { size: 32, K: 256 },
  { size: 128, K: 512 },
  { size: 32, K: 80 },
  { size: 64, K: 96 },
];

const peers = fileURLToPath(new URL('peers/onnxruntime/package.json', import.meta.url));
const { InferenceSession, Tensor } = createRequire(peers)('onnxruntime-node');
const { version } = createRequire(peers)('onnxruntime-node/package.json');
const path = fileURLToPath(new URL('../formats/onnx-matmulnbits/onnx_matmulnbits.qf', import.meta.url));
const file = compileFile(makeSource(path, readFileSync(path, 'utf8')));

const rows = [];
for (const bits of [2, 4, 8])
  for (const name of ['onnx_matmulnbits', 'onnx_matmulnbits_asym'])
    for (const { size, K } of CASES)
      rows.push({ bits, name, size, K, ...(await compare(name, bits, size, K)) });
print(rows);
const bad = rows.filter(({ ok }) => !ok);
if (bad.length > 0) {
  console.error(`${bad.length} of ${rows.length} cases differ`);
  process.exitCode = 1;
} else console.log(`${rows.length} cases agree with onnxruntime-node ${version}`);

/** One node: its decode against ours, its products and our own against decoded weights in binary64. */
async function compare(name, bits, size, K) {
  const { format } = file.instantiate(name, { bits, size });
  const codec = interpreter(format);
  const weights = gaussian(N * K, 17 * bits + K).map((value) => value + (name.endsWith('asym') ? 0.5 : 0));
  const packed = codec.encode(weights, { shape: [N, K] });
  const decoded = codec.decode(packed);
  let session;
  try {
    session = await InferenceSession.create(model({ ...packed.streams, bits, size, K }), {
      logSeverityLevel: 3,
    });
  } catch (error) {
    return { ok: false, note: `the runtime refuses the model: ${error.message.split('\n')[0]}` };
  }
  try {
    const product = async (A, height) =>
      (await session.run({ A: new Tensor('float32', A, [height, K]) })).Y.data;
    const identity = Float32Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? 1 : 0));
    const theirs = await product(identity, K);
    // With the identity, Y is the transpose of what the runtime decodes: [K, N]. It adds zeros, so the sign of zero is lost.
    let apart = 0;
    for (let n = 0; n < N; n++)
      for (let k = 0; k < K; k++) if (theirs[k * N + n] !== decoded[n * K + k]) apart++;
    const A = gaussian(M * K, 3 + bits);
    const exact = Float64Array.from({ length: M * N }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += A[Math.floor(i / N) * K + k] * decoded[(i % N) * K + k];
      return sum;
    });
    const distance = relative(await product(A, M), exact);
    const own = ownProducts(format, packed, A, K);
    const ownDistance = own === null ? null : relative(own, exact);
    const ok = apart === 0 && distance <= TOLERANCE && (ownDistance ?? 0) <= TOLERANCE;
    return { ok, apart, distance, ownDistance, note: '' };
  } finally {
    await session.release();
  }
}

/** Our fused products, a row of A at a time; null where the format or the shape has no kernel. */
function ownProducts(format, packed, A, K) {
  const matvec = wasmMatvec(format);
  if (typeof matvec === 'string') return null;
  try {
    const rows = Array.from({ length: M }, (_, m) => matvec.multiply(packed, A.subarray(m * K, (m + 1) * K)));
    return Float32Array.from(rows.flatMap((row) => [...row]));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function relative(found, exact) {
  let [difference, length] = [0, 0];
  for (let i = 0; i < exact.length; i++) {
    difference += (found[i] - exact[i]) ** 2;
    length += exact[i] ** 2;
  }
  return Math.sqrt(difference / length);
}

function gaussian(count, seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  );
}

/** A ModelProto of one MatMulNBits node (onnx/onnx onnx.proto; onnxruntime docs/ContribOperators.md). */
function model({ B, scales, zero_points: zeros, bits, size, K }) {
  const FLOAT = 1;
  const UINT8 = 2;
  const blocks = Math.ceil(K / size);
  const initializer = (name, type, dims, bytes) =>
    counted(5, ...dims.map((side) => int(1, side)), int(2, type), counted(8, name), counted(9, bytes));
  const attribute = (name, value) => counted(5, counted(1, name), int(3, value), int(20, 2));
  /** Shapes without sizes: A may have any number of rows. */
  const value = (field, name) => counted(field, counted(1, name), counted(2, counted(1, int(1, FLOAT))));
  const inputs = ['A', 'B', 'scales', ...(zeros === undefined ? [] : ['zero_points'])];
  const node = counted(
    1,
    ...inputs.map((name) => counted(1, name)),
    counted(2, 'Y'),
    counted(4, 'MatMulNBits'),
    attribute('K', K),
    attribute('N', N),
    attribute('bits', bits),
    attribute('block_size', size),
    attribute('accuracy_level', 0),
    counted(7, 'com.microsoft'),
  );
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const graph = counted(
    7,
    node,
    counted(2, 'graph'),
    initializer('B', UINT8, [N, blocks, (size * bits) / 8], B),
    initializer('scales', FLOAT, [N, blocks], scales),
    ...(zeros === undefined ? [] : [initializer('zero_points', UINT8, [N, zeroBytes], zeros)]),
    value(11, 'A'),
    value(12, 'Y'),
  );
  const opset = (name, number) => counted(8, counted(1, name), int(2, number));
  return Buffer.concat([int(1, 8), graph, opset('', 21), opset('com.microsoft', 1)]);
}

function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function int(field, value) {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function counted(field, ...parts) {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

function print(results) {
  const figure = (value) => (value === null || value === undefined ? '-' : value.toExponential(1));
  console.log('bits  zero points  block  K    decoded apart  products  our matvec');
  for (const { bits, name, size, K, ok, apart, distance, ownDistance, note } of results) {
    const cells = [
      String(bits).padEnd(4),
      (name.endsWith('asym') ? 'stored' : 'default').padEnd(11),
      String(size).padEnd(5),
      String(K).padEnd(3),
      String(apart ?? '-').padEnd(13),
      figure(distance).padEnd(8),
      figure(ownDistance).padEnd(10),
      ok ? '' : `DIFFERS ${note}`,
    ];
    console.log(cells.join('  ').trimEnd());
  }
}
