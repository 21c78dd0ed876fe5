/**
 * A decode kernel as a WebAssembly module of one function: `decode(rows, units, out, back, s0, r0, s1, r1, …)` writes weights; `back`:
 * the bytes by which the weights of a row end before its units do. `matvec(rows, units, out, vector, s0, r0, …)` multiplies each
 * weight where it is computed and writes the sum of each row. rK: how far source K moves from the end of a row to the next.
 *
 * A loop over rows around one over units, around the kernel's own. Constants stand before all of them, what is the same in all units
 * of a row before the second. Every value is computed where it is used first, so that few vectors live at a time.
 */
import {
  fixedInRow,
  type Item,
  itemsOf,
  type LoopKernel,
  namedIn,
  type Program,
  type Value,
} from '@fewerbits/kernel';
import type { Code, ValueType } from '@fewerbits/wasm-assembler';
import { assembleKernel, type KernelFunction, placeOfTable, tablesInMemory } from './assemble-kernel.ts';
import { constantsOf } from './constants.ts';
import type { LinkedModule } from './link.ts';
import { counted, placesOf, type Use } from './loops.ts';
import { emitValue, pushesOf, type Scene } from './operations.ts';
import {
  advance,
  DECODE_PARAMS,
  decodeSink,
  matvecSink,
  ROWS,
  type Sink,
  UNITS,
  type WeightSink,
} from './sinks.ts';

/** A module that decodes. */
export type DecodeModule = LinkedModule;

/**
 * The module of a kernel. It imports its memory as `fewerbits.memory`.
 * @param base byte of the memory at which the tables begin; scratch room follows them
 * @throws Error for a kernel that works on single weights.
 */
export function decodeModule(kernel: LoopKernel, base = 0): DecodeModule {
  return assembleKernel(decodeFunction(kernel), base);
}

/** The same as a function that is not yet in a module. @throws Error as `decodeModule` */
export function decodeFunction(kernel: LoopKernel): KernelFunction {
  return weightsFunction(kernel, 'decode', decodeSink);
}

/**
 * The module that multiplies rows by a vector, without the weights standing anywhere. Its rows are whole units.
 * @throws Error as `decodeModule`
 */
export function matvecModule(kernel: LoopKernel, base = 0): LinkedModule {
  return assembleKernel(weightsFunction(kernel, 'matvec', matvecSink), base);
}

/** Bytes that a decoder needs after its tables: its arrays. */
export function arrayBytes({ arrays }: LoopKernel): number {
  return arrays.reduce((sum, { length }) => sum + SINGLE * length, 0);
}

/** Bytes of a single, in a scratch array and in a table. */
const SINGLE = 4;

/** What writes a unit needs to know of the function that it is written into. */
export interface Frame extends Pick<Scene, 'code' | 'vector' | 'tableAt' | 'once'> {
  /** The local with the address of a source's unit. */
  sourceLocal(source: number): number;
  /** The byte of its scratch room. */
  readonly scratch: number;
}

/** What a function does with a row and with each of its units. */
export interface UnitWriter extends Sink {
  unit(): void;
}

/**
 * A function that runs through rows of units.
 * @param first parameters before the sources
 * @param scratch bytes that it needs between its loops
 * @param writerOf is called once, where constants are known
 */
export function unitsFunction(
  kernel: Program,
  name: string,
  first: number,
  scratch: number,
  writerOf: (frame: Frame) => UnitWriter,
): KernelFunction {
  const { sources } = kernel;
  const params = new Array<'i32'>(first + 2 * sources.length).fill('i32');
  const body: KernelFunction['body'] = (code, tables, room) => {
    const sourceLocal = (source: number): number => first + 2 * source;
    const vectors = constantLocals(code, kernel);
    const shared = new Map<string, number>();
    const writer = writerOf({
      code,
      scratch: room,
      sourceLocal,
      tableAt: (table) => placeOfTable(tables, table),
      vector: (bytes) => code.get(vectors.get(bytes.join())!),
      // Loops have turns: what is written first in the text is computed first.
      once: (key, type, make) => {
        const known = shared.get(key);
        if (known !== undefined) return code.get(known);
        make();
        const local = code.local(type);
        shared.set(key, local);
        code.tee(local);
      },
    });
    const left = code.local('i32');
    const again = (count: number): void => {
      code.get(count);
      code.i32(1);
      code.op('i32.sub');
      code.tee(count);
      code.brIf(0);
    };
    code.loop(() => {
      writer.beginRow();
      code.get(UNITS);
      code.set(left);
      code.loop(() => {
        writer.unit();
        writer.endUnit();
        for (const [k, { moves, stride }] of sources.entries())
          if (moves === 'unit' || moves === 'column') advance(code, sourceLocal(k), () => code.i32(stride));
        again(left);
      });
      writer.endRow();
      for (const k of sources.keys()) advance(code, sourceLocal(k), () => code.get(sourceLocal(k) + 1));
      again(ROWS);
    });
  };
  return { name, params, results: [], tables: tablesInMemory(kernel), scratch, body };
}

