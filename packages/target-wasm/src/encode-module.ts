/**
 * An encoder as a WebAssembly module: one function `encode(groups, weights, s0, s1, …)` that encodes four units at a time and
 * returns 1 if one of them is unsound.
 *
 * One loop over groups of four units. The weights of four units are turned into scratch room, a vector for each place with one
 * weight of each unit; then the kernel's loops run, and bytes leave as words, one for each unit.
 */
import { type EncodeKernel, type Item, namedIn } from '@fewerbits/kernel';
import type { Code } from '@fewerbits/wasm-assembler';
import { assembleKernel, type KernelFunction, placeOfTable, tablesInMemory } from './assemble-kernel.ts';
import { bitsOf, emitLanes, type LaneScene, mask, pushesIn, UNITS, VECTOR } from './lanes.ts';
import type { LinkedModule } from './link.ts';
import { counted, scaled } from './loops.ts';
import { advance } from './sinks.ts';
import { gatherWeights, turnWeights } from './turn-weights.ts';

const GROUPS = 0;
const WEIGHTS = 1;
const FIRST_SOURCE = 2;

/**
 * The module of an encoder. It imports its memory as `fewerbits.memory`.
 * @param base byte of the memory at which the tables begin; scratch room follows them
 */
export function encodeModule(kernel: EncodeKernel, base = 0): LinkedModule {
  return assembleKernel(encodeFunction(kernel), base);
}

/**
 * The same as a function that is not yet in a module.
 * @param written `short`: the weights of four units are gathered lane by lane, in a tenth of the code and a little slower
 */
export function encodeFunction(kernel: EncodeKernel, written: 'fast' | 'short' = 'fast'): KernelFunction {
  const short = written === 'short';
  return {
    name: 'encode',
    params: new Array<'i32'>(FIRST_SOURCE + kernel.sources.length).fill('i32'),
    results: ['i32'],
    tables: tablesInMemory(kernel, ['table', 'listed', ...(short ? (['rank'] as const) : [])]),
    scratch: scratchBytes(kernel),
    body: (code, tables, scratch) => {
      // Written once into nothing, to see which constants its loops use: those stand in locals before them.
      const counts = new Map<number, number>();
      emitBody(silentCode(), kernel, tables, scratch, { counts, kept: [] }, short);
      const kept = [...counts].filter(([, count]) => count > OFTEN).map(([bits]) => bits);
      emitBody(code, kernel, tables, scratch, { counts, kept }, short);
    },
  };
}

/** Bytes that an encoder needs after its tables: the turned weights, and its arrays, for four units. */
export function scratchBytes({ width, arrays }: EncodeKernel): number {
  return VECTOR * arrays.reduce((sum, { length }) => sum + length, width);
}

/** Constants of four equal words: how often each is used (in a loop as often as matters), and those that have a local. */
interface Words {
  readonly counts: Map<number, number>;
  readonly kept: readonly number[];
}

/** Uses above which a constant has a local. */
const OFTEN = 2;

/** A body that is written nowhere. */
function silentCode(): Code {
  let locals = 0;
  const nothing = (): void => {};
  const nested = (body: () => void): void => body();
  return {
    local: () => locals++,
    get: nothing,
    set: nothing,
    tee: nothing,
    i32: nothing,
    i64: nothing,
    f32: nothing,
    f64: nothing,
    v128: nothing,
    op: nothing,
    load: nothing,
    store: nothing,
    lane: nothing,
    loadLane: nothing,
    shuffle: nothing,
    block: nested,
    loop: nested,
    if: nested,
    br: nothing,
    brIf: nothing,
  };
}

