/**
 * Numbers that stored data chooses: `each code: choose(bits - 2, u2, u3, …)`, where `bits` is a field of a group.
 *
 * How long the codes are is known only when the fields that choose are, so these are read first, from streams of fixed length,
 * and the bit plan is made anew with what they say. Nothing is read that has not been checked: a choice that no number stands for
 * is an error of the stream, and so is a stored field that says otherwise than the fields it follows from (EXL2's first word rows).
 * Where all numbers have one width nothing of this happens: an index is clamped, and any bytes decode.
 * Specification: docs/design/language.md, "Numbers" (`choose`) and "Layout".
 */
import {
  type Codes,
  type Expr,
  type Field,
  type Format,
  fieldsRead,
  hasStoredWidths,
  type Item,
  type MatrixShape,
  type Plan,
  type PlanOptions,
  planLayout,
  readsData,
  type StoredField,
  some,
} from '@fewerbits/format';
import { resolveNumber } from '@fewerbits/numerics';
import { decodeEnvironment } from './decode-environment.ts';
import { type Environment, evaluate } from './evaluate.ts';
import { unpackStreams } from './pack.ts';
import { arithmetic } from './tensor.ts';
import { expand, type Reals, tileBounds } from './values.ts';

/** What chooses the number of a field, where that is stored data; else null. */
export function storedIndex(field: Field): Expr | null {
  return field.storage.kind === 'choose' && readsData(field.storage.index) ? field.storage.index : null;
}

/** A stored field whose entries take the numbers that `env` has for its index. */
export function withStoredChoices(
  stored: StoredField,
  field: Field,
  format: Format,
  env: Environment,
): StoredField {
  if (field.storage.kind !== 'choose') return stored;
  const numbers = field.storage.numbers.map((key) => resolveNumber(format.numbers[key]!));
  const chosen = choicesOf(stored, field, format, env);
  return { ...stored, numberAt: (entry) => numbers[chosen[entry]!]! };
}

/** Which number each entry of a field takes. @throws RangeError where widths differ and there is no such number. */
function choicesOf(stored: StoredField, field: Field, format: Format, env: Environment): Uint8Array {
  if (field.storage.kind !== 'choose') throw new RangeError(`${field.name} has one number`);
  const { index, numbers } = field.storage;
  const place = { here: stored.tiling, statement: stored.tiling, fit: false };
  const values = expand(evaluate(index, place, env), stored.tiling, env.real);
  const chosen = new Uint8Array(values.length);
  for (let entry = 0; entry < chosen.length; entry++) {
    const k = values[entry]!;
    if (stored.dataDependent && !(Number.isInteger(k) && k >= 0 && k < numbers.length))
      refuseChoice(stored, entry, k, index, numbers.length, format, env);
    chosen[entry] = Math.min(numbers.length - 1, Math.max(0, Math.trunc(k) || 0));
  }
  return chosen;
}

function refuseChoice(
  stored: StoredField,
  entry: number,
  k: number,
  index: Expr,
  count: number,
  format: Format,
  env: Environment,
): never {
  const { top, left } = tileBounds(stored.tiling, entry, env.geometry);
  const selectors = [...fieldsRead(index)]
    .map((name) => `${name} (stream ${streamOf(format, name)})`)
    .join(' and ');
  throw new RangeError(
    `${format.name}: ${selectors} chooses number ${k} for ${stored.name} at row ${top}, column ${left}; it has numbers 0 to ${count - 1}`,
  );
}

/**
 * Which number each entry of a field takes, for all fields whose numbers stored data chooses: what `planLayout` and lengths are given.
 * @throws RangeError for codes that are missing, and choices that no number stands for.
 */
export function storedChoices(
  format: Format,
  matrix: MatrixShape,
  codes: Readonly<Record<string, Codes>>,
): Record<string, Uint8Array> {
  const chosen = format.fields.filter((field) => storedIndex(field) !== null);
  if (chosen.length === 0) return {};
  for (const name of chosen.flatMap((field) => [...fieldsRead(storedIndex(field)!)]))
    if (codes[name] === undefined) throw new RangeError(`${format.name}: codes of ${name} are missing`);
  const plan = planLayout(format, matrix);
  const env = environment(format, plan, codes);
  const stored = new Map(plan.fields.map((field) => [field.name, field]));
  return Object.fromEntries(
    chosen.map((field) => [field.name, choicesOf(stored.get(field.name)!, field, format, env)]),
  );
}

/** The plan of a tensor whose codes are known. @throws RangeError for choices that no number stands for. */
export function planOfCodes(
  format: Format,
  matrix: MatrixShape,
  codes: Readonly<Record<string, Codes>>,
  options: PlanOptions = {},
): Plan {
  return planLayout(format, matrix, { ...options, choices: storedChoices(format, matrix, codes) });
}

