/**
 * Random Formats that are valid and that an interpreter of fixed-length streams executes: one to three nested tiles, scales of
 * several numbers at several levels, zero points and minima, vectors, widths by position, later steps, every kind of layout.
 *
 * This file draws what codes mean and how they are fitted; `layouts.ts` draws where their bits lie.
 * Meaning: docs/design/language.md.
 */
import { whyNotExecutable } from '@fewerbits/codec';
import {
  type Expr,
  type Field,
  FORMAT_VERSION,
  type Format,
  type Let,
  type Scope,
  type Step,
} from '@fewerbits/format';
import { describeNumber, type NumberType, PRELUDE, resolveNumber, uint } from '@fewerbits/numerics';
import * as fc from 'fast-check';
import {
  type CodeNumbers,
  codeNumbers,
  INNER_SCALES,
  OUTER_SCALES,
  reach,
  saturating,
} from './code-numbers.ts';
import { layouts } from './layouts.ts';
import { outliersApart, withOutliers } from './outliers.ts';

/** What is drawn. */
export interface FormatOptions {
  /** `fixed` (default): the byte length follows from the shape. `any`: half of the formats keep outliers apart. */
  readonly lengths?: 'fixed' | 'any';
}

/** Random executable Formats; shrinks towards one block, an integer code and a planar layout. */
export function formats(options: FormatOptions = {}): fc.Arbitrary<Format> {
  const fixed = fc.constant<Format['outliers']>(null);
  const outliers = options.lengths === 'any' ? fc.oneof(fixed, outliersApart()) : fixed;
  return fc
    .tuple(geometries(), settings())
    .chain(([tiles, setting]) => bodies(tiles, upright(tiles, setting)))
    .chain((format) => outliers.map((apart) => (apart === null ? format : withOutliers(format, apart))))
    .chain((format) => layouts(format).map((layout) => ({ ...format, layout })))
    .filter((format) => whyNotExecutable(format) === null);
}

// ---------------------------------------------------------------------------------------------- geometry

interface TileScope {
  readonly name: string;
  readonly height: number;
  readonly width: number;
}

/** Named tiles, outer before inner. */
function geometries(): fc.Arbitrary<readonly TileScope[]> {
  const names = ['block', 'superblock', 'chunk'] as const;
  const inner = fc.record({
    width: fc.constantFrom(4, 2, 3, 6, 8, 16),
    height: fc.constantFrom(1, 1, 1, 1, 2),
  });
  const growth = fc.record({ across: fc.constantFrom(2, 3, 4), down: fc.constantFrom(1, 1, 1, 2) });
  return fc.tuple(inner, fc.array(growth, { maxLength: 2 })).map(([tile, steps]) => {
    const tiles: TileScope[] = [{ name: names[0], ...tile }];
    for (const [k, { across, down }] of steps.entries()) {
      const { height, width } = tiles[0]!;
      // Rows of one weight stay rows: a tile that grows down as well would belong to no single row.
      tiles.unshift({ name: names[k + 1]!, width: width * across, height: height === 1 ? 1 : height * down });
    }
    return tiles;
  });
}

function scopesOf(tiles: readonly TileScope[], group: number | null): Scope[] {
  const fixed = (name: string, height: Scope['height'], width: Scope['width']): Scope => ({
    name,
    parent: null,
    height,
    width,
  });
  const named = tiles.map(({ name, height, width }, k) => ({
    name,
    parent: tiles[k - 1]?.name ?? null,
    height,
    width,
  }));
  const vector =
    group === null ? [] : [{ name: 'group', parent: tiles.at(-1)!.name, height: 1, width: group }];
  return [
    fixed('tensor', 'all', 'all'),
    fixed('row', 1, 'all'),
    fixed('column', 'all', 1),
    ...named,
    ...vector,
    fixed('each', 1, 1),
  ];
}

type Setting = Pick<Format, 'view' | 'tail' | 'nonfinite'>;

function settings(): fc.Arbitrary<Setting> {
  return fc.record({
    view: fc.constantFrom<Format['view']>('last', 'last', 'last', 'flat', 'first'),
    tail: fc.constantFrom<Format['tail']>('error', 'error', 'pad', 'short', 'keep'),
    nonfinite: fc.constantFrom<Format['nonfinite']>('error', 'error', 'zero'),
  });
}

/** One row has no tiles of two. */
function upright(tiles: readonly TileScope[], setting: Setting): Setting {
  return setting.view === 'flat' && tiles.some(({ height }) => height > 1)
    ? { ...setting, view: 'last' }
    : setting;
}

// ---------------------------------------------------------------------------------------------- bodies

