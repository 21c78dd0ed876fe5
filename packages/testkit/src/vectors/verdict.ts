/**
 * What the check of one case answers, and what every check is given.
 */
import type { Codec, Format } from '@fewerbits/format';
import type { ArrayReader } from './manifest.ts';

/** The outcome of one case. `skipped` is never a pass: `detail` says what could not be checked and why. */
export interface Verdict {
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
}

/** What a check may ask for. */
export interface CaseEnvironment {
  readonly read: ArrayReader;
  /** A format by name and parameters, or null where the caller has none of that name. */
  readonly format: (name: string, args?: FormatArgs) => Promise<Format | null>;
  /** @throws NotRunnable for a format that the codec does not run. */
  readonly codecOf: (format: Format) => Codec;
}

/** Thrown by `codecOf` for a format that the codec under test says it does not run: the case is skipped with the reason. */
export class NotRunnable extends Error {
  constructor(format: Format, reason: string) {
    super(`${format.name} is not run by this codec: ${reason}`);
    this.name = 'NotRunnable';
  }
}

/** Parameters of a family of formats. */
export type FormatArgs = Readonly<Record<string, number | string>>;

export function passed(detail: string): Verdict {
  return { status: 'passed', detail };
}

export function failed(detail: string): Verdict {
  return { status: 'failed', detail };
}

export function skipped(detail: string): Verdict {
  return { status: 'skipped', detail };
}

/** The verdict where the caller has no format of a name. */
export function noFormat(name: string): Verdict {
  return skipped(`there is no format ${name} to check`);
}
