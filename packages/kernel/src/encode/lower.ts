/**
 * Format → the kernel that encodes one unit of it: scales by their formulas, codes by the rule for codes, bits where the
 * plan has them. Equals the interpreter byte for byte (testkit's target matrix); what it leaves out says so.
 *
 * Mirrors `codec/src/fitting.ts`, one tile of a unit at a time: lets, fields and aggregates are computed where they are first
 * read, and equal ones once (`builder.ts`). What is computed for a tile is finite, or the unit is unsound.
 */
import {
  affineIn,
  childrenOf,
  type Expr,
  evaluateWithoutData,
  type Field,
  type Format,
  indexInside,
  isCode,
  type Let,
  readsData,
  type StoredField,
  type Tiling,
} from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import { type Builder, makeBuilder } from '../builder.ts';
import type { EncodeKernel } from '../ir.ts';
import { lowerCall } from '../lower/expression.ts';
import { levelOfCode, whyNoLevels } from '../lower/levels.ts';
import { programOf } from '../lower/program.ts';
import { prune } from '../prune.ts';
import { findUnit, type Unit } from '../unit.ts';
import { codeOfValue } from './coder.ts';
import { NoKernel } from './no-kernel.ts';
import { byteStores } from './pack.ts';

/**
 * The kernel that encodes a format under a fit (null: its default), or in a few words why there is none.
 */
export function encodeKernel(format: Format, fit: string | null = null): EncodeKernel | string {
  const reason = whyNotAtOnce(format);
  if (reason !== null) return reason;
  const unit = findUnit(format);
  if (typeof unit === 'string') return unit;
  try {
    return lower(format, fit, unit);
  } catch (error) {
    if (error instanceof NoKernel) return error.message;
    throw error;
  }
}

/** What needs another pass over the weights. */
function whyNotAtOnce(format: Format): string | null {
  if (format.arithmetic !== 'f32') return 'its arithmetic is binary64';
  if (format.outliers !== null) return 'it stores outliers apart';
  if (format.entropy.length > 0) return 'it is entropy coded';
  if (format.steps.length !== 1 || format.steps[0]!.step !== 'value')
    return 'it has steps after its first value';
  return null;
}

function lower(format: Format, fit: string | null, unit: Unit): EncodeKernel {
  const b = makeBuilder();
  const fitted = makeFitted(format, fit, unit, b);
  const stores = byteStores(b, unit, fitted.codeAt);
  return prune({ ...programOf(format.name, unit, b), stores, sound: fitted.sound() });
}

/** The codes of a unit, computed where they are asked for. */
interface Fitted {
  /** The code of a field at a weight of the unit, an `i32`. */
  codeAt(field: StoredField, element: number): number;
  /** 1 where everything that was computed holds. */
  sound(): number;
}

