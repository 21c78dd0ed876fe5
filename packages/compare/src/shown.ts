/**
 * Numbers of a comparison as people read them; JSON and CSV carry them in full.
 */

/** No value. */
export const NONE = '–';

/** Bits per parameter: four decimals at most, without trailing zeros beyond the second. */
export function bitsText(value: number | null): string {
  return value === null ? NONE : value.toFixed(4).replace(/0{1,2}$/, '');
}

/** An error: four significant digits. */
export function errorText(value: number | null): string {
  if (value === null) return NONE;
  if (value === 0) return '0';
  if (Math.abs(value) >= 1000 && Math.abs(value) < 1e6) return value.toFixed(0);
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6 ? value.toPrecision(4) : value.toExponential(2);
}

/** Degrees of freedom of a fitted Student-t: two digits; from 100 on it is as good as a Normal. */
export function dfText(value: number | null): string {
  if (value === null) return NONE;
  return value >= 99.5 ? '≥ 100' : `${Number(value.toPrecision(2))}`;
}

/** Decibels, two decimals. */
export function decibelText(value: number | null): string {
  return value === null ? NONE : value.toFixed(2);
}

/** A count with thin groups of three. */
export function countText(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009');
}

/** Bytes in the largest binary unit that leaves at least one. */
export function bytesText(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return unit === 0 ? `${value} B` : `${(value / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}

/** `512 × 1536`; `scalar` without axes. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join(' × ');
}
