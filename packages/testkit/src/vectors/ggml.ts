/**
 * Cases of llama.cpp's block formats: encode without and with an importance matrix, decode of arbitrary bytes, grids.
 *
 * ggml's files are one stream of blocks. Decoded zeros may differ in sign (the rule leaves it open); the detail says so.
 */
import type { Format } from '@fewerbits/format';
import { type ResolvedNumber, resolveNumber } from '@fewerbits/numerics';
import { checkExpectation, type Expectation } from './check.ts';
import { mistakesOf } from './ggml-mistakes.ts';
import { arrayOf, isArrayRef, numberOf, type VectorCase } from './manifest.ts';
import { type CaseEnvironment, failed, noFormat, passed, skipped, type Verdict } from './verdict.ts';

/** Flags under which the peer's bytes are an accident of its compiler or of memory: only their decode is a fact. */
const ACCIDENTS: readonly string[] = [
  'peer_undefined_behaviour',
  'peer_uninitialised_bytes',
  'peer_build_dependent',
];

/** The name of the format that is a ggml type: names that others claim carry `ggml_`. */
export function ggmlFormatName(type: string): string {
  return type === 'MXFP4' || type === 'NVFP4' ? `ggml_${type.toLowerCase()}` : type.toLowerCase();
}

/** Checks one case of the group `ggml`. */
export async function checkGgml(vector: VectorCase, environment: CaseEnvironment): Promise<Verdict> {
  if (vector.op === 'table') return checkGrid(vector, environment);
  const name = ggmlFormatName(vector.type);
  const format = await environment.format(name);
  if (format === null) return noFormat(name);
  const { read, codecOf } = environment;
  const streams = { [format.layout[0]!.name]: await read.bytes(arrayOf(vector, 'q')) };
  const decoded = isArrayRef(vector.y) ? await read.floats(vector.y) : undefined;
  if (vector.op === 'dequantize') {
    const shape = [arrayOf(vector, 'y').bytes / 4];
    return checkExpectation(codecOf(format), { shape, streams, decoded, zeros: 'either', repack: 'codes' });
  }
  if (vector.op !== 'quantize') return skipped(`op ${vector.op} is not defined for ggml`);

  const weights = await read.floats(arrayOf(vector, 'x'));
  const rows = numberOf(vector, 'rows');
  const bytes: Expectation = {
    shape: rows === 1 ? [weights.length] : [rows, weights.length / rows],
    streams,
    decoded,
    zeros: 'either',
    repack: 'bytes',
  };
  const accident = ACCIDENTS.find((flag) => Boolean(vector[flag]));
  if (accident !== undefined) {
    // Bytes that nobody set need not be canonical either.
    return checkExpectation(codecOf(format), { ...bytes, repack: 'codes', note: `decode only: ${accident}` });
  }
  const importance = isArrayRef(vector.imatrix) ? await importanceOf(vector, environment) : undefined;
  const except = mistakesOf(vector.type, weights);
  const note = except.length === 0 ? undefined : `${except.length} superblocks decode only: the peer misplaces blocks`;
  const encode = { weights, importance, fit: fitOf(vector, format), except };
  return checkExpectation(codecOf(format), { ...bytes, encode, note });
}

/**
 * The name of the fit that does what the peer did, where the format has it: `imatrix` with importances, `ref` where ggml's reference is
 * not what its quantizer writes; else the default.
 */
function fitOf({ rule }: VectorCase, { fits }: Format): string | undefined {
  const name = { 'ggml-imatrix': 'imatrix', 'ggml-ref': 'ref' }[String(rule)];
  return fits.some((fit) => fit.name === name) ? name : undefined;
}

/** The importance of each column: the first `first` values of the array. */
async function importanceOf(vector: VectorCase, { read }: CaseEnvironment): Promise<Float32Array> {
  const ref = arrayOf(vector, 'imatrix');
  const values = await read.floats(ref);
  const first = (ref as { first?: number }).first ?? values.length;
  return values.subarray(0, first);
}

/** Where each of the peer's tables stands: a format and the field whose number it is. */
const GRIDS: Readonly<Record<string, readonly [format: string, field: string]>> = {
  IQ2_XXS: ['iq2_xxs', 'index'],
  IQ2_XS: ['iq2_xs', 'index'],
  IQ2_S: ['iq2_s', 'index'],
  IQ3_XXS: ['iq3_xxs', 'index'],
  IQ3_S: ['iq3_s', 'index'],
  IQ1_S: ['iq1_s', 'index'],
  IQ4_NL: ['iq4_nl', 'code'],
  ksigns: ['iq2_xxs', 'sign'],
};

/** A table of the peer: the levels of a number, and blocks that enumerate them. */
async function checkGrid(vector: VectorCase, environment: CaseEnvironment): Promise<Verdict> {
  const place = GRIDS[vector.type];
  if (place === undefined) return skipped(`this kit does not know the table ${vector.type}`);
  const [name, field] = place;
  const format = await environment.format(name);
  if (format === null) return noFormat(name);
  const number = numberOfField(format, field);
  if (number === null) return failed(`${name} has no field ${field} that is stored as one number`);
  const table = await environment.read.integers(arrayOf(vector, 'table'));
  const problem = vector.type === 'ksigns' ? signsDiffer(number, table) : levelsDiffer(number, table);
  if (problem !== null) return failed(`${name}.${field}: ${problem}`);
  if (!isArrayRef(vector.q) || !isArrayRef(vector.y)) return passed(`${number.codes} levels`);
  const verdict = checkExpectation(environment.codecOf(format), {
    shape: [vector.y.bytes / 4],
    streams: { [format.layout[0]!.name]: await environment.read.bytes(vector.q) },
    decoded: await environment.read.floats(vector.y),
    zeros: 'either',
    repack: 'bytes',
  });
  return verdict.status === 'passed' ? passed(`${number.codes} levels, ${verdict.detail}`) : verdict;
}

/** The number that a field is stored as, or null if there is no such field or it has several. */
export function numberOfField(format: Format, field: string): ResolvedNumber | null {
  const storage = format.fields.find((f) => f.name === field)?.storage;
  if (storage?.kind !== 'number') return null;
  const type = format.numbers[storage.number];
  return type === undefined ? null : resolveNumber(type);
}

function levelsDiffer(number: ResolvedNumber, table: Float64Array): string | null {
  const size = number.codes * number.dimension;
  if (size !== table.length) return `${size} components, the table has ${table.length}`;
  for (let i = 0; i < size; i++) {
    const level = number.levelOf(Math.floor(i / number.dimension), i % number.dimension);
    if (level !== table[i]) return `component ${i} is ${level}, want ${table[i]}`;
  }
  return null;
}

/** Bit j of an entry set: sign j is minus. */
function signsDiffer(number: ResolvedNumber, table: Float64Array): string | null {
  if (number.codes !== table.length) return `${number.codes} codes, the table has ${table.length}`;
  for (let code = 0; code < table.length; code++) {
    for (let j = 0; j < number.dimension; j++) {
      const want = Math.floor(table[code]! / 2 ** j) % 2 === 1 ? -1 : 1;
      if (number.levelOf(code, j) !== want) return `sign ${j} of code ${code} is ${number.levelOf(code, j)}, want ${want}`;
    }
  }
  return null;
}
