/**
 * The layout of a format that does not write one: each field a stream of its name, its entries in natural order, dense.
 * Specification: docs/design/language.md, "Layout".
 */
import type { Field, Format, Item, Outliers, Stream } from './types.ts';

/**
 * One stream for each stored field, in order of declaration; a nested format contributes its parts as `field.part`;
 * outlier streams come last (`outliers.offset` for csr, `outliers.index`, `outliers.value`).
 */
export function defaultLayout(format: Pick<Format, 'fields' | 'outliers'>): Stream[] {
  const names = [...storedFieldNames(format.fields), ...outlierStreams(format.outliers)];
  return names.map((name) => ({ name, shown: null, items: [fieldItem(name)] }));
}

/** Names of everything that stores bits: fields, and `field.part` for each part of a nested format. */
export function storedFieldNames(fields: readonly Field[]): string[] {
  return fields.flatMap((field) =>
    field.storage.kind === 'format'
      ? storedFieldNames(field.storage.format.fields).map((part) => `${field.name}.${part}`)
      : [field.name],
  );
}

/** The streams that a format's outliers need, by the kind of their index. */
export function outlierStreams(outliers: Outliers | null): string[] {
  if (outliers === null) return [];
  const index = outliers.index.kind === 'csr' ? ['outliers.offset', 'outliers.index'] : ['outliers.index'];
  return [...index, 'outliers.value'];
}

function fieldItem(field: string): Item {
  return { item: 'field', field, entries: null, bits: null, pattern: null, radix: null };
}
