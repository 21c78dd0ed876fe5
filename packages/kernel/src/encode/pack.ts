/** Codes of a unit → its bytes: words of 32 bits put together, the last bytes of a source in smaller ones. */
import type { StoredField } from '@fewerbits/format';
import type { Builder } from '../builder.ts';
import type { ByteStore } from '../ir.ts';
import type { Unit } from '../unit.ts';
import { NoKernel } from './no-kernel.ts';

const WORD = 32;

/**
 * Every byte of a unit in every source; bits that no field covers are 0.
 * @throws NoKernel for digits, copies, and sources that do not move with the unit
 */
export function byteStores(
  b: Builder,
  unit: Unit,
  codeAt: (field: StoredField, element: number) => number,
): ByteStore[] {
  for (const { moves } of unit.sources)
    if (moves !== 'unit') throw new NoKernel('some of its bytes belong to more than a unit');
  for (const stream of unit.plan.streams)
    for (const segment of stream.segments)
      if (segment.slots().some(({ copy }) => copy)) throw new NoKernel('it stores copies');
  const words = unit.sources.map(() => new Map<number, number>());
  const put = (source: number, bit: number, value: number): void => {
    const at = Math.floor(bit / WORD);
    const moved = b.integer('i_shl', value, b.int(bit % WORD));
    const before = words[source]!.get(at);
    words[source]!.set(at, before === undefined ? moved : b.integer('i_or', before, moved));
  };
  for (const field of unit.plan.fields) {
    for (let element = 0; element < unit.width; element += field.tiling.width) {
      const { pieces, digit } = unit.placeOf(field, element);
      if (digit !== null) throw new NoKernel('its codes are digits of a word');
      const code = codeAt(field, element);
      for (const { source, bit, low, width } of pieces) {
        if (bit + width > 8 * unit.sources[source]!.stride)
          throw new NoKernel('its units lie inside each other');
        let value = b.integer('i_shr', code, b.int(low));
        if (low + width < field.bits!) value = b.integer('i_and', value, b.int(2 ** width - 1));
        put(source, bit, value);
        const room = WORD - (bit % WORD);
        if (width > room) put(source, bit + room, b.integer('i_shr', value, b.int(room)));
      }
    }
  }
  return unit.sources.flatMap(({ stride }, source) => {
    const stores: ByteStore[] = [];
    for (let offset = 0; offset < stride; ) {
      const value = words[source]!.get(Math.floor(offset / 4)) ?? b.int(0);
      const left = stride - offset;
      const bytes = offset % 4 === 0 && left >= 4 ? 4 : offset % 2 === 0 && left >= 2 ? 2 : 1;
      stores.push({ source, offset, bytes, value: b.integer('i_shr', value, b.int(8 * (offset % 4))) });
      offset += bytes;
    }
    return stores;
  });
}
