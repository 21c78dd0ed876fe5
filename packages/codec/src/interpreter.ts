/**
 * The reference interpreter: any fixed-length Format as a Codec, slow and obvious.
 *
 * Every kernel on every target is tested against it. It reads the Format and nothing else.
 */
import {
  type Codec,
  type Codes,
  type DecodeOptions,
  type EncodeOptions,
  type Fields,
  type Format,
  fieldsRead,
  type Geometry,
  KEPT_STREAM,
  keptWeights,
  type MatrixShape,
  matrixShape,
  type Outliers,
  type Packed,
  type Plan,
  planLayout,
  type StoredField,
} from '@fewerbits/format';
import { decodeEnvironment, type NestedValues } from './decode-environment.ts';
import { type Environment, evaluate } from './evaluate.ts';
import { type Fitting, startFitting } from './fitting.ts';
import { outsideModels, type SharedModels } from './models.ts';
import {
  applyOutliers,
  chooseOutliers,
  choosesAfterFit,
  countOutliers,
  type OutlierUnits,
  outlierCodes,
  outlierPositions,
} from './outliers.ts';
import { type OutsideModels, packStreams, unpackStreams } from './pack.ts';
import { applySteps, undoSteps } from './steps.ts';
import { planOfCodes, planOfStreams, requireDerived } from './stored-choices.ts';
import { requireExecutable } from './support.ts';
import { arithmetic, fromStoredMatrix, storedMatrix } from './tensor.ts';
import { expand, type Reals } from './values.ts';

/** What a codec needs besides its format. */
export interface CodecOptions {
  /** The models that a format with `model: shared` codes several tensors by; see `modelTrainer`. */
  readonly models?: SharedModels;
}

/**
 * A Codec that interprets the format.
 * @throws RangeError for a format that it does not run (see `whyNotExecutable`), or shared models that are missing or wrong;
 * StreamError for models that are damaged.
 */
export function interpreter(format: Format, options: CodecOptions = {}): Codec {
  requireExecutable(format);
  const models = outsideModels(format, options.models ?? {});
  return {
    format,
    encode: (weights, options = {}) => packFields(format, encodeFields(format, weights, options), models),
    decode: (packed, options = {}) => decodePacked(format, packed, options, models),
    unpack: (packed) => unpackFields(format, packed, models),
    pack: (fields) => packFields(format, fields, models),
  };
}

/**
 * Weights to codes of every field.
 * @throws RangeError for weights that do not fill the shape, are not finite (by the format's rule), or need a scale that
 * cannot be stored; the message names tensor, row and column.
 */
export function encodeFields(format: Format, weights: Float32Array, options: EncodeOptions = {}): Fields {
  const shape = options.shape ?? [weights.length];
  const plan = planLayout(format, matrixShape(format.view, shape));
  const { geometry } = plan;
  if (weights.length !== geometry.rows * geometry.cols) {
    throw new RangeError(`${weights.length} weights do not fill the shape [${shape.join(', ')}]`);
  }
  const name = options.name ?? 'tensor';
  const fixed = givenCodes(format, plan, options.given ?? {});
  const start = (x: Reals, held = fixed): Fitting =>
    startFitting({
      format,
      plan,
      real: arithmetic(format),
      x,
      importance: options.importance ?? null,
      fit: options.fit ?? null,
      fixed: held,
      nested: encodeNested,
      name,
    });
  const { outliers } = format;
  const original = storedMatrix(weights, format, geometry, name);
  const late = outliers !== null && choosesAfterFit(outliers);
  const early = outliers === null || late ? null : chooseOutliers(format, start(original.x).env);
  const dense =
    early === null
      ? original
      : storedMatrix(without(weights, outliers!, early, geometry), format, geometry, name);

  // What later steps read is fitted on the weights as they are and held; everything else sees the data with those steps undone.
  const outer = start(dense.x);
  const held = new Map(fixed);
  for (const name of readByLaterSteps(format)) held.set(name, outer.codesOf(name));
  const fitting = start(undoSteps(format, dense.x, outer.env), held);
  const codes: Record<string, Codes> = {};
  for (const field of plan.fields)
    if (!field.name.startsWith('outliers.')) codes[field.name] = fitting.codesOf(field.name);
  if (outliers !== null) {
    const decoded = evaluateDense(format, { shape, codes, kept: dense.kept });
    const each = geometry.tilings.get('each')!;
    // The fields as they are stored, beside the weights as they were.
    const asStored = { ...fitting.env, weights: () => ({ tiling: each, data: original.x }) };
    const env = withValue(asStored, decoded, geometry);
    const units = early ?? chooseOutliers(format, env);
    const values = outlierValues(outliers, units, env, geometry);
    Object.assign(codes, outlierCodes(format, units, values, geometry, name));
  }
  return { shape, codes, kept: dense.kept };
}

