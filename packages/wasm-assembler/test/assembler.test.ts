/** The engine judges: every instruction of the table is valid with its types, and what is assembled computes. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assemble,
  type Code,
  LANE_LOADS,
  LANES,
  LOADS,
  type Op,
  PLAIN,
  STORES,
  type ValueType,
} from '../src/index.ts';
import { signed, unsigned } from '../src/leb128.ts';

function pushes(code: Code, type: ValueType): void {
  if (type === 'i32') code.i32(1);
  else if (type === 'f32') code.f32(1);
  else if (type === 'f64') code.f64(1);
  else if (type === 'v128') code.v128(new Uint8Array(16));
  else {
    code.i32(1);
    code.op('i64.extend_i32_s');
  }
}

function moduleOf(
  takes: readonly ValueType[],
  gives: ValueType | null,
  emit: (code: Code) => void,
): Uint8Array<ArrayBuffer> {
  return assemble({
    memory: { pages: 1 },
    functions: [
      {
        name: 'f',
        params: [],
        results: gives === null ? [] : [gives],
        body: (code) => {
          for (const type of takes) pushes(code, type);
          emit(code);
        },
      },
    ],
  });
}

/** A function of a module run. */
function run(
  params: readonly ValueType[],
  results: readonly ValueType[],
  body: (code: Code) => void,
  memory = new Uint8Array(0),
): (...args: number[]) => number {
  const bytes = assemble({ memory: { pages: 1 }, functions: [{ name: 'f', params, results, body }] });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  new Uint8Array((exports.memory as WebAssembly.Memory).buffer).set(memory);
  return exports.f as (...args: number[]) => number;
}

describe('the table of instructions', () => {
  const all: [string, Op, (code: Code, name: string) => void][] = [
    ...[...PLAIN].map(([name, op]) => [name, op, (code: Code) => code.op(name)] as [string, Op, () => void]),
    ...[...LOADS].map(
      ([name, op]) => [name, op, (code: Code) => code.load(name, 4)] as [string, Op, () => void],
    ),
    ...[...STORES].map(
      ([name, op]) => [name, op, (code: Code) => code.store(name, 4)] as [string, Op, () => void],
    ),
    ...[...LANES].map(
      ([name, op]) => [name, op, (code: Code) => code.lane(name, 1)] as [string, Op, () => void],
    ),
    ...[...LANE_LOADS].map(
      ([name, op]) => [name, op, (code: Code) => code.loadLane(name, 1, 4)] as [string, Op, () => void],
    ),
  ];

  it.each(all)('%s is valid', (name, op, emit) => {
    const bytes = moduleOf(op.takes, op.gives, (code) => emit(code, name));
    expect(WebAssembly.validate(bytes)).toBe(true);
  });

  it('has no opcode twice', () => {
    const codes = all.map(([, op]) => op.code.join());
    expect(new Set(codes).size).toBe(codes.length);
    expect(all.length).toBeGreaterThan(350);
  });
});

describe('what is assembled', () => {
  it('keeps constants to the bit', () => {
    const bits = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(bits, (value) => {
        expect(run([], ['i32'], (code) => code.i32(value))()).toBe(value);
        const real = new Float32Array(Int32Array.of(value).buffer)[0]!;
        const back = run([], ['i32'], (code) => {
          code.f32(real);
          code.op('i32.reinterpret_f32');
        })();
        // A NaN may lose its payload on its way through JavaScript.
        if (!Number.isNaN(real)) expect(back).toBe(value);
      }),
      { numRuns: 200 },
    );
  });

  it('loops: the sum of bytes in memory', () => {
    const sum = run(
      ['i32'],
      ['i32'],
      (code) => {
        const total = code.local('i32');
        code.loop(() => {
          code.get(0);
          code.i32(1);
          code.op('i32.sub');
          code.tee(0);
          code.load('i32.load8_u');
          code.get(total);
          code.op('i32.add');
          code.set(total);
          code.get(0);
          code.brIf(0);
        });
        code.get(total);
      },
      Uint8Array.from([1, 2, 3, 4]),
    );
    expect(sum(4)).toBe(10);
  });

  it('shuffles, swizzles and takes lanes', () => {
    const memory = Uint8Array.from({ length: 16 }, (_, k) => 10 * k);
    const third = run(
      [],
      ['i32'],
      (code) => {
        code.i32(0);
        code.load('v128.load');
        code.v128(new Uint8Array(16).fill(7));
        code.shuffle([3, 16, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        code.v128([2, 200, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        code.op('i8x16.swizzle');
        code.lane('i32x4.extract_lane', 0);
      },
      memory,
    );
    expect(third()).toBe(20 | (0 << 8) | (7 << 16) | (30 << 24));
  });

  it('branches both ways', () => {
    const larger = run(['i32'], ['i32'], (code) => {
      const out = code.local('i32');
      code.get(0);
      code.i32(5);
      code.op('i32.gt_s');
      code.if(
        () => {
          code.i32(1);
          code.set(out);
        },
        () => {
          code.i32(2);
          code.set(out);
        },
      );
      code.get(out);
    });
    expect([larger(6), larger(5)]).toEqual([1, 2]);
  });
});

describe('mistakes', () => {
  const build = (body: (code: Code) => void) => () => moduleOf([], null, body);
  it.each([
    [
      'an operand of another type',
      (c: Code) => [c.i32(1), c.f32(1), c.op('i32.add')],
      /function f: i32.add needs i32, and there is f32/,
    ],
    ['an operand that is not there', (c: Code) => c.op('f32.abs'), /f32.abs needs f32, and there is nothing/],
    ['a value left', (c: Code) => c.i32(1), /the end needs nothing; on the stack: i32/],
    ['a local that is not there', (c: Code) => c.get(3), /there is no local 3/],
    [
      'a lane that is not there',
      (c: Code) => [pushes(c, 'v128'), c.lane('f32x4.extract_lane', 4)],
      /has no lane 4/,
    ],
    ['a vector of fifteen', (c: Code) => c.v128(new Uint8Array(15)), /sixteen bytes/],
    [
      'an index beyond both vectors',
      (c: Code) => [pushes(c, 'v128'), pushes(c, 'v128'), c.shuffle(new Array(16).fill(32))],
      /below 32/,
    ],
    ['a name that is none', (c: Code) => c.op('i32.plus'), /there is no instruction i32.plus/],
    ['a block that leaves a value', (c: Code) => c.block(() => c.i32(1)), /a block leaves values/],
    ['a branch too far', (c: Code) => c.br(1), /there is no block 1/],
  ])('%s', (_, body, message) => {
    expect(build((code) => void body(code))).toThrow(message);
  });
});

describe('integers of variable length', () => {
  const read = (bytes: number[], withSign: boolean): number => {
    let value = 0n;
    let shift = 0n;
    for (const byte of bytes) {
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
    }
    return Number(withSign ? BigInt.asIntN(32, BigInt.asIntN(Number(shift), value)) : value);
  };
  it('come back, and are as short as they can be', () => {
    fc.assert(fc.property(fc.nat(2 ** 32 - 1), (n) => void expect(read(unsigned(n), false)).toBe(n)));
    fc.assert(fc.property(fc.integer(), (n) => void expect(read(signed(n), true)).toBe(n)));
    expect([unsigned(127), unsigned(128), signed(63), signed(64), signed(-64)]).toEqual([
      [127],
      [128, 1],
      [63],
      [192, 0],
      [64],
    ]);
    expect(() => unsigned(-1)).toThrow(RangeError);
    expect(() => signed(2 ** 32)).toThrow(RangeError);
  });
});
