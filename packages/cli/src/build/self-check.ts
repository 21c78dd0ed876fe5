/**
 * A package against the interpreter, before anyone sees it: its modules are loaded from where they were written, and both targets must
 * give the interpreter's bytes and weights on whole tensors, cut ones and empty ones, and the bytes of its vectors.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Member } from '@fewerbits/emit';
import { type Codec, encodedLength, formatFacts } from '@fewerbits/format';
import { normal, stochasticDraw } from '@fewerbits/numerics';

/** What a door of a package exports. */
interface Door {
  encode(weights: Float32Array, options: { shape: readonly number[] }): ReturnType<Codec['encode']>;
  decode(packed: ReturnType<Codec['encode']>): Float32Array;
  encodedLength(shape: readonly number[]): number;
}

/** A tensor that ends inside a block differs: the zeros that a kernel sees behind it count, as in minima. */
export class ShortBlock extends Error {}

/** @throws Error naming the target, the shape and the first byte that differs: a mistake of the compiler, not of the user. */
export async function checkPackage(folder: string, member: Member, codec: Codec): Promise<void> {
  for (const file of ['js.js', 'wasm.js']) {
    const door = (await import(pathToFileURL(join(folder, member.path, file)).href)) as Door;
    let short = false;
    const fail = (what: string): never => {
      const message = `${member.label}, ${file}: ${what}`;
      throw short ? new ShortBlock(message) : new Error(message);
    };
    const same = (got: ArrayLike<number>, want: ArrayLike<number>, what: string): void => {
      if (got.length !== want.length) fail(`${what} has ${got.length} elements, not ${want.length}`);
      for (let k = 0; k < want.length; k++)
        if (!Object.is(got[k], want[k])) fail(`${what} ${k} is ${got[k]}, not ${want[k]}`);
    };
    for (const [seed, { shape, isShort }] of shapesFor(member).entries()) {
      short = isShort;
      for (const weights of drawsFor(shape, seed, isShort)) {
        const want = codec.encode(weights, { shape });
        const packed = door.encode(weights, { shape });
        for (const [name, bytes] of Object.entries(want.streams))
          same(packed.streams[name] ?? [], bytes, `[${shape}]: byte of stream '${name}'`);
        same(door.decode(want), codec.decode(want), `[${shape}]: weight`);
      }
      if (door.encodedLength(shape) !== encodedLength(member.format, shape))
        fail(`[${shape}]: another length`);
    }
    short = false;
    for (const { name, shape, weights, streams } of member.vectors.vectors) {
      const bytes = Buffer.from(weights, 'base64');
      const own = new Float32Array(new Uint8Array(bytes).buffer);
      const packed = door.encode(own, { shape });
      for (const [stream, text] of Object.entries(streams))
        same(
          packed.streams[stream] ?? [],
          Buffer.from(text, 'base64'),
          `vector ${name}: byte of stream '${stream}'`,
        );
    }
  }
}

function shapesFor({ format, wholeBlocks }: Member): { shape: number[]; isShort: boolean }[] {
  const { width } = formatFacts(format).tile;
  const whole = [
    [0, width],
    [1, width],
    [3, 2 * width],
    [2, 2, 3 * width],
    [7, 48 * width],
  ];
  const short = format.tail === 'short' && !wholeBlocks;
  const cut = short ? [[1], [width + 1], [Math.max(1, 3 * width - 1)]] : [];
  if (short && format.view === 'flat') cut.push([3, width + 2]);
  return [
    ...whole.map((shape) => ({ shape, isShort: false })),
    ...cut.map((shape) => ({ shape, isShort: true })),
  ];
}

/** Draws of both signs; for blocks cut short also such as are far from 0, where zeros behind them would be seen. */
function drawsFor(shape: readonly number[], seed: number, isShort: boolean): Float32Array[] {
  const law = normal();
  const length = shape.reduce((product, size) => product * size, 1);
  const both = Float32Array.from({ length }, (_, k) => law.quantile(stochasticDraw(seed + 1, k)));
  return isShort ? [both, both.map((x) => Math.abs(x) + 1), both.map((x) => -Math.abs(x) - 1)] : [both];
}
