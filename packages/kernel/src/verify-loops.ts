/**
 * Checks that a kernel with loops is well formed: a value stands where its operands are known, loops and arrays are there, and every
 * byte of a unit is stored once, or every weight given once.
 */
import { type At, type EncodeKernel, type Item, type LoopKernel, operandsOf } from './ir.ts';
import { failing, verifyValues } from './verify.ts';

/** @throws Error naming the value and what is wrong with it: a mistake of a lowering or a pass, never of a user. */
export function verifyLoops(kernel: EncodeKernel | LoopKernel): void {
  const { values, sources, width, name, loops, arrays } = kernel;
  const fail = failing(kernel);
  verifyValues(kernel);
  const encodes = kernel.kind === 'encode';
  const lanes = encodes ? 1 : kernel.lanes;
  const inVectors = lanes > 1;
  const stored = sources.map(({ stride }) => new Array<number>(encodes ? stride : 0).fill(0));
  const given = new Array<number>(encodes ? 0 : width).fill(0);
  const within = (k: number, at: At, around: readonly number[], length: number, what: string): void => {
    for (const { loop } of at.steps) if (!around.includes(loop)) fail(k, `loop ${loop} is not around it`);
    for (const place of placesOf(at, loops))
      if (!(place >= 0 && place < length)) fail(k, `there is no ${what} ${place}`);
  };
  const eachTurnElsewhere = (k: number, at: At, around: readonly number[]): void => {
    if (around.some((loop) => !at.steps.some((step) => step.loop === loop)))
      fail(k, 'it is written again in every turn of a loop');
  };
  const walk = (body: readonly Item[], around: readonly number[], before: ReadonlySet<number>): void => {
    const known = new Set(before);
    const need = (k: number, who: number): void => {
      if (!known.has(k)) fail(who, `value ${k} is not known there`);
    };
    for (const item of body) {
      if (item.do === 'loop') {
        if (!(loops[item.loop]! >= 2)) throw new Error(`kernel of ${name}: loop ${item.loop} has no turns`);
        for (const { start } of item.carried) need(start, start);
        if (item.when !== null) need(item.when, item.when);
        const inside = new Set(known);
        for (const [k, value] of values.entries())
          if (value.op === 'carried' && value.loop === item.loop) inside.add(k);
        walk(item.body, [...around, item.loop], inside);
        const atEnd = new Set(inside);
        for (const inner of item.body) if (inner.do === 'value') atEnd.add(inner.value);
        for (const [k, value] of values.entries()) {
          if (value.op !== 'result') continue;
          if (item.body.some((inner) => inner.do === 'loop' && inner.loop === value.loop)) atEnd.add(k);
          if (value.loop === item.loop) known.add(k);
        }
        for (const { start, next } of item.carried) {
          if (!atEnd.has(next)) fail(next, 'it is not known at the end of the loop that carries it');
          if (values[start]!.type !== values[next]!.type) fail(next, 'a loop carries values of one type');
        }
        if (item.more !== null && !(atEnd.has(item.more) && values[item.more]!.type === 'f32'))
          fail(item.more, 'it does not say whether the loop goes on');
        continue;
      }
      const { value: k } = item;
      const value = values[k]!;
      if (item.do === 'value') {
        if (!inVectors && value.type !== 'i32' && value.type !== 'f32')
          fail(k, 'the kernel is for single weights');
        if (value.op === 'load' || value.op === 'load16') fail(k, 'loops read at places');
        const other = encodes ? value.op === 'read' || value.op === 'read16' : value.op === 'weight';
        if (other) fail(k, 'it belongs to the other direction');
        for (const a of operandsOf(value)) need(a, k);
        if (value.op === 'weight') within(k, value.at, around, width, 'weight');
        if (value.op === 'listed') {
          const last = value.type === 'f32x4' ? 3 : 0;
          within(k, value.at, around, kernel.tables[value.table]!.length - last, 'element');
        }
        if (value.op === 'get' || value.op === 'peek') {
          within(k, value.at, around, arrays[value.array]!.length, 'element');
          if (arrays[value.array]!.type !== value.type) fail(k, 'the array holds another type');
        }
        known.add(k);
        continue;
      }
      need(k, k);
      if (item.do === 'put') {
        const four = inVectors && value.type === 'f32x4';
        within(k, item.at, around, arrays[item.array]!.length - (four ? 3 : 0), 'element');
        if (arrays[item.array]!.type !== (four ? 'f32' : value.type))
          fail(k, 'it is put into an array of another type');
      } else if (item.do === 'give') {
        if (value.type !== (inVectors ? 'f32x4' : 'f32')) fail(k, 'a weight is a real');
        within(k, item.at, around, width - lanes + 1, 'weight');
        for (const place of placesOf(item.at, loops))
          for (let lane = 0; lane < lanes; lane++) given[place + lane]! += 1;
        eachTurnElsewhere(k, item.at, around);
      } else if (item.do === 'require') {
        if (value.type !== 'f32') fail(k, 'what is required is a real');
      } else {
        if (value.type !== 'i32') fail(k, 'bytes are those of an integer');
        const { stride } = sources[item.source]!;
        within(k, item.at, around, stride - item.bytes + 1, 'byte');
        for (const place of placesOf(item.at, loops))
          for (let byte = 0; byte < item.bytes; byte++) stored[item.source]![place + byte]! += 1;
        eachTurnElsewhere(k, item.at, around);
      }
    }
  };
  walk(kernel.body, [], new Set());
  if (given.some((count) => count !== 1))
    throw new Error(`kernel of ${name}: weights are given [${given.join(' ')}] times`);
  for (const [source, counts] of stored.entries())
    if (counts.some((count) => count !== 1))
      throw new Error(`kernel of ${name}: source ${source} is stored [${counts.join(' ')}] times`);
}

/** Every place that loops move to. */
function placesOf({ base, steps }: At, loops: readonly number[]): number[] {
  return steps.reduce(
    (places, { loop, by }) =>
      places.flatMap((place) => Array.from({ length: loops[loop]! }, (_, turn) => place + turn * by)),
    [base],
  );
}
