/**
 * `format.json`: the schema of a Format as JSON, reading with clear errors, and writing in one canonical order.
 * Readers accept this version and every older one, and refuse a newer one with the cure.
 */
import { type NumberType, ROUNDINGS } from '@fewerbits/numerics';
import { z } from 'zod';
import { ENTROPY_MODELS, MOST_CHUNK } from './entropy-model.ts';
import { FUNCTIONS } from './functions.ts';
import { checkReferences } from './references.ts';
import { type Expr, FORMAT_VERSION, type Format, type FunctionName, type Item, type Size } from './types.ts';

const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);
const path = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/);
const whole = z.int().min(0);
const functionName = z.enum(Object.keys(FUNCTIONS) as FunctionName[]);
const aggregateName = z.enum([
  'absmax',
  'signmax',
  'rms',
  'mean',
  'absmean',
  'norm',
  'sum',
  'running_sum',
  'min',
  'max',
  'sum_before',
]);
const binaryOp = z.enum(['add', 'sub', 'mul', 'div', 'eq', 'ne', 'lt', 'le', 'gt', 'ge']);

const expr: z.ZodType<Expr> = z.lazy(() =>
  z.union([
    z.strictObject({ op: z.literal('const'), value: z.number() }),
    z.strictObject({ op: z.enum(['x', 'importance', 'rows', 'cols', 'value']) }),
    z.strictObject({ op: z.literal('field'), name, index: z.array(expr) }),
    z.strictObject({ op: z.literal('let'), name }),
    z.strictObject({ op: z.literal('unrounded'), field: name }),
    z.strictObject({ op: z.literal('neg'), of: expr }),
    z.strictObject({ op: binaryOp, left: expr, right: expr }),
    z.strictObject({ op: z.literal('call'), name: functionName, args: z.array(expr) }),
    z.strictObject({ op: z.literal('bits'), of: expr, from: whole, to: whole }),
    z.strictObject({ op: z.literal('aggregate'), name: aggregateName, of: expr }),
    z.strictObject({ op: z.literal('at'), scope: name }),
    z.strictObject({ op: z.literal('window'), field: name, bits: whole }),
    z.strictObject({ op: z.literal('dot'), left: name, right: name }),
    z.strictObject({ op: z.literal('level'), number: z.string(), code: expr, component: expr.nullable() }),
    z.strictObject({ op: z.enum(['nearest', 'code_of']), number: z.string(), of: expr }),
    z.strictObject({ op: z.literal('fit'), name, args: z.record(z.string(), fitArgument) }),
  ]),
);
const fitArgument = z.discriminatedUnion('arg', [
  z.strictObject({ arg: z.literal('expr'), expr }),
  z.strictObject({ arg: z.literal('range'), from: expr, to: expr }),
  z.strictObject({ arg: z.literal('word'), word: z.string() }),
  z.strictObject({ arg: z.literal('number'), number: z.string() }),
]);
const size: z.ZodType<Size> = z.union([whole, expr]);

const numberType: z.ZodType<NumberType> = z.strictObject({
  base: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('int'),
      low: z.int(),
      high: z.int(),
      coding: z.enum(['twos', 'offset', 'sign_magnitude']),
    }),
    z.strictObject({
      kind: z.literal('float'),
      exponent: whole,
      mantissa: whole,
      bias: z.int(),
      signed: z.boolean(),
      subnormals: z.boolean(),
      specials: z.enum(['none', 'nan', 'ieee', 'nan_zero', 'nan_zero_inf']),
    }),
    z.strictObject({
      kind: z.literal('levels'),
      dimension: whole,
      order: z.enum(['increasing', 'any']),
      keepEqual: z.boolean(),
      levels: z.base64(),
      precision: z.enum(['f32', 'f64']),
      source: z.string(),
    }),
    z.strictObject({ kind: z.literal('signs'), dimension: whole, even: z.boolean() }),
    z.strictObject({ kind: z.literal('grid') }),
  ]),
  moves: z.array(
    z.strictObject({ op: z.enum(['+', '-', '*', '/']), constant: z.number(), swapped: z.boolean() }),
  ),
  except: z.array(z.tuple([whole, z.number()])),
  round: z.union([z.enum(ROUNDINGS), z.strictObject({ stochastic: z.number() })]).nullable(),
  overflow: z.enum(['error', 'saturate', 'nan', 'inf']).nullable(),
});

