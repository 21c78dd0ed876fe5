/**
 * Times the reference interpreter: encode and decode of every executable format of the catalogue, against copying the weights.
 * Run by `npm run bench`; options: `--weights N` (default 262144), `--rounds N` (default 5), names of formats.
 */
import { parseArgs } from 'node:util';
import { catalogueIndex, loadFormat } from '@fewerbits/catalogue';
import { fieldsToGive, interpreter } from '@fewerbits/codec';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { weights: { type: 'string', default: '262144' }, rounds: { type: 'string', default: '5' } },
});
const count = Number(values.weights);
const rounds = Number(values.rounds);
const cols = 1024;
const weights = Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * (1 + (i % 7) / 3));
const shape = [Math.floor(count / cols), cols];

const contenders = [];
for (const { name } of catalogueIndex()) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const format = await loadFormat(name).catch(() => null);
  if (format === null || fieldsToGive(format).length > 0) continue;
  try {
    const codec = interpreter(format);
    const packed = codec.encode(weights, { shape });
    const again = codec.encode(weights, { shape });
    if (JSON.stringify(codec.unpack(packed)) !== JSON.stringify(codec.unpack(again)))
      throw new Error('two encodes differ');
    contenders.push({ name, codec, packed, encode: [], decode: [] });
  } catch (error) {
    console.error(`${name}: left out, ${error.message}`);
  }
}

const time = (run) => {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / count;
};
const copies = [];
const target = new Float32Array(count);
for (let round = 0; round < rounds; round++) {
  copies.push(time(() => target.set(weights)));
  const order = contenders
    .map((c, k) => [((k + 1) * 7919 * (round + 3)) % 10007, c])
    .sort((a, b) => a[0] - b[0]);
  for (const [, contender] of order) {
    contender.encode.push(time(() => contender.codec.encode(weights, { shape })));
    contender.decode.push(time(() => contender.codec.decode(contender.packed)));
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const copy = median(copies);
console.log(
  `${count} weights, ${rounds} rounds, Node ${process.version}; copying them: ${copy.toFixed(2)} ns a weight\n`,
);
console.log('| format | encode ns min | median | ÷ copy | decode ns min | median | ÷ copy |');
console.log('|---|---:|---:|---:|---:|---:|---:|');
for (const { name, encode, decode } of contenders) {
  const cells = [encode, decode].flatMap((list) => [
    Math.min(...list).toFixed(0),
    median(list).toFixed(0),
    (median(list) / copy).toFixed(0),
  ]);
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
