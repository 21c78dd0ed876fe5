/** Checks that a kernel is well formed: operands before use, types as the operations want them, every code stored once. */
import { operandsOf, type Program, type Type, type UnpackKernel, type Value } from './ir.ts';

/**
 * That every code of a unit is stored once.
 * @throws Error naming the value and what is wrong with it: a mistake of a lowering or a pass, never of a user.
 */
export function verifyUnpackKernel(kernel: UnpackKernel): void {
  const { values, stores, outputs, name } = kernel;
  const fail = failing(kernel);
  verifyValues(kernel);
  for (const [k, value] of values.entries())
    if (LOOPED.has(value.op)) fail(k, 'it belongs to kernels with loops');
  const stored = outputs.map(({ entries }) => new Array<number>(entries).fill(0));
  for (const { output, entry, value } of stores) {
    const type = values[value]?.type;
    const count = type === 'u8x16' ? 16 : 1;
    if (type !== 'i32' && (type !== 'u8x16' || outputs[output]!.bytes !== 1))
      fail(value, `a ${type} is stored at entry ${entry}`);
    for (let k = 0; k < count; k++) stored[output]![entry + k]! += 1;
  }
  for (const [output, counts] of stored.entries())
    if (counts.length !== outputs[output]!.entries || counts.some((count) => count !== 1))
      throw new Error(`kernel of ${name}: ${outputs[output]!.field} is stored [${counts.join(' ')}] times`);
}

const LOOPED: ReadonlySet<Value['op']> = new Set([
  'weight',
  'listed',
  'read',
  'read16',
  'placed',
  'get',
  'peek',
  'carried',
  'result',
]);

/** Throws an error that names a value. */
export function failing({ name, values }: Program): (k: number, what: string) => never {
  return (k, what) => {
    throw new Error(`kernel of ${name}, value ${k} (${values[k]?.op ?? 'none'}): ${what}`);
  };
}

/** Operands stand before what reads them and have the right types; sources, tables and lanes are there. */
export function verifyValues(kernel: Program): void {
  const { values } = kernel;
  const fail = failing(kernel);
  for (const [k, value] of values.entries()) {
    const operands = operandsOf(value);
    for (const a of operands) if (!(a >= 0 && a < k)) fail(k, `operand ${a} does not stand before it`);
    const wanted = operandTypes(value);
    for (const [n, a] of operands.entries())
      if (values[a]!.type !== wanted[n]) fail(k, `operand ${a} is ${values[a]!.type}, not ${wanted[n]}`);
    if ('source' in value && kernel.sources[value.source] === undefined)
      fail(k, `there is no source ${value.source}`);
    if ('table' in value && kernel.tables[value.table] === undefined)
      fail(k, `there is no table ${value.table}`);
    if ('lanes' in value && (value.lanes.length !== 16 || value.lanes.some((v) => !(v >= 0 && v < 256))))
      fail(k, 'its lanes are not sixteen bytes');
  }
}

function operandTypes(value: Value): Type[] {
  switch (value.op) {
    case 'int':
    case 'real':
    case 'load':
    case 'load16':
    case 'weight':
    case 'listed':
    case 'read':
    case 'read16':
    case 'placed':
    case 'get':
    case 'peek':
    case 'turn':
    case 'carried':
    case 'result':
      return [];
    case 'to_int':
    case 'bits_of':
    case 'rank':
      return ['f32'];
    case 'i_pick':
      return ['f32', 'i32', 'i32'];
    case 'i_look':
      return ['i32'];
    case 'i_add':
    case 'i_sub':
    case 'i_mul':
    case 'i_and':
    case 'i_or':
    case 'i_xor':
    case 'i_shl':
    case 'i_shr':
    case 'i_max':
    case 'i_max_u':
    case 'i_min_u':
      return ['i32', 'i32'];
    case 'to_real':
    case 'from_f32':
    case 'from_f16':
    case 'table':
      return ['i32'];
    case 'splat':
      return ['f32'];
    case 'join':
      return ['f32', 'f32', 'f32', 'f32'];
    case 'swizzle':
    case 'shift':
    case 'b_and':
    case 'b_xor':
    case 'b_add':
    case 'b_eq':
    case 'mul16':
    case 'b_look':
    case 'lane':
    case 'reals':
    case 'book':
      return ['u8x16'];
    case 'down':
      return ['u8x16', 'i32'];
    case 'b_or':
    case 'narrow':
      return ['u8x16', 'u8x16'];
    case 'pick':
      return [value.type, value.type, value.type];
    case 'neg':
    case 'abs':
    case 'sqrt':
    case 'floor':
    case 'ceil':
    case 'trunc':
    case 'round':
    case 'whole':
      return [value.type];
    default:
      return [value.type, value.type];
  }
}