/**
 * The plan of a tensor whose bytes are known.
 * @throws RangeError for streams of the wrong length, and choices that no number stands for
 */
export function planOfStreams(
  format: Format,
  matrix: MatrixShape,
  streams: Readonly<Record<string, Uint8Array>>,
  options: PlanOptions = {},
): Plan {
  const chosen = format.fields.filter((field) => storedIndex(field) !== null);
  if (chosen.length === 0) return planLayout(format, matrix, options);
  const plan = planLayout(format, matrix, options);
  const read = new Set(chosen.flatMap((field) => [...fieldsRead(storedIndex(field)!)]));
  const needed = format.layout.map(({ items }) => fieldsIn(items).some((name) => read.has(name)));
  const codes = unpackStreams({ ...plan, streams: plan.streams.filter((_, k) => needed[k]) }, streams);
  return planOfCodes(format, matrix, codes, options);
}

/**
 * Holds fields that follow from other stored fields to what follows, where widths are stored: readers of such files may go by either.
 * @throws RangeError naming stream, place, what stands there and what should.
 */
export function requireDerived(format: Format, plan: Plan, codes: Readonly<Record<string, Codes>>): void {
  if (!hasStoredWidths(format)) return;
  const read = new Set([
    ...format.fields.flatMap((field) => [...fieldsRead(storedIndex(field) ?? { op: 'const', value: 0 })]),
    ...format.steps.flatMap((step) =>
      step.step === 'value' ? [...fieldsRead(step.expr)] : step.step === 'gather' ? [step.field] : [],
    ),
  ]);
  const env = environment(format, plan, codes);
  for (const field of format.fields) {
    if (field.fit === null || read.has(field.name) || !followsFromFields(field.fit)) continue;
    const stored = plan.fields.find(({ name }) => name === field.name);
    if (stored === undefined || stored.perTile !== 1) continue;
    const place = { here: stored.tiling, statement: stored.tiling, fit: true };
    const values: Reals = expand(evaluate(field.fit, place, env), stored.tiling, env.real);
    for (let entry = 0; entry < stored.entries; entry++) {
      const number = stored.numberAt(entry);
      const wanted = number.codeOf(values[entry]!);
      if (codes[field.name]![entry] === wanted) continue;
      throw new RangeError(
        `${format.name}: stream ${streamOf(format, field.name)}, ${field.name}[${entry}] is ${number.levelOf(codes[field.name]![entry]!)}, ` +
          `and what it follows from makes it ${values[entry]}; the file is damaged, or its groups are not those of this format`,
      );
    }
  }
}

/** Whether a fit reads stored fields and nothing of the weights. */
function followsFromFields(fit: Expr): boolean {
  const ofWeights = ['x', 'importance', 'value', 'let', 'unrounded', 'fit'];
  return fieldsRead(fit).size > 0 && !some(fit, ({ op }) => ofWeights.includes(op));
}

/** Why the fields that choose a width cannot be read before what they choose; null if they can, or nothing is chosen. */
export function whyNotReadFirst(format: Format): string | null {
  if (!hasStoredWidths(format)) return null;
  const fields = new Map(format.fields.map((field) => [field.name, field]));
  const chosen = format.fields.filter((field) => storedIndex(field) !== null);
  const names = new Set(chosen.map(({ name }) => name));
  for (const field of chosen) {
    for (const name of fieldsRead(storedIndex(field)!)) {
      const storage = fields.get(name)?.storage;
      if (storage?.kind !== 'number')
        return `${name}, which chooses the width of ${field.name}, has no one width itself`;
      const stream = format.layout.find(({ items }) => fieldsIn(items).includes(name));
      if (format.entropy.some((coded) => coded.fields.includes(name)))
        return `${name}, which chooses the width of ${field.name}, is entropy coded`;
      const beside = fieldsIn(stream?.items ?? []).find(
        (other) => names.has(other) || other.startsWith('outliers.'),
      );
      if (beside !== undefined)
        return `${name}, which chooses the width of ${field.name}, stands in a stream with ${beside}, whose length depends on data`;
    }
  }
  return null;
}

function environment(format: Format, plan: Plan, codes: Readonly<Record<string, Codes>>): Environment {
  return decodeEnvironment(format, plan, codes, arithmetic(format), (inner) => {
    throw new RangeError(
      `${format.name}: a width cannot be chosen by ${inner.name}, in which a field is stored`,
    );
  });
}

function streamOf(format: Format, field: string): string {
  return format.layout.find(({ items }) => fieldsIn(items).includes(field))?.name ?? '';
}

function fieldsIn(items: readonly Item[]): string[] {
  return items.flatMap((item) =>
    item.item === 'field' ? [item.field] : 'items' in item ? fieldsIn(item.items) : [],
  );
}