const pattern = z.strictObject({
  from: z.array(z.strictObject({ axis: name, size: size.nullable() })),
  to: z.array(z.strictObject({ axis: name, size: size.nullable(), reversed: z.boolean() })),
  tail: z.literal('pad').optional(),
});
const item: z.ZodType<Item> = z.lazy(() =>
  z.discriminatedUnion('item', [
    z.strictObject({
      item: z.literal('field'),
      field: path,
      entries: z.tuple([size, size]).nullable(),
      bits: z.tuple([whole, whole]).nullable(),
      pattern: pattern.nullable(),
      radix: z
        .strictObject({ digits: whole.min(1), bits: whole, order: z.enum(['low', 'high', 'fraction']) })
        .nullable(),
    }),
    z.strictObject({ item: z.literal('scope'), scope: name, items: z.array(item) }),
    z.strictObject({ item: z.literal('zip'), items: z.array(item) }),
    z.strictObject({
      item: z.literal('words'),
      bits: whole.min(1),
      msb: z.boolean(),
      whole: z.boolean(),
      items: z.array(item),
      pattern: pattern.nullable(),
    }),
    z.strictObject({ item: z.literal('pad'), bits: whole }),
    z.strictObject({ item: z.literal('align'), bits: whole.min(1) }),
  ]),
);

const side = z.union([z.int().min(1), z.literal('all')]);
const step = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('value'), expr }),
  z.strictObject({
    step: z.literal('rotate'),
    scope: z.enum(['row', 'column']),
    by: z.enum(['hadamard', 'orthogonal']),
    size: size.nullable(),
    seed: z.number().nullable(),
  }),
  z.strictObject({ step: z.literal('permute'), scope: name, pattern }),
  z.strictObject({ step: z.literal('gather'), scope: name, field: name }),
]);

const format: z.ZodType<Format> = z.lazy(() =>
  z.strictObject({
    version: z.literal(FORMAT_VERSION),
    name,
    parameters: z.record(name, z.union([z.number(), z.string()])),
    doc: z.string(),
    arithmetic: z.enum(['f32', 'f64']),
    view: z.enum(['last', 'first', 'flat']),
    tail: z.enum(['error', 'pad', 'short', 'keep']),
    nonfinite: z.enum(['error', 'zero', 'keep']),
    numbers: z.record(z.string(), numberType),
    scopes: z.array(z.strictObject({ name, parent: name.nullable(), height: side, width: side })),
    fields: z.array(
      z.strictObject({
        name,
        doc: z.string(),
        scope: name,
        storage: z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('number'), number: z.string(), dims: z.array(size) }),
          z.strictObject({ kind: z.literal('choose'), index: expr, numbers: z.array(z.string()) }),
          z.strictObject({ kind: z.literal('format'), format }),
        ]),
        fit: expr.nullable(),
      }),
    ),
    lets: z.array(z.strictObject({ names: z.array(name), scope: name, expr })),
    steps: z.array(step),
    outliers: z
      .strictObject({
        unit: z.enum(['each', 'row', 'column']),
        select: z.union([
          z.strictObject({ top: z.number(), by: expr.nullable() }),
          z.strictObject({ where: expr }),
        ]),
        index: z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('coo'), number: z.string() }),
          z.strictObject({ kind: z.literal('csr'), offset: z.string(), column: z.string() }),
          z.strictObject({ kind: z.literal('bitmap') }),
        ]),
        value: z.strictObject({ number: z.string(), fit: expr.nullable() }),
        add: z.boolean(),
      })
      .nullable(),
    entropy: z.array(
      z.strictObject({
        fields: z.array(path),
        coder: z.enum(['rans', 'huffman']),
        options: z.strictObject({
          chunk: z.int().min(1).max(MOST_CHUNK).optional(),
          model: z.enum(ENTROPY_MODELS).optional(),
          weights: z.string().optional(),
          first: z.int32().optional(),
          escape: z.number().min(0).optional(),
        }),
      }),
    ),
    fits: z.array(z.strictObject({ name, sets: z.array(z.strictObject({ names: z.array(name), expr })) })),
    layout: z.array(
      z.strictObject({
        name: z.string(),
        shown: z.strictObject({ dtype: name, dims: z.array(size) }).nullable(),
        items: z.array(item),
      }),
    ),
  }),
);

/**
 * A Format from parsed JSON.
 * @throws RangeError for a newer version (with the cure) and for anything the schema does not hold, naming the place.
 */
export function formatFromJson(json: unknown): Format {
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (typeof version === 'number' && version > FORMAT_VERSION) {
    throw new RangeError(
      `format.json has version ${version}, this fewerbits reads up to ${FORMAT_VERSION}: install a newer fewerbits`,
    );
  }
  const result = format.safeParse(json);
  if (result.success) {
    try {
      checkReferences(result.data);
    } catch (error) {
      throw new RangeError(`not a format.json: ${(error as Error).message}`);
    }
    return result.data;
  }
  const issue = result.error.issues[0]!;
  const place = issue.path.length === 0 ? 'the top level' : issue.path.join('.');
  throw new RangeError(`not a format.json: at ${place}: ${issue.message}`);
}

/** A Format as JSON text, two-space indented; `formatFromJson(JSON.parse(text))` gives the Format back. */
export function formatToJson(value: Format): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
