/**
 * What kind of levels the weights of a format take: the groups of a report's picture.
 *
 * Answers in words for readers; nothing may be decided by them.
 */
import type { Format } from '@fewerbits/format';
import { codeFields } from './stored-codes.ts';

const KINDS = {
  int: 'integers',
  float: 'small floats',
  levels: 'codebooks',
  signs: 'signs',
  grid: 'integers',
} as const;

/** `integers`, `small floats`, `codebooks`, `vectors`, `signs` or `several`. */
export function levelKind(format: Format): string {
  const codes = codeFields(format);
  const looksUp = format.steps.some(
    (step) => step.step === 'value' && JSON.stringify(step.expr).includes('"op":"level"'),
  );
  const numbers = format.fields
    .filter((field) => codes.has(field.name))
    .flatMap((field) => {
      if (field.storage.kind === 'format') return [];
      return field.storage.kind === 'number' ? [field.storage.number] : field.storage.numbers;
    })
    .map((key) => format.numbers[key]!.base);
  if (numbers.some((base) => base.kind === 'levels' && base.dimension > 1)) return 'vectors';
  if (looksUp || readsStoredLevels(format, codes)) return 'codebooks';
  const kinds = new Set(numbers.map((base) => KINDS[base.kind]));
  return kinds.size === 1 ? [...kinds][0]! : 'several';
}

/** A value that indexes a stored array by a code: the codebook travels with the tensor. */
function readsStoredLevels(format: Format, codes: ReadonlySet<string>): boolean {
  return format.steps.some(
    (step) =>
      step.step === 'value' &&
      [...codes].some((code) =>
        JSON.stringify(step.expr).includes(`"index":[{"op":"field","name":${JSON.stringify(code)}`),
      ),
  );
}
