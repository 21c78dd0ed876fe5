/**
 * What `explain` says about a format, as data.
 */
import { fieldsToGive, whyNotExecutable } from '@fewerbits/codec';
import { codeFields } from '@fewerbits/compare';
import {
  canonicalName,
  childrenOf,
  type Expr,
  type Field,
  type Format,
  formatFacts,
  formatId,
  isCode,
  type Size,
} from '@fewerbits/format';
import { describeNumber, type NumberType, resolveNumber } from '@fewerbits/numerics';
import { type ExpectedErrors, expectedErrors } from './expected-error.ts';

/** A field in words. */
export interface FieldFacts {
  readonly name: string;
  readonly scope: string;
  /** The number it is stored as, in `.qf` text. */
  readonly number: string;
  /** Bits of an entry; `null` where they vary or belong to a nested format. */
  readonly bits: number | null;
  /** Array dimensions as text. */
  readonly dims: readonly string[];
  /** `code`, `fitted`, `given`. */
  readonly role: 'code' | 'fitted' | 'given';
  readonly doc: string;
}

/** Levels of the weights' codes, or of a number that the value looks them up in. */
export interface LevelFacts {
  /** The field, or the number. */
  readonly name: string;
  /** By code; NaN and infinities as `null`. */
  readonly levels: readonly (number | null)[];
  /** The smallest and the largest that an encoder writes; an integer type may read codes beyond its range. */
  readonly written: readonly [number, number];
}

/** Everything but the bits. */
export interface Explanation {
  readonly name: string;
  readonly id: string;
  readonly doc: string;
  readonly bitsPerParam: number;
  readonly fixedLength: boolean;
  readonly scopeBytes: Readonly<Record<string, number>>;
  readonly streams: readonly string[];
  readonly arithmetic: Format['arithmetic'];
  readonly view: Format['view'];
  readonly tail: Format['tail'];
  readonly nonfinite: Format['nonfinite'];
  readonly fits: readonly string[];
  readonly scopes: readonly {
    readonly name: string;
    readonly height: number | 'all';
    readonly width: number | 'all';
  }[];
  readonly fields: readonly FieldFacts[];
  readonly levels: readonly LevelFacts[];
  /** `null` if it encodes and decodes without help; else why not. */
  readonly limits: string | null;
  readonly expected: ExpectedErrors;
}

/** More levels than this are no list for readers. */
export const MOST_LEVELS = 256;

/** The facts of a format. */
export function explanation(format: Format): Explanation {
  const facts = formatFacts(format);
  const used = new Set(format.fields.map((field) => field.scope));
  return {
    name: canonicalName(format),
    id: formatId(format),
    doc: format.doc,
    bitsPerParam: facts.bitsPerParam,
    fixedLength: facts.fixedLength,
    scopeBytes: facts.scopeBytes,
    streams: facts.streams,
    arithmetic: format.arithmetic,
    view: format.view,
    tail: format.tail,
    nonfinite: format.nonfinite,
    fits: format.fits.map((fit) => fit.name),
    scopes: format.scopes
      .filter((scope) => used.has(scope.name))
      .map(({ name, height, width }) => ({ name, height, width })),
    fields: format.fields.map((field) => fieldFacts(format, field)),
    levels: levelFacts(format),
    limits: limitsOf(format),
    expected: expectedErrors(format),
  };
}

function limitsOf(format: Format): string | null {
  const reason = whyNotExecutable(format);
  if (reason !== null) return `cannot be encoded or decoded yet: ${reason}`;
  const missing = fieldsToGive(format);
  return missing.length === 0
    ? null
    : `decodes; encodes only with ${missing.join(', ')} given, for which it has no fit`;
}

function fieldFacts(format: Format, field: Field): FieldFacts {
  const { storage } = field;
  const role =
    field.scope === 'each' || isCode(field, format) ? 'code' : field.fit === null ? 'given' : 'fitted';
  const about = { name: field.name, scope: field.scope, role, doc: field.doc } as const;
  switch (storage.kind) {
    case 'number': {
      const type = format.numbers[storage.number]!;
      return {
        ...about,
        number: numberName(format, storage.number),
        bits: resolveNumber(type).bits,
        dims: storage.dims.map(sizeText),
      };
    }
    case 'choose': {
      const widths = new Set(storage.numbers.map((key) => resolveNumber(format.numbers[key]!).bits));
      const names = storage.numbers.map((key) => numberName(format, key));
      return {
        ...about,
        number: `choose(…, ${names.join(', ')})`,
        bits: widths.size === 1 ? [...widths][0]! : null,
        dims: [],
      };
    }
    case 'format':
      return { ...about, number: `format ${canonicalName(storage.format)}`, bits: null, dims: [] };
  }
}

/** Short types in full; listed levels by their name, or what they were made from. */
function numberName(format: Format, key: string): string {
  const type = format.numbers[key]!;
  const text = describeNumber(type);
  return text.length <= 60 ? text : key.length <= 60 ? key : `${text.slice(0, 59)}…`;
}

function sizeText(size: Size): string {
  return typeof size === 'number' ? `${size}` : 'by shape';
}

/** Levels of codes that the value takes as they are, and of numbers that it looks codes up in. */
function levelFacts(format: Format): LevelFacts[] {
  const plain = new Set<string>();
  const lookedUp = new Set<string>();
  for (const step of format.steps) if (step.step === 'value') readLevels(step.expr, plain, lookedUp);
  const codes = codeFields(format);
  const ofCodes = format.fields.flatMap((field) => {
    if (!codes.has(field.name) || !plain.has(field.name) || field.storage.kind !== 'number') return [];
    return levelsOf(field.name, format.numbers[field.storage.number]!);
  });
  return [...ofCodes, ...[...lookedUp].flatMap((key) => levelsOf(key, format.numbers[key]!))];
}

function levelsOf(name: string, type: NumberType): LevelFacts[] {
  const { levels, dimension, facts } = resolveNumber(type);
  if (levels === null || dimension !== 1 || levels.length > MOST_LEVELS) return [];
  const list = [...levels].map((level) => (Number.isFinite(level) ? level : null));
  return [{ name, levels: list, written: [facts.min, facts.max] }];
}

/** A code inside an index or a table is a place, no level. */
function readLevels(expr: Expr, plain: Set<string>, lookedUp: Set<string>): void {
  if (expr.op === 'level') lookedUp.add(expr.number);
  else if (expr.op === 'field') plain.add(expr.name);
  else for (const child of childrenOf(expr)) readLevels(child, plain, lookedUp);
}
