/**
 * An encoder as a WebAssembly module: one function `encode(groups, weights, s0, s1, …)` that encodes four units at a time and
 * returns 1 if one of them is unsound.
 *
 * One loop over groups of four units. The weights of four units are turned so that each vector has one weight of each; bytes
 * leave as words, one for each unit.
 */
import { type EncodeKernel, operandsOf } from '@fewerbits/kernel';
import type { Code } from '@fewerbits/wasm-assembler';
import { assembleKernel } from './assemble-kernel.ts';
import { bitsOf, emitLanes, type LaneScene, pushesIn, UNITS, WHOLE } from './lanes.ts';
import type { LinkedModule } from './link.ts';
import { advance } from './sinks.ts';

const GROUPS = 0;
const WEIGHTS = 1;
const FIRST_SOURCE = 2;

/**
 * The module of an encoder. It imports its memory as `fewerbits.memory`.
 * @param base byte of the memory at which the tables begin
 */
export function encodeModule(kernel: EncodeKernel, base = 0): LinkedModule {
  const params = new Array<'i32'>(FIRST_SOURCE + kernel.sources.length).fill('i32');
  return assembleKernel(kernel, base, { name: 'encode', params, results: ['i32'] }, (code, tables) =>
    emitBody(code, kernel, tables),
  );
}

function emitBody(code: Code, kernel: EncodeKernel, tables: readonly number[]): void {
  const { values, stores, sources, width, sound } = kernel;
  const uses = new Array<number>(values.length).fill(0);
  for (const value of values) for (const k of operandsOf(value)) uses[k]! += pushesIn(value.op);
  for (const { value } of stores) uses[value]! += UNITS;
  uses[sound]!++;

  const constants = new Map<string, number>();
  const constant = (bytes: readonly number[]): void => {
    const key = bytes.join();
    const known = constants.get(key);
    if (known === undefined) code.v128(bytes);
    else code.get(known);
  };
  const locals = new Map<number, number>();
  const groups = new Map<number, readonly number[]>();
  const scene: LaneScene = {
    code,
    kernel,
    push: (k) => {
      const local = locals.get(k);
      if (local !== undefined) return code.get(local);
      emitLanes(k, scene);
      const { op } = values[k]!;
      if (op === 'int' || op === 'real' || op === 'weight' || uses[k]! < 2) return;
      const kept = code.local('v128');
      locals.set(k, kept);
      code.tee(kept);
    },
    words: (bits) => constant([0, 1, 2, 3].flatMap(() => wordBytes(bits))),
    vector: constant,
    weights: (offset) => {
      const first = offset - (offset % UNITS);
      const four = groups.get(first) ?? turned(code, first, width);
      groups.set(first, four);
      code.get(four[offset - first]!);
    },
    tableAt: (table) => tables[table]!,
    scratch: () => code.local('v128'),
  };

  for (const bytes of constantsOf(kernel)) {
    const local = code.local('v128');
    code.v128(bytes);
    code.set(local);
    constants.set(bytes.join(), local);
  }
  const all = code.local('v128');
  scene.words(bitsOf(1));
  code.set(all);
  code.loop(() => {
    for (const { source, offset, bytes, value } of stores) {
      for (let unit = 0; unit < UNITS; unit++) {
        code.get(FIRST_SOURCE + source);
        scene.push(value);
        // Lanes are counted in the size that is stored.
        const lane = (unit * 4) / bytes;
        code.loadLane(`v128.store${8 * bytes}_lane`, lane, offset + unit * sources[source]!.stride);
      }
    }
    code.get(all);
    scene.push(sound);
    code.op('f32x4.pmin');
    code.set(all);
    advance(code, WEIGHTS, () => code.i32(4 * width * UNITS));
    for (const [k, { stride }] of sources.entries())
      advance(code, FIRST_SOURCE + k, () => code.i32(stride * UNITS));
    advance(code, GROUPS, () => code.i32(-1));
    code.get(GROUPS);
    code.brIf(0);
  });
  code.get(all);
  scene.words(bitsOf(1));
  code.op('f32x4.ne');
  code.op('v128.any_true');
}

/** Weights first … first + 3 of four units as four vectors, each with one weight of every unit: a transposition. */
function turned(code: Code, first: number, width: number): readonly number[] {
  const rows = Array.from({ length: UNITS }, (_, unit) => {
    const local = code.local('v128');
    code.get(WEIGHTS);
    code.load('v128.load', 4 * (unit * width + first));
    code.set(local);
    return local;
  });
  const shuffled = (a: number, b: number, words: readonly number[]): number => {
    const local = code.local('v128');
    code.get(a);
    code.get(b);
    code.shuffle(words.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)));
    code.set(local);
    return local;
  };
  const [a, b, c, d] = rows as [number, number, number, number];
  const [low, high] = [
    [0, 4, 1, 5],
    [2, 6, 3, 7],
  ] as const;
  const [ab, cd] = [shuffled(a, b, low), shuffled(c, d, low)];
  const [abHigh, cdHigh] = [shuffled(a, b, high), shuffled(c, d, high)];
  return [
    shuffled(ab, cd, [0, 1, 4, 5]),
    shuffled(ab, cd, [2, 3, 6, 7]),
    shuffled(abHigh, cdHigh, [0, 1, 4, 5]),
    shuffled(abHigh, cdHigh, [2, 3, 6, 7]),
  ];
}

function wordBytes(bits: number): number[] {
  return [bits & 255, (bits >>> 8) & 255, (bits >>> 16) & 255, bits >>> 24];
}

/** Constant vectors that more than one place needs: they stand in locals before the loop. */
function constantsOf(kernel: EncodeKernel): (readonly number[])[] {
  const words = new Set<number>([bitsOf(1), 0]);
  for (const value of kernel.values) {
    if (value.op === 'int') words.add(value.value);
    if (value.op === 'real') words.add(bitsOf(value.value));
    if (value.op === 'rank')
      for (const threshold of kernel.tables[value.table]!) words.add(bitsOf(threshold));
    if (value.op === 'i_look') words.add(0xff);
    if (value.op === 'to_int') for (const bits of [WHOLE, WHOLE + value.less]) words.add(bits);
  }
  const looks = new Map(
    kernel.values.flatMap((value) =>
      value.op === 'i_look' ? [[value.lanes.join(), [...value.lanes]] as const] : [],
    ),
  );
  return [...[...words].map((bits) => [0, 1, 2, 3].flatMap(() => wordBytes(bits))), ...looks.values()];
}