function makeFitted(format: Format, fit: string | null, unit: Unit, b: Builder): Fitted {
  const { geometry, fields: storedFields } = unit.plan;
  const stored = new Map(storedFields.map((field) => [field.name, field]));
  const fields = new Map(format.fields.map((field) => [field.name, field]));
  const set = format.fits.find(({ name }) => name === fit);
  if (fit !== null && set === undefined) throw new NoKernel(`it has no fit ${fit}`);
  const replaced = new Map(
    (set?.sets ?? []).flatMap((item) => item.names.map((name) => [name, item.expr] as const)),
  );
  const lets = new Map(format.lets.flatMap((item) => item.names.map((name) => [name, item] as const)));
  const each = geometry.tilings.get('each')!;
  const checks = new Set<number>();
  const memo = new Map<string, number>();
  const busy = new Set<string>();

  const tilingOf = (scope: string): Tiling => {
    const tiling = geometry.tilings.get(scope)!;
    if (tiling.height !== 1 || tiling.width > unit.width || unit.width % tiling.width !== 0)
      throw new NoKernel(`a ${scope} is fitted as a whole`);
    return tiling;
  };
  const startOf = (tiling: Tiling, element: number): number => element - (element % tiling.width);
  const once = (key: string, compute: () => number): number => {
    const known = memo.get(key);
    if (known !== undefined) return known;
    if (busy.has(key)) throw new NoKernel('its fits go in a circle');
    busy.add(key);
    const value = compute();
    busy.delete(key);
    memo.set(key, value);
    return value;
  };
  /** Values of tiles are few, and an infinity among them could become NaN at a weight: 1 / scale, times 0. */
  const finite = (value: number): number => {
    if (b.values[value]!.op !== 'real') checks.add(b.binary('lt', b.unary('abs', value), b.real(Infinity)));
    return value;
  };
  const ofTile = (expr: Expr, value: number): number => (finest(expr) > 1 ? finite(value) : value);

  // ------------------------------------------------------------------------------------------ names

  const fitOf = (field: Field): Expr | null => replaced.get(field.name) ?? field.fit;
  const storedField = (name: string): StoredField => {
    const field = stored.get(name);
    if (field === undefined) throw new NoKernel(`${name} is stored in another format`);
    if (field.entries === 0 || field.bits === null || !field.uniform || field.perTile !== 1)
      throw new NoKernel(`${name} is no single number`);
    return field;
  };
  /** What is rounded to the field's number, at the tile that holds a weight. */
  const unrounded = (field: Field, element: number): number => {
    const tiling = tilingOf(field.scope);
    const at = startOf(tiling, element);
    return once(`value ${field.name} ${at}`, () => evaluate(ruleOf(field), at, tiling));
  };
  const ruleOf = (field: Field): Expr => {
    const own = fitOf(field);
    if (own !== null) {
      if (own.op === 'fit') throw new NoKernel(`${own.name} is a search`);
      return own;
    }
    const mates = format.fields.filter((other) => other.scope === field.scope && fitOf(other) === null);
    if (field.scope !== 'each' || mates.length !== 1) throw new NoKernel('codes are chosen together');
    const step = format.steps[0]!;
    const affine = step.step === 'value' ? affineIn(step.expr, field.name) : null;
    if (affine === null) throw new NoKernel('codes are searched');
    let rule: Expr = { op: 'x' };
    if (affine.offset !== null) rule = { op: 'sub', left: rule, right: affine.offset };
    return affine.slope === null ? rule : { op: 'div', left: rule, right: affine.slope };
  };
  const codeOf = (name: string, element: number): number => {
    const field = fields.get(name)!;
    const { numberAt } = storedField(name);
    const at = startOf(tilingOf(field.scope), element);
    return once(`code ${name} ${at}`, () => {
      const clamps = isCode(field, format);
      const { code, sound } = codeOfValue(b, numberAt(0), unrounded(field, at), clamps);
      for (const check of sound) checks.add(check);
      return code;
    });
  };
  const levelOf = (name: string, element: number): number => {
    const number = storedField(name).numberAt(0);
    const reason = whyNoLevels(number);
    if (reason !== null) throw new NoKernel(`${name}: ${reason}`);
    const at = startOf(tilingOf(fields.get(name)!.scope), element);
    // Of an unsound unit the code may be anything; a table must still have a place for it.
    const mask = b.int(number.bits >= 32 ? -1 : 2 ** number.bits - 1);
    return once(`level ${name} ${at}`, () =>
      levelOfCode(b, number, b.integer('i_and', codeOf(name, at), mask)),
    );
  };
  const letOf = (name: string, element: number): number => {
    const item = lets.get(name)!;
    const tiling = tilingOf(item.scope);
    const at = startOf(tiling, element);
    const expr = letExpr(item, name);
    return once(`let ${name} ${at}`, () => evaluate(expr, at, tiling));
  };
  const letExpr = (item: Let, name: string): Expr => {
    const expr = replaced.get(name) ?? item.expr;
    if (expr.op === 'fit') throw new NoKernel(`${expr.name} is a search`);
    return expr;
  };

  // ------------------------------------------------------------------------------------------ expressions

  /** An expression at a weight; aggregates reduce the tile of the statement that holds it. */
  const evaluate = (expr: Expr, element: number, statement: Tiling): number => {
    const go = (e: Expr): number => evaluate(e, element, statement);
    if (!readsData(expr)) {
      const at = (scope: string): number => indexInside(geometry, tilingOf(scope), each, 0, element);
      return b.real(evaluateWithoutData(expr, shapeless(expr), at));
    }
    switch (expr.op) {
      case 'x':
        return b.add({ op: 'weight', type: 'f32', offset: element });
      case 'field':
        if (expr.index.length > 0) throw new NoKernel(`${expr.name} is an array`);
        return levelOf(expr.name, element);
      case 'let':
        return letOf(expr.name, element);
      case 'unrounded':
        return unrounded(fields.get(expr.field)!, element);
      case 'neg':
        return b.unary('neg', go(expr.of));
      case 'call':
        return ofTile(expr, call(expr.name, expr.args.map(go)));
      case 'aggregate':
        return aggregate(expr, element, statement);
      case 'nearest': {
        const number = resolveNumber(format.numbers[expr.number]!);
        const { code, sound } = codeOfValue(b, number, go(expr.of), true);
        for (const check of sound) checks.add(check);
        return levelOfCode(b, number, b.integer('i_and', code, b.int(2 ** number.bits - 1)));
      }
      case 'div': {
        const [left, right] = [go(expr.left), go(expr.right)];
        const quotient = b.binary('div', left, right);
        const divisor = b.values[right]!;
        // In a fit a division by zero gives 0.
        if (divisor.op === 'real' && divisor.value !== 0) return ofTile(expr, quotient);
        return ofTile(expr, b.pick(b.binary('eq', right, b.real(0)), b.real(0), quotient));
      }
      case 'add':
      case 'sub':
      case 'mul':
        return ofTile(expr, b.binary(expr.op, go(expr.left), go(expr.right)));
      case 'eq':
      case 'ne':
      case 'lt':
      case 'le':
      case 'gt':
      case 'ge':
        return b.binary(expr.op, go(expr.left), go(expr.right));
      default:
        throw new NoKernel(`its fits have the operation ${expr.op}`);
    }
  };
  const shapeless = (expr: Expr): { rows: number; cols: number } => {
    if (expr.op === 'rows' || expr.op === 'cols') throw new NoKernel('its fits read the shape');
    for (const child of childrenOf(expr)) shapeless(child);
    return { rows: 0, cols: 0 };
  };
  const call = (name: string, args: readonly number[]): number => {
    if (name === 'floor_pow2' || name === 'ceil_pow2') return powerOfTwo(name, args[0]!);
    const value = lowerCall(name, args, b);
    if (value === null) throw new NoKernel(`its fits call ${name}`);
    return value;
  };
  /** By the exponent of a value that is normal in binary32; 0 stays 0. */
  const powerOfTwo = (name: 'floor_pow2' | 'ceil_pow2', value: number): number => {
    const bits = b.add({ op: 'bits_of', type: 'i32', args: [value] });
    const exponent = b.integer('i_and', bits, b.int(0x7f800000));
    const floor = b.add({ op: 'from_f32', type: 'f32', args: [exponent] });
    checks.add(
      b.binary('greater', b.binary('eq', value, b.real(0)), b.binary('ge', value, b.real(2 ** -126))),
    );
    if (name === 'floor_pow2') return floor;
    return b.pick(b.binary('eq', floor, value), value, b.binary('mul', floor, b.real(2)));
  };

  // ------------------------------------------------------------------------------------------ aggregates

  const aggregate = (
    { name, of }: Extract<Expr, { op: 'aggregate' }>,
    element: number,
    statement: Tiling,
  ): number => {
    const start = startOf(statement, element);
    const step = Math.min(statement.width, finest(of));
    const terms = Array.from({ length: statement.width / step }, (_, k) =>
      evaluate(of, start + k * step, statement),
    );
    switch (name) {
      case 'max':
      case 'min':
        return balanced(terms, (p, q) => b.binary(name, p, q));
      case 'absmax':
        return largestOf(terms);
      case 'signmax': {
        const largest = largestOf(terms);
        // The first of them; zeros have no sign here.
        let signed = terms.at(-1)!;
        for (let k = terms.length - 2; k >= 0; k--)
          signed = b.pick(b.binary('eq', b.unary('abs', terms[k]!), largest), terms[k]!, signed);
        return b.pick(b.binary('eq', largest, b.real(0)), b.real(0), signed);
      }
      case 'running_sum':
        return terms.reduce((sum, term) => b.binary('add', sum, term), b.real(0));
      default:
        throw new NoKernel(`its fits sum in binary64 (${name})`);
    }
  };
  const largestOf = (terms: readonly number[]): number =>
    balanced(
      terms.map((term) => b.unary('abs', term)),
      (p, q) => b.binary('greatest', p, q),
    );
  /** The width of the smallest tiles that an expression reads; of a constant, of any. */
  const finest = (expr: Expr): number => {
    switch (expr.op) {
      case 'x':
      case 'importance':
        return 1;
      case 'field':
        return tilingOf(fields.get(expr.name)!.scope).width;
      case 'unrounded':
        return tilingOf(fields.get(expr.field)!.scope).width;
      case 'let':
        return tilingOf(lets.get(expr.name)!.scope).width;
      case 'aggregate':
        return Infinity;
      default:
        return Math.min(Infinity, ...childrenOf(expr).map(finest));
    }
  };

  return {
    codeAt: (field, element) => codeOf(field.name, element),
    sound: () => {
      const weights = Array.from({ length: unit.width }, (_, offset) =>
        b.add({ op: 'weight', type: 'f32', offset }),
      );
      const finiteWeights = b.binary('lt', largestOf(weights), b.real(Infinity));
      return [...checks].reduce((all, check) => b.binary('lesser', all, check), finiteWeights);
    },
  };
}

/** Terms in pairs, so that no operation waits for a long chain. */
function balanced(terms: readonly number[], join: (p: number, q: number) => number): number {
  if (terms.length === 1) return terms[0]!;
  const half = terms.length >> 1;
  return join(balanced(terms.slice(0, half), join), balanced(terms.slice(half), join));
}
