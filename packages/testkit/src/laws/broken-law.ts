/**
 * How a law says that it does not hold: an error that any test runner shows, naming the law, the format and the place.
 */
import type { Format } from '@fewerbits/format';

/** A law that does not hold. */
export class BrokenLaw extends Error {
  /** The function that found it, as exported. */
  readonly law: string;
  constructor(law: string, message: string) {
    super(`${law}: ${message}`);
    this.name = 'BrokenLaw';
    this.law = law;
  }
}

/** Where something happened: the format's name and the shape. */
export function placeOf(format: Format, shape: readonly number[]): string {
  return `${format.name} on [${shape.join(', ')}]`;
}