/** Fields that the steps after the first value read. */
function readByLaterSteps(format: Format): Set<string> {
  const names = new Set<string>();
  for (const step of format.steps.slice(1)) {
    if (step.step === 'gather') names.add(step.field);
    if (step.step === 'value') for (const name of fieldsRead(step.expr)) names.add(name);
  }
  return names;
}

/** The weights with the outliers put to zero: what the dense codes are fitted to. */
function without(
  weights: Float32Array,
  outliers: Outliers,
  units: OutlierUnits,
  shape: MatrixShape,
): Float32Array {
  const dense = weights.slice();
  for (const position of outlierPositions(outliers, units, shape)) dense[position] = 0;
  return dense;
}

/** The original weights with the dense decode as `value`, for outlier rules and fits. */
function withValue(env: Environment, decoded: Reals, geometry: Geometry): Environment {
  const each = geometry.tilings.get('each')!;
  const data = new env.real(each.count);
  for (let row = 0; row < Math.min(geometry.rows, geometry.storedRows); row++) {
    const width = Math.min(geometry.cols, geometry.storedCols);
    data.set(decoded.subarray(row * geometry.cols, row * geometry.cols + width), row * geometry.storedCols);
  }
  return { ...env, value: () => ({ tiling: each, data }) };
}

/** What is stored for each outlying weight: the weight itself, or what its fit says. */
function outlierValues(outliers: Outliers, units: OutlierUnits, env: Environment, geometry: Geometry): Reals {
  const each = geometry.tilings.get('each')!;
  const place = { here: each, statement: each, fit: true };
  const all = expand(evaluate(outliers.value.fit ?? { op: 'x' }, place, env), each, env.real);
  const positions = outlierPositions(outliers, units, geometry);
  const values = new env.real(positions.length);
  for (let k = 0; k < values.length; k++) {
    const [row, col] = [Math.floor(positions[k]! / geometry.cols), positions[k]! % geometry.cols];
    values[k] = all[row * geometry.storedCols + col]!;
  }
  return values;
}

function encodeNested(
  format: Format,
  values: Reals,
  given: Readonly<Record<string, Codes>>,
): { codes: Record<string, Codes>; values: Reals } {
  const fields = encodeFields(format, Float32Array.from(values), { name: format.name, given });
  return { codes: { ...fields.codes }, values: evaluateFields(format, fields) };
}

/** Codes that the caller gives for fields which a format does not fit itself. */
function givenCodes(
  format: Format,
  plan: Plan,
  given: Readonly<Record<string, ArrayLike<number>>>,
): Map<string, Codes> {
  const fixed = new Map<string, Codes>();
  for (const [name, values] of Object.entries(given)) {
    const stored = plan.fields.find((field) => field.name === name);
    if (stored === undefined) throw new RangeError(`given: ${format.name} has no field ${name}`);
    if (values.length !== stored.entries) {
      throw new RangeError(
        `given: ${name} has ${stored.entries} entries on this shape, ${values.length} codes are given`,
      );
    }
    const codes = Uint32Array.from(values);
    for (let entry = 0; entry < codes.length; entry++) {
      // Widths that depend on data are known later (refuseForeignCodes).
      const fits = stored.dataDependent || codes[entry]! < 2 ** stored.numberAt(entry).bits;
      if (codes[entry] !== values[entry] || !fits) {
        throw new RangeError(
          `given: ${name}[${entry}] = ${values[entry]} is not a code of ${stored.numberAt(entry).bits} bits`,
        );
      }
    }
    fixed.set(name, codes);
  }
  return fixed;
}

/**
 * The weights that codes stand for, in the Format's arithmetic, row-major. Any codes of fixed-length fields have weights.
 * @throws RangeError for outlier indices that are out of range, fall or stand twice.
 */
export function evaluateFields(format: Format, fields: Fields): Reals {
  const out = evaluateDense(format, fields);
  if (format.outliers !== null)
    applyOutliers(format, fields.codes, matrixShape(format.view, fields.shape), out);
  return out;
}