const constant = (value: number): Expr => ({ op: 'const', value });
const field = (name: string): Expr => ({ op: 'field', name, index: [] });
const binary = (op: 'add' | 'sub' | 'mul' | 'div', left: Expr, right: Expr): Expr => ({ op, left, right });
const aggregate = (name: 'absmax' | 'min' | 'max', of: Expr): Expr => ({ op: 'aggregate', name, of });
const call = (name: 'min' | 'max', ...args: Expr[]): Expr => ({ op: 'call', name, args });
const X: Expr = { op: 'x' };
const lowest = call('min', aggregate('min', X), constant(0));
const highest = call('max', aggregate('max', X), constant(0));

/** A scale at one scope of the chain, outermost first. */
interface ScaleLink {
  readonly scope: string;
  readonly type: NumberType;
}

type Affinity = 'symmetric' | 'zero' | 'minimum';

/** Fields, fits and steps over given tiles; the layout is still to be drawn. */
function bodies(tiles: readonly TileScope[], setting: Setting): fc.Arbitrary<Format> {
  const block = tiles.at(-1)!;
  // A tile of several rows lies in no single row.
  const outside = block.height === 1 ? ['tensor', 'row'] : ['tensor'];
  const outerScopes = [...outside, ...tiles.slice(0, -1).map(({ name }) => name)];
  const chain = fc
    .subarray(outerScopes, { maxLength: Math.min(2, outerScopes.length) })
    .chain((scopes) =>
      fc.tuple(
        ...[...scopes, block.name].map((scope, k) =>
          fc
            .constantFrom(...(k === 0 ? OUTER_SCALES : INNER_SCALES))
            .map((type): ScaleLink => ({ scope, type: saturating(type) })),
        ),
      ),
    );
  return fc
    .record({
      code: codeNumbers(block.height === 1 ? block.width : 1),
      chain,
      affinity: fc.constantFrom<Affinity>('symmetric', 'symmetric', 'symmetric', 'zero', 'minimum'),
      nested: fc.nat(9).map((draw) => draw === 7),
      step: fc.nat(9),
      alternative: fc.boolean(),
    })
    .map((draw) => assemble(tiles, setting, draw));
}

interface BodyDraw {
  readonly code: CodeNumbers;
  readonly chain: readonly ScaleLink[];
  readonly affinity: Affinity;
  readonly nested: boolean;
  readonly step: number;
  readonly alternative: boolean;
}

function assemble(tiles: readonly TileScope[], setting: Setting, draw: BodyDraw): Format {
  const { chain } = draw;
  const block = tiles.at(-1)!;
  const affinity = draw.code.kind === 'scalar' ? draw.affinity : 'symmetric';
  // A zero point counts in steps of the code, which must then be an integer from 0 up.
  const code: CodeNumbers =
    affinity === 'zero' ? { kind: 'scalar', type: uint(zeroBits(draw.code)) } : draw.code;
  const numbers: Record<string, NumberType> = {};
  const keyOf = (type: NumberType): string => {
    const key = describeNumber(type);
    numbers[key] = type;
    return key;
  };
  const stored = (name: string, scope: string, type: NumberType, fit: Expr | null): Field => ({
    name,
    doc: '',
    scope,
    storage: { kind: 'number', number: keyOf(type), dims: [] },
    fit,
  });

  const names = chain.map((_, k) => `scale${k}`);
  const product = (count: number): Expr | null =>
    names
      .slice(0, count)
      .map(field)
      .reduce<Expr | null>((all, one) => (all === null ? one : binary('mul', all, one)), null);
  const wanted = (k: number): Expr => ({ op: 'let', name: `wanted${k}` });
  const lets: Let[] = chain.map((_, k) => ({
    names: [`wanted${k}`],
    scope: chain[k]!.scope,
    expr:
      k + 1 < chain.length
        ? binary(
            'div',
            aggregate('max', wanted(k + 1)),
            constant(resolveNumber(chain[k + 1]!.type).facts.max),
          )
        : innermostScale(code, affinity),
  }));
  const scales = chain.map(({ scope, type }, k) => {
    const outer = product(k);
    return stored(names[k]!, scope, type, outer === null ? wanted(k) : binary('div', wanted(k), outer));
  });
  if (draw.nested && chain.length === 1) {
    scales[0] = { ...scales[0]!, storage: { kind: 'format', format: scaleFormat() } };
    for (const key of Object.keys(numbers)) delete numbers[key];
  }
  const scale = product(chain.length)!;
  const offsets: Field[] =
    affinity === 'zero'
      ? [
          stored(
            'zero',
            block.name,
            saturating(uint(zeroBits(draw.code))),
            binary('div', { op: 'neg', of: lowest }, scale),
          ),
        ]
      : affinity === 'minimum'
        ? [stored('low', block.name, saturating(PRELUDE.f16!), aggregate('min', X))]
        : [];
  const group = code.kind === 'vector' ? code.dimension : null;
  const codes: Field =
    code.kind === 'turns'
      ? {
          name: 'code',
          doc: '',
          scope: 'each',
          storage: {
            kind: 'choose',
            index: { op: 'call', name: 'mod', args: [{ op: 'at', scope: block.name }, constant(2)] },
            numbers: code.types.map(keyOf),
          },
          fit: null,
        }
      : stored('code', group === null ? 'each' : 'group', code.type, null);
  const value =
    affinity === 'zero'
      ? binary('mul', binary('sub', field('code'), field('zero')), scale)
      : affinity === 'minimum'
        ? binary('add', binary('mul', scale, field('code')), field('low'))
        : binary('mul', scale, field('code'));
  return {
    version: FORMAT_VERSION,
    name: 'drawn',
    parameters: {},
    doc: '',
    arithmetic: 'f32',
    ...setting,
    numbers,
    scopes: scopesOf(tiles, group),
    fields: [...scales, ...offsets, codes],
    lets,
    steps: [{ step: 'value', expr: value }, ...laterSteps(draw.step, block, setting)],
    outliers: null,
    entropy: [],
    fits: draw.alternative
      ? [{ name: 'wide', sets: [{ names: [names[0]!], expr: binary('mul', wanted(0), constant(1.25)) }] }]
      : [],
    layout: [],
  };
}

