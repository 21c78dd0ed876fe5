/**
 * Names of formats as people write them: `q4_0`, `q4-0`, `student(bits=3, block=64)`.
 * Text names use underscores, folders, packages and the command line hyphens; both are read everywhere.
 */
import type { Format } from './types.ts';

/** A format asked for by name: the family and the parameters given. */
export interface FormatSpec {
  readonly name: string;
  readonly args: Readonly<Record<string, number | string>>;
  /** The fit asked for after `@`: `mxfp4@ceil`. */
  readonly fit: string | null;
}

/** `q4-0` for `q4_0`. */
export function kebabName(name: string): string {
  return name.replaceAll('_', '-');
}

/** The name of a Format with every parameter: `student(bits=3, df=7, size=64)`. */
export function canonicalName(format: Pick<Format, 'name' | 'parameters'>): string {
  return specText({ name: format.name, args: format.parameters, fit: null });
}

/** A spec as text, as it was asked for: parameters not given are not shown. */
export function specText(spec: FormatSpec): string {
  const args = Object.entries(spec.args).map(([name, value]) => `${name}=${value}`);
  const fit = spec.fit === null ? '' : `@${spec.fit}`;
  return args.length === 0 ? spec.name + fit : `${spec.name}(${args.join(', ')})${fit}`;
}

/**
 * Reads `name`, `name(param=value, …)` and `name@fit`; hyphens in the name become underscores.
 * @throws RangeError naming what is wrong and showing the form.
 */
export function parseSpec(text: string): FormatSpec {
  const match =
    /^\s*([A-Za-z_][A-Za-z0-9_-]*)\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?\s*(?:@\s*([A-Za-z_][A-Za-z0-9_-]*))?\s*$/.exec(
      text,
    );
  if (match === null) {
    throw new RangeError(`'${text}' is not a format; write it as name, name(bits=3, size=64) or name@fit`);
  }
  const args: [string, number | string][] = [];
  for (const part of splitTopLevel(match[2] ?? '')) {
    const pair = /^\s*([A-Za-z_][A-Za-z0-9_-]*)\s*[=:]\s*(.+?)\s*$/.exec(part);
    if (pair === null)
      throw new RangeError(`'${part.trim()}' in '${text}' is not a parameter; write name=value`);
    args.push([pair[1]!.replaceAll('-', '_'), parameterValue(pair[2]!)]);
  }
  return {
    name: match[1]!.replaceAll('-', '_'),
    args: Object.fromEntries(args),
    fit: match[3]?.replaceAll('-', '_') ?? null,
  };
}

/** Splits a comma-separated list of specs; commas inside parentheses belong to a spec. */
export function parseSpecList(text: string): FormatSpec[] {
  return splitTopLevel(text)
    .filter((part) => part.trim() !== '')
    .map(parseSpec);
}

function parameterValue(text: string): number | string {
  const percent = /^([0-9.eE+-]+)%$/.exec(text);
  if (percent !== null) return Number(percent[1]) / 100;
  const fraction = /^([0-9.]+)\/([0-9.]+)$/.exec(text);
  if (fraction !== null) return Number(fraction[1]) / Number(fraction[2]);
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  const last = text.slice(start);
  return last.trim() === '' && parts.length === 0 ? [] : [...parts, last];
}
