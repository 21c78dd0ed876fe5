/**
 * When two Formats are the same: by what they decode and where their bits lie, and a short id that says so.
 * Fits, names and documentation do not matter; numbers count by their levels' bits.
 */

import { sameNumber } from '@fewerbits/numerics';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { some } from './expr.ts';
import type { Field, Format } from './types.ts';

/** What a decoder needs and nothing else, as canonical JSON text. */
export function decodeText(format: Format): string {
  return canonicalJson({
    arithmetic: format.arithmetic,
    view: format.view,
    tail: format.tail,
    scopes: format.scopes,
    fields: format.fields.map((field) => ({
      name: field.name,
      scope: field.scope,
      storage: storageOf(field, format),
    })),
    steps: format.steps,
    levels: levelNumbers(format),
    outliers:
      format.outliers === null
        ? null
        : {
            unit: format.outliers.unit,
            index: format.outliers.index,
            value: format.outliers.value.number,
            add: format.outliers.add,
          },
    entropy: format.entropy.map(({ fields, coder, options }) => ({
      fields,
      coder,
      ...options,
      ...(options.weights === undefined ? {} : { weights: numberIdentity(format, options.weights) }),
    })),
    layout: format.layout,
  });
}

/** The numbers that expressions of the value look levels up in, since a key alone says nothing about them. */
function levelNumbers(format: Format): Record<string, unknown> {
  const keys = new Set<string>();
  for (const step of format.steps) {
    if (step.step !== 'value') continue;
    some(step.expr, (e) => {
      if (e.op === 'level' || e.op === 'nearest' || e.op === 'code_of') keys.add(e.number);
      return false;
    });
  }
  return Object.fromEntries([...keys].map((key) => [key, numberIdentity(format, key)]));
}

function storageOf(field: Field, format: Format): unknown {
  switch (field.storage.kind) {
    case 'format':
      return decodeText(field.storage.format);
    case 'number':
      return { number: numberIdentity(format, field.storage.number), dims: field.storage.dims };
    case 'choose':
      return {
        index: field.storage.index,
        numbers: field.storage.numbers.map((key) => numberIdentity(format, key)),
      };
  }
}

/** Decoding reads levels only: rounding and overflow belong to the fit, and a source text is a comment. */
function numberIdentity(format: Format, key: string): unknown {
  const type = format.numbers[key]!;
  const base = type.base.kind === 'levels' ? { ...type.base, source: '' } : type.base;
  return { base, moves: type.moves, except: type.except };
}

/** A short name for what a Format decodes: 16 hexadecimal digits, equal for Formats that read the same bytes alike. */
export function formatId(format: Format): string {
  return bytesToHex(sha256(utf8ToBytes(decodeText(format)))).slice(0, 16);
}

/** Whether two Formats read the same bytes as the same weights. */
export function sameDecoding(a: Format, b: Format): boolean {
  return decodeText(a) === decodeText(b);
}

/**
 * Whether two Formats have the same numeric part, so that one can be repacked as the other without loss:
 * fields, scopes, numbers and value agree, the layout may differ.
 */
export function sameNumbers(a: Format, b: Format): boolean {
  const strip = (format: Format): string => decodeText({ ...format, layout: [], entropy: [] });
  const alike = Object.keys(a.numbers).every(
    (key) => !(key in b.numbers) || sameNumber(a.numbers[key]!, b.numbers[key]!),
  );
  return alike && strip(a) === strip(b);
}

/** JSON with sorted keys: equal for equal values whatever the order in which they were made. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