function emitBody(
  code: Code,
  kernel: EncodeKernel,
  tables: readonly (number | null)[],
  scratch: number,
  constants: Words,
  short: boolean,
): void {
  const { arrays, loops, sources, width, body } = kernel;
  const named = namedIn(kernel, ({ do: what }) => (what === 'store' ? UNITS : 1), pushesIn);
  let end = scratch + VECTOR * width;
  const arrayPlaces = arrays.map(({ length }) => {
    const place = end;
    end += VECTOR * length;
    return place;
  });

  /** Locals of constants: four equal words, and sixteen bytes. */
  let depth = 0;
  const wordLocals = new Map<number, number>();
  const vectorLocals = new Map<string, number>();
  const locals = new Map<number, number>();
  const turns = loops.map(() => code.local('i32'));
  const slots = new Map<string, number>();
  const slotLocal = (loop: number, slot: number): number => {
    const key = `${loop}/${slot}`;
    const local = slots.get(key) ?? code.local('v128');
    slots.set(key, local);
    return local;
  };
  const scene: LaneScene = {
    code,
    kernel,
    short,
    push: (k) => {
      const local = locals.get(k);
      if (local === undefined) emitLanes(k, scene);
      else code.get(local);
    },
    words: (bits) => {
      constants.counts.set(bits, (constants.counts.get(bits) ?? 0) + (depth > 0 ? OFTEN + 1 : 1));
      const known = wordLocals.get(bits);
      if (known === undefined) pushWords(code, bits);
      else code.get(known);
    },
    vector: (bytes) => code.get(vectorLocals.get(bytes.join())!),
    moved: ({ steps }, bytes) => {
      if (steps.length === 0) code.i32(0);
      for (const [k, { loop, by }] of steps.entries()) {
        code.get(turns[loop]!);
        scaled(code, by * bytes, VECTOR);
        if (k > 0) code.op('i32.add');
      }
    },
    weightsAt: scratch,
    tableAt: (table) => placeOfTable(tables, table),
    arrayAt: (array) => arrayPlaces[array]!,
    carried: (loop, slot) => code.get(slotLocal(loop, slot)),
    scratch: () => code.local('v128'),
  };

  for (const bits of constants.kept) {
    const local = code.local('v128');
    pushWords(code, bits);
    code.set(local);
    wordLocals.set(bits, local);
  }
  for (const bytes of vectorsOf(kernel)) {
    const local = code.local('v128');
    code.v128(bytes);
    code.set(local);
    vectorLocals.set(bytes.join(), local);
  }
  const sound = code.local('v128');
  scene.words(-1);
  code.set(sound);
  const largest = code.local('v128');
  const goesOn = code.local('i32');
  const run = (items: readonly Item[]): void => {
    for (const item of items) {
      switch (item.do) {
        case 'value':
          if (!named[item.value]) break;
          {
            const local = code.local('v128');
            emitLanes(item.value, scene);
            code.set(local);
            locals.set(item.value, local);
          }
          break;
        case 'put':
          scene.moved(item.at, VECTOR);
          scene.push(item.value);
          code.store('v128.store', arrayPlaces[item.array]! + VECTOR * item.at.base);
          break;
        case 'require':
          code.get(sound);
          mask(item.value, scene);
          code.op('v128.and');
          code.set(sound);
          break;
        case 'store':
          storeWords(item, scene, sources[item.source]!.stride);
          break;
        case 'loop': {
          const { loop, carried, when, more } = item;
          for (const [slot, { start }] of carried.entries()) {
            scene.push(start);
            code.set(slotLocal(loop, slot));
          }
          const turnsOfLoop = (): void =>
            counted(code, turns[loop]!, loops[loop]!, VECTOR, () => {
              depth++;
              run(item.body);
              // All at once: one slot may take what another had.
              for (const { next } of carried) scene.push(next);
              if (more !== null) mask(more, scene);
              if (more !== null) code.op('v128.any_true');
              if (more !== null) code.set(goesOn);
              depth--;
              for (const slot of [...carried.keys()].reverse()) code.set(slotLocal(loop, slot));
              return more === null ? null : goesOn;
            });
          if (when === null) turnsOfLoop();
          else {
            mask(when, scene);
            code.op('v128.any_true');
            code.if(turnsOfLoop);
          }
        }
      }
    }
  };
  code.loop(() => {
    (short ? gatherWeights : turnWeights)(code, WEIGHTS, width, scratch, largest);
    run(body);
    advance(code, WEIGHTS, () => code.i32(4 * width * UNITS));
    for (const [k, { stride }] of sources.entries())
      advance(code, FIRST_SOURCE + k, () => code.i32(stride * UNITS));
    advance(code, GROUPS, () => code.i32(-1));
    code.get(GROUPS);
    code.brIf(0);
  });
  code.get(sound);
  code.get(largest);
  scene.words(bitsOf(Infinity));
  code.op('i32x4.lt_s');
  code.op('v128.and');
  code.op('i32x4.all_true');
  code.op('i32.eqz');
}

/** A word of each unit to its place. */
function storeWords(
  { source, at, bytes, value }: Extract<Item, { do: 'store' }>,
  { code, push, moved }: LaneScene,
  stride: number,
): void {
  let address = FIRST_SOURCE + source;
  if (at.steps.length > 0) {
    moved(at, 1);
    code.get(address);
    code.op('i32.add');
    address = code.local('i32');
    code.set(address);
  }
  for (let unit = 0; unit < UNITS; unit++) {
    code.get(address);
    push(value);
    // Lanes are counted in the size that is stored.
    code.loadLane(`v128.store${8 * bytes}_lane`, (unit * 4) / bytes, at.base + unit * stride);
  }
}

/** A constant of four equal words: shorter so than as sixteen bytes. */
function pushWords(code: Code, bits: number): void {
  code.i32(bits | 0);
  code.op('i32x4.splat');
}

function vectorsOf({ values }: EncodeKernel): (readonly number[])[] {
  const looks = values.flatMap((value) => (value.op === 'i_look' ? [value.lanes] : []));
  return [...new Map(looks.map((lanes) => [lanes.join(), lanes])).values()];
}
