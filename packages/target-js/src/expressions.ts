/**
 * Kernel values → JavaScript expressions. The table of operations and nothing else: what is named, inlined or stored is
 * decided in `module.ts`.
 *
 * Every `f32` result goes through Math.fround unless it is exact or about to be stored, so that the bits are those of
 * binary32 arithmetic.
 */
import type { At, Value } from '@fewerbits/kernel';

const INTEGERS = {
  i_add: '+',
  i_sub: '-',
  i_and: '&',
  i_or: '|',
  i_xor: '^',
  i_shl: '<<',
  i_shr: '>>>',
} as const;

/** 1.5 · 2^52: beside it binary64 has no fractions, and its last bits are those of the whole number. */
export const BESIDES = 6755399441055744;

const ARITHMETIC = { add: '+', sub: '-', mul: '*', div: '/' } as const;
const COMPARISONS = { eq: '===', ne: '!==', lt: '<', le: '<=', gt: '>', ge: '>=' } as const;
const CALLS = {
  abs: 'abs',
  floor: 'floor',
  ceil: 'ceil',
  trunc: 'trunc',
  round: 'nearest',
  min: 'min',
  max: 'max',
  greatest: 'max',
  lesser: 'min',
  greater: 'max',
} as const;

/** A comparison as a condition, or null for any other value. */
export function conditionOf({ op }: Value, [left, right]: readonly string[]): string | null {
  return op in COMPARISONS ? `${left} ${COMPARISONS[op as keyof typeof COMPARISONS]} ${right}` : null;
}

/** How a value reads, given how its operands read; the first of a choice as a condition. `rounded`: false where it is stored next, which rounds by itself. */
export function expressionOf(value: Value, args: readonly string[], rounded: boolean): string {
  const round = (text: string): string => (rounded ? `fround(${text})` : text);
  switch (value.op) {
    case 'int':
      return String(value.value);
    case 'real':
      return realText(value.value);
    case 'read': {
      const { source, at, bytes } = value;
      const byte = (k: number) => `s${source}[${placeText({ ...at, base: at.base + k }, `p${source}`)}]`;
      const parts = Array.from({ length: bytes }, (_, k) => (k === 0 ? byte(0) : `(${byte(k)} << ${8 * k})`));
      // `|` makes what lies beyond a stream's end 0.
      return bytes === 1 ? byte(0) : `(${parts.join(' | ')})`;
    }
    case 'i_mul':
      return `imul(${args.join(', ')})`;
    case 'i_add':
    case 'i_sub':
      return `((${args[0]} ${INTEGERS[value.op]} ${args[1]}) | 0)`;
    case 'i_and':
    case 'i_or':
    case 'i_xor':
    case 'i_shl':
    case 'i_shr':
      return `(${args[0]} ${INTEGERS[value.op]} ${args[1]})`;
    case 'to_real':
      // Operations on integers give signed ones, all but shifts to the right.
      return `fround(${value.signed ? args[0] : `${args[0]} >>> 0`})`;
    case 'from_f32':
      return `single(${args[0]})`;
    case 'from_f16':
      return `half(${args[0]})`;
    case 'table':
      return `t${value.table}[${args[0]}${value.offset === 0 ? '' : ` + ${value.offset}`}]`;
    case 'neg':
      return `(-${args[0]})`;
    case 'whole':
      return `(${args[0]} + ${BESIDES} - ${BESIDES})`;
    case 'sqrt':
      return round(`sqrt(${args[0]})`);
    case 'abs':
    case 'floor':
    case 'ceil':
    case 'trunc':
    case 'round':
    case 'min':
    case 'max':
    case 'greatest':
    case 'lesser':
    case 'greater':
      return `${CALLS[value.op]}(${args.join(', ')})`;
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return rounded
        ? round(`${args[0]} ${ARITHMETIC[value.op]} ${args[1]}`)
        : `(${args[0]} ${ARITHMETIC[value.op]} ${args[1]})`;
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return `(${conditionOf(value, args)} ? 1 : 0)`;
    case 'weight':
      return `x[${placeText(value.at, 'at')}]`;
    case 'listed':
      return `t${value.table}[${placeText(value.at)}]`;
    case 'get':
    case 'peek':
      return `a${value.array}[${placeText(value.at)}]`;
    case 'turn':
      return `i${value.loop}`;
    case 'carried':
    case 'result':
      return `c${value.loop}_${value.slot}`;
    case 'to_int':
      return `((${args[0]}${value.less === 0 ? '' : value.less < 0 ? ` + ${-value.less}` : ` - ${value.less}`}) | 0)`;
    case 'i_max':
      return `max(${args.join(', ')})`;
    case 'i_max_u':
    case 'i_min_u':
      return `(${value.op === 'i_max_u' ? 'max' : 'min'}(${args.map((a) => `${a} >>> 0`).join(', ')}) | 0)`;
    case 'bits_of':
      return `bitsOf(${args[0]})`;
    case 'rank':
      return `rankOf(${args[0]}, t${value.table})`;
    case 'i_look':
      return `'${hexDigits(value.lanes)}'.charCodeAt(${args[0]})`;
    case 'i_pick':
    case 'pick':
      return `(${args[0]} ? ${args[1]} : ${args[2]})`;
    default:
      throw new Error(`${value.op} works on several weights at a time; lower the kernel for single ones`);
  }
}

/** A place in loops: `at + 3 + 32 * i0 + i2`. */
export function placeText({ base, steps }: At, origin?: string): string {
  const terms = steps.map(({ loop, by }) => (by === 1 ? `i${loop}` : `${by} * i${loop}`));
  const all = [...(origin === undefined ? [] : [origin]), ...(base === 0 ? [] : [String(base)]), ...terms];
  return all.length === 0 ? '0' : all.join(' + ');
}

/** Bytes as the characters of a string that has them as codes: a look-up without a table. */
function hexDigits(bytes: readonly number[]): string {
  return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

function realText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Object.is(value, -0)) return '-0';
  return value === Infinity ? 'Infinity' : value === -Infinity ? '-Infinity' : String(value);
}