/** The weights before outliers are put back. */
function evaluateDense(format: Format, fields: Fields): Reals {
  const plan = planOfCodes(format, matrixShape(format.view, fields.shape), fields.codes);
  const { geometry } = plan;
  const real = arithmetic(format);
  const values = applySteps(format, decodeEnvironment(format, plan, fields.codes, real, nestedValues));
  const out = new real(geometry.rows * geometry.cols);
  fromStoredMatrix(values, fields.kept, format, geometry, out);
  return out;
}

const nestedValues: NestedValues = (inner, codes, count) =>
  evaluateFields(inner, { shape: [count], codes, kept: new Float32Array(0) });

function decodePacked(
  format: Format,
  packed: Packed,
  options: DecodeOptions,
  models: OutsideModels,
): Float32Array {
  const values = evaluateFields(format, unpackFields(format, packed, models));
  const { out } = options;
  if (out === undefined) return values instanceof Float32Array ? values : Float32Array.from(values);
  if (out.length !== values.length) {
    throw new RangeError(
      `out has ${out.length} elements, the shape [${packed.shape.join(', ')}] has ${values.length}`,
    );
  }
  out.set(values);
  return out;
}

function packFields(format: Format, fields: Fields, models: OutsideModels): Packed {
  const matrix = matrixShape(format.view, fields.shape);
  const outliers = storedOutliers(format, fields, matrix);
  const plan = planOfCodes(format, matrix, fields.codes, { outliers });
  for (const stored of plan.fields) {
    const codes = fields.codes[stored.name];
    if (codes === undefined) throw new RangeError(`${format.name}: codes of ${stored.name} are missing`);
    if (codes.length !== stored.entries) {
      throw new RangeError(
        `${format.name}: ${stored.name} has ${stored.entries} entries on this shape, not ${codes.length}`,
      );
    }
    refuseForeignCodes(format, stored, codes);
  }
  const streams = packStreams(plan, fields.codes, models);
  const kept = keptWeights(format, plan.geometry);
  if (fields.kept.length !== kept)
    throw new RangeError(
      `${format.name}: ${kept} weights are kept as they are, ${fields.kept.length} are given`,
    );
  if (kept > 0) streams[KEPT_STREAM] = keptBytes(fields.kept);
  return { shape: fields.shape, streams };
}

function unpackFields(format: Format, packed: Packed, models: OutsideModels): Fields {
  const matrix = matrixShape(format.view, packed.shape);
  const outliers = countOutliers(format, matrix, packed.streams);
  const plan = planOfStreams(format, matrix, packed.streams, { outliers });
  const count = keptWeights(format, plan.geometry);
  const codes = unpackStreams(plan, packed.streams, models);
  requireDerived(format, plan, codes);
  return { shape: packed.shape, codes, kept: readKept(format, packed, count) };
}

/** A code of too many bits would spill into its neighbours. */
function refuseForeignCodes(format: Format, stored: StoredField, codes: Codes): void {
  if (stored.bits === 0) return;
  for (let entry = 0; entry < codes.length; entry++) {
    if (codes[entry]! < 2 ** (stored.bits ?? stored.numberAt(entry).bits)) continue;
    throw new RangeError(
      `${format.name}: ${stored.name}[${entry}] = ${codes[entry]} is not a code of ${stored.bits ?? stored.numberAt(entry).bits} bits`,
    );
  }
}

/** How many units the codes of a format's outliers hold. */
function storedOutliers(format: Format, fields: Fields, { rows, cols }: MatrixShape): number {
  if (format.outliers === null) return 0;
  const values = fields.codes['outliers.value']?.length ?? 0;
  const perUnit = format.outliers.unit === 'row' ? cols : format.outliers.unit === 'column' ? rows : 1;
  return perUnit === 0 ? 0 : values / perUnit;
}

function keptBytes(kept: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(kept.length * 4));
  for (let i = 0; i < kept.length; i++) view.setFloat32(i * 4, kept[i]!, true);
  return new Uint8Array(view.buffer);
}

function readKept(format: Format, packed: Packed, count: number): Float32Array {
  const kept = new Float32Array(count);
  if (count === 0) return kept;
  const bytes = packed.streams[KEPT_STREAM];
  if (bytes === undefined || bytes.length !== count * 4) {
    throw new RangeError(
      `${format.name}: stream ${KEPT_STREAM} has ${bytes?.length ?? 0} bytes, ${count} weights need ${count * 4}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < count; i++) kept[i] = view.getFloat32(i * 4, true);
  return kept;
}