function zeroBits(code: CodeNumbers): number {
  return code.kind === 'scalar' ? Math.max(2, Math.min(8, resolveNumber(code.type).bits)) : 4;
}

/** What the product of the scales of a block should be. */
function innermostScale(code: CodeNumbers, affinity: Affinity): Expr {
  if (affinity === 'symmetric')
    return binary('div', { op: 'aggregate', name: 'absmax', of: X }, constant(reach(code)));
  const { max, min } = resolveNumber((code as { type: NumberType }).type).facts;
  const span = max - Math.min(min, 0);
  return affinity === 'zero'
    ? binary('div', binary('sub', highest, lowest), constant(span))
    : binary('div', binary('sub', aggregate('max', X), aggregate('min', X)), constant(span));
}

/** Steps that cross weights need whole tiles. */
function laterSteps(draw: number, block: TileScope, { tail }: Setting): Step[] {
  if (tail !== 'error' || block.width % 2 !== 0 || block.height !== 1) return [];
  const half = block.width / 2;
  if (draw === 8) {
    const size = block.width % 4 === 0 ? 4 : 2;
    return [{ step: 'rotate', scope: 'row', by: 'hadamard', size, seed: null }];
  }
  if (draw === 9) {
    const axes = [
      { axis: 'a', size: 2 },
      { axis: 'b', size: half },
    ];
    const to = axes.toReversed().map(({ axis }) => ({ axis, size: null, reversed: false }));
    return [{ step: 'permute', scope: block.name, pattern: { from: axes, to } }];
  }
  return [];
}

/** Scales stored as 8-bit codes under a scale of their own. */
function scaleFormat(): Format {
  const f32 = describeNumber(PRELUDE.f32!);
  const u8 = describeNumber(uint(8));
  const plain = (name: string, scope: string, number: string, fit: Expr | null): Field => ({
    name,
    doc: '',
    scope,
    storage: { kind: 'number', number, dims: [] },
    fit,
  });
  return {
    version: FORMAT_VERSION,
    name: 'scales8',
    parameters: {},
    doc: '',
    arithmetic: 'f32',
    view: 'flat',
    tail: 'short',
    nonfinite: 'error',
    numbers: { [f32]: PRELUDE.f32!, [u8]: uint(8) },
    scopes: scopesOf([{ name: 'block', height: 1, width: 16 }], null),
    fields: [
      plain('top', 'block', f32, binary('div', { op: 'aggregate', name: 'absmax', of: X }, constant(255))),
      plain('code', 'each', u8, null),
    ],
    lets: [],
    steps: [{ step: 'value', expr: binary('mul', field('top'), field('code')) }],
    outliers: null,
    entropy: [],
    fits: [],
    layout: [
      {
        name: 'top',
        shown: null,
        items: [{ item: 'field', field: 'top', entries: null, bits: null, pattern: null, radix: null }],
      },
      {
        name: 'code',
        shown: null,
        items: [{ item: 'field', field: 'code', entries: null, bits: null, pattern: null, radix: null }],
      },
    ],
  };
}
