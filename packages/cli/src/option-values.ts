/**
 * Values of options as the verbs need them, with the message for what cannot be read.
 */
import { availableParallelism } from 'node:os';
import { InputError } from './input-error.ts';
import type { Options } from './main.ts';
import type { Target } from './target.ts';

/** Standard input or output, in place of a file's name. */
export const STREAM = '-';

/** The text of an option, or nothing. */
export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The texts of an option that may be given several times, in order. */
export function textsOption(options: Options, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value : [];
}

/** `512,1536` or `512x1536` as sizes. @throws InputError for anything else. */
export function shapeOption(options: Options): readonly number[] | undefined {
  const text = textOption(options, 'shape');
  if (text === undefined) return undefined;
  const sizes = text.split(/[,x×]/).map((part) => Number(part.trim() === '' ? Number.NaN : part));
  if (sizes.every((size) => Number.isSafeInteger(size) && size > 0)) return sizes;
  throw new InputError(`--shape ${text}: write the sizes with commas, such as 512,1536`);
}

/** A whole number from `least` on. @throws InputError for anything else. */
export function countOption(options: Options, name: string, least: number): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new InputError(`--${name} ${text}: a whole number from ${least} on is needed`);
}

/** Bytes as `800M` or `2G`, in powers of 1000 as llama.cpp counts them. @throws InputError for anything else. */
export function sizeOption(options: Options, name: string): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const match = /^([1-9]\d*)([MG])$/.exec(text);
  if (match === null) throw new InputError(`--${name} ${text}: write a size such as 800M or 2G`);
  return Number(match[1]) * (match[2] === 'G' ? 1e9 : 1e6);
}

/** Threads: `auto` is a thread for each core, 1 unless something is said. @throws InputError for anything else. */
export function jobsOption(options: Options): number {
  if (textOption(options, 'jobs') === 'auto') return availableParallelism();
  return countOption(options, 'jobs', 1) ?? 1;
}

/** A regular expression. @throws InputError for one that does not compile. */
export function patternOption(options: Options, name: string): RegExp | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InputError(
      `--${name} ${text}: ${error instanceof Error ? error.message : 'not a regular expression'}`,
    );
  }
}

/** The target that is asked for; null: the fastest. The command line has checked the name. */
export function targetOption(options: Options): Target | null {
  return (textOption(options, 'target') as Target | undefined) ?? null;
}

/** `shape` and `axis` for `openTensorFile`, each only if given. */
export function openOptions(options: Options): { shape?: readonly number[]; axis?: number } {
  const shape = shapeOption(options);
  const axis = countOption(options, 'axis', 0);
  return { ...(shape === undefined ? {} : { shape }), ...(axis === undefined ? {} : { axis }) };
}