/** The vectors that values need beside their operands, in locals. */
function constantLocals(code: Code, kernel: Program): ReadonlyMap<string, number> {
  const vectors = new Map<string, number>();
  for (const value of kernel.values) {
    for (const bytes of constantsOf(value, kernel)) {
      if (vectors.has(bytes.join())) continue;
      const local = code.local('v128');
      vectors.set(bytes.join(), local);
      code.v128(bytes);
      code.set(local);
    }
  }
  return vectors;
}

function weightsFunction(
  kernel: LoopKernel,
  name: string,
  sinkOf: (code: Code, width: number) => WeightSink,
): KernelFunction {
  if (kernel.lanes !== 4) throw new Error('lower the kernel for four weights at a time');
  return unitsFunction(kernel, name, DECODE_PARAMS, arrayBytes(kernel), (frame) =>
    writerOf(kernel, frame, sinkOf(frame.code, kernel.width)),
  );
}

function writerOf(kernel: LoopKernel, frame: Frame, sink: WeightSink): UnitWriter {
  const { values, loops, arrays, body } = kernel;
  const { code } = frame;
  const named = namedIn(kernel, () => 1, pushesOf);
  const fixed = fixedInRow(kernel);
  let end = frame.scratch;
  const arrayPlaces = arrays.map(({ length }) => {
    const place = end;
    end += SINGLE * length;
    return place;
  });
  const useOf = (at: Use['at'], source?: number): Use =>
    source === undefined
      ? { root: null, at, bytes: SINGLE }
      : { root: frame.sourceLocal(source), at, bytes: 1 };
  const countOf = (at: Use['at']): Use => ({ root: null, at, bytes: 1, isCount: true });
  const weightsAt = (at: Use['at']): Use => ({ root: sink.moves, at, bytes: SINGLE });
  const places = placesOf(code, loops, [
    ...values.flatMap((value) => {
      if (value.op === 'placed') return [countOf(value.at)];
      return 'at' in value ? [useOf(value.at, 'source' in value ? value.source : undefined)] : [];
    }),
    ...[...itemsOf(body)].flatMap((item) =>
      item.do === 'give' ? [weightsAt(item.at)] : item.do === 'put' ? [useOf(item.at)] : [],
    ),
  ]);
  const locals = new Map<number, number>();
  /** Values that are to be kept once they are used, or before the next loop. */
  const pending = new Set<number>();
  const localFor = (k: number): number => {
    const local = code.local(typeInWasm(values[k]!));
    locals.set(k, local);
    return local;
  };
  const scene: Scene = {
    ...frame,
    kernel,
    push: (k) => {
      const local = locals.get(k);
      if (local !== undefined) return code.get(local);
      emitValue(k, scene);
      if (pending.delete(k)) code.tee(localFor(k));
    },
    address: ({ source, table, array }, at) => {
      if (source === undefined && table === undefined && array === undefined) return places.push(countOf(at));
      const start =
        table !== undefined ? frame.tableAt(table) : array !== undefined ? arrayPlaces[array]! : 0;
      return start + places.push(useOf(at, source));
    },
  };
  const keep = (k: number): void => {
    if (locals.has(k)) return;
    emitValue(k, scene);
    pending.delete(k);
    code.set(localFor(k));
  };
  const isConstant = (k: number): boolean => values[k]!.op === 'int' || values[k]!.op === 'real';
  const write = (items: readonly Item[]): void => {
    for (const item of items) {
      switch (item.do) {
        case 'value':
          if (named[item.value] && !locals.has(item.value)) pending.add(item.value);
          break;
        case 'put': {
          const offset = arrayPlaces[item.array]! + places.push(useOf(item.at));
          scene.push(item.value);
          code.store(values[item.value]!.type === 'f32x4' ? 'v128.store' : 'f32.store', offset);
          break;
        }
        case 'give':
          sink.take(
            item.at.base,
            () => places.push(weightsAt(item.at)),
            () => scene.push(item.value),
          );
          break;
        case 'loop':
          for (const k of pending) keep(k);
          counted(code, places.turnOf(item.loop), loops[item.loop]!, places.stepOf(item.loop), () => {
            places.begin(item.loop);
            write(item.body);
            return null;
          });
          break;
        default:
          throw new Error(`${item.do} belongs to encoders`);
      }
    }
  };
  return {
    ...sink,
    beginRow: () => {
      for (const item of body)
        if (item.do === 'value' && fixed[item.value] && !isConstant(item.value)) keep(item.value);
      sink.beginRow();
    },
    unit: () => {
      places.begin(null);
      write(body);
    },
  };
}

/** What a value is in WebAssembly. */
export function typeInWasm({ type }: Value): ValueType {
  return type === 'i32' || type === 'f32' ? type : 'v128';
}
