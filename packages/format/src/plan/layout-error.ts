/** How a mistake in a layout is reported: a RangeError that knows the item at fault, so that the compiler can underline it. */
import type { Item } from '../types.ts';

/** A mistake in a layout, with the item that makes it. */
export class LayoutError extends RangeError {
  readonly item: Item;
  constructor(message: string, item: Item) {
    super(message);
    this.name = 'LayoutError';
    this.item = item;
  }
}
