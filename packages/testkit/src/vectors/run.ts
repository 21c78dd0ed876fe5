/**
 * The vector runner: every case of a manifest against a codec, one verdict each.
 *
 * Brings no formats, no files and no codec of its own: the caller hands them in, so that an interpreter, a compiled target or a
 * published package is held to the same vectors.
 */
import type { Codec, Format } from '@fewerbits/format';
import { checkBitsandbytes } from './bitsandbytes.ts';
import { checkCheckpoint } from './checkpoints.ts';
import { checkFloat } from './floats.ts';
import { checkGgml } from './ggml.ts';
import { arrayReader, type Manifest, type VectorCase, type VectorFiles } from './manifest.ts';
import { checkMx, checkNvfp4 } from './scaled-floats.ts';
import { type CaseEnvironment, failed, type FormatArgs, NotRunnable, skipped, type Verdict } from './verdict.ts';

/** What a run is given. */
export interface VectorRun extends VectorFiles {
  readonly manifest: Manifest;
  /**
   * A format by name (`q4_0`) and parameters; null or undefined where there is none of that name. Asked once for each name and
   * parameters; an error that it throws fails the cases that need the format.
   */
  readonly formats: (
    name: string,
    args?: FormatArgs,
  ) => Format | null | undefined | Promise<Format | null | undefined>;
  /** The codec under test. */
  readonly codecOf: (format: Format) => Codec;
  /** Why the codec under test does not run a format, or null if it does; cases of such formats are skipped with the reason. */
  readonly whyNot?: (format: Format) => string | null;
  /** Only the cases of a group, of a type, or of both. */
  readonly filter?: { readonly group?: string; readonly type?: string };
}

/** The verdict of one case. */
export interface CaseResult {
  readonly id: string;
  readonly group: string;
  readonly type: string;
  readonly op: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** What was compared; what differs, with the first differing block; or why nothing was compared. */
  readonly detail: string;
}

type Check = (vector: VectorCase, environment: CaseEnvironment) => Promise<Verdict>;

/**
 * Runs the cases of a manifest in order. A case is `passed` only if everything its rule gates agrees; what cannot be checked is
 * `skipped` with the reason. Errors of the codec, of a file or of a format fail the case; nothing is thrown.
 */
export async function* runManifest(run: VectorRun): AsyncGenerator<CaseResult> {
  const environment = environmentOf(run);
  for (const vector of run.manifest.cases) {
    if (run.filter?.group !== undefined && vector.group !== run.filter.group) continue;
    if (run.filter?.type !== undefined && vector.type !== run.filter.type) continue;
    const { id, group, type, op } = vector;
    const check = checkOf(group);
    const verdict = check === null ? skipped(`group ${group} is not known to this kit`) : await verdictOf(check, vector, environment);
    yield { id, group, type, op, ...verdict };
  }
}

async function verdictOf(check: Check, vector: VectorCase, environment: CaseEnvironment): Promise<Verdict> {
  try {
    return await check(vector, environment);
  } catch (error) {
    if (error instanceof NotRunnable) return skipped(error.message);
    return failed(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
}

function checkOf(group: string): Check | null {
  switch (group) {
    case 'floats':
      return checkFloat;
    case 'ggml':
      return checkGgml;
    case 'mx':
      return checkMx;
    case 'nvfp4':
      return checkNvfp4;
    case 'bnb':
      return checkBitsandbytes;
    case 'pack':
      return checkCheckpoint;
    default:
      return null;
  }
}

/** Formats and codecs are made once for a run: a grid of thousands of levels is not resolved for every case. */
function environmentOf(run: VectorRun): CaseEnvironment {
  const formats = new Map<string, Promise<Format | null>>();
  const codecs = new WeakMap<Format, Codec>();
  return {
    read: arrayReader(run.manifest, run),
    format(name, args) {
      const key = JSON.stringify([name, args ?? {}]);
      let format = formats.get(key);
      if (format === undefined) {
        format = Promise.resolve()
          .then(() => run.formats(name, args))
          .then((found) => found ?? null);
        formats.set(key, format);
      }
      return format;
    },
    codecOf(format) {
      let codec = codecs.get(format);
      if (codec === undefined) {
        const reason = run.whyNot?.(format) ?? null;
        if (reason !== null) throw new NotRunnable(format, reason);
        codec = run.codecOf(format);
        codecs.set(format, codec);
      }
      return codec;
    },
  };
}
