/**
 * How long a Format takes to become WebAssembly (decoder, encoder and unpacker, as far as it has them): first in a fresh process, and the
 * median of many, for every format of the catalogue that has a kernel. Run by `npm run bench:compile`; arguments: names of formats.
 */
import { catalogueIndex, loadFormat } from '@fewerbits/catalogue';
import { compileCold, compileWarm, moduleBytes } from '../packages/cli/dist/bench/compile.js';
import { targetCodec } from '../packages/cli/dist/target.js';
import { median } from './common.mjs';

const names = process.argv.slice(2);
const rows = [];
for (const { name } of catalogueIndex()) {
  if (names.length > 0 && !names.includes(name)) continue;
  const format = await loadFormat(name).catch(() => null);
  if (format === null) continue;
  try {
    const { target, encoder } = targetCodec(format, 'wasm');
    if (target !== 'wasm' && encoder !== 'wasm') continue;
  } catch (error) {
    // Not even the interpreter runs it.
    if (error instanceof RangeError) continue;
    throw error;
  }
  const cold = Array.from({ length: 3 }, () => compileCold(format, 'wasm'));
  rows.push({
    name,
    cold: Math.min(...cold),
    warm: compileWarm(format, 'wasm'),
    ...moduleBytes(format, 'wasm'),
  });
}
rows.sort((a, b) => b.warm - a.warm);
console.log(`${rows.length} formats, Node ${process.version}; milliseconds from the Format to code\n`);
console.log('| format | warm, median of 9 | first in a process, best of 3 | decoder bytes | encoder bytes |');
console.log('|---|---:|---:|---:|---:|');
for (const { name, cold, warm, decoder, encoder } of rows)
  console.log(`| ${name} | ${warm.toFixed(1)} | ${cold.toFixed(0)} | ${decoder ?? ''} | ${encoder ?? ''} |`);
const of = (key) => rows.map((row) => row[key]);
console.log(
  `\nwarm: median ${median(of('warm')).toFixed(1)}, worst ${Math.max(...of('warm')).toFixed(1)}; first: median ${median(of('cold')).toFixed(0)}, worst ${Math.max(...of('cold')).toFixed(0)}`,
);
