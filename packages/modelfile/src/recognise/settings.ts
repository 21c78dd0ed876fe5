/**
 * Settings that stand beside packed tensors: JSON in a tensor, `quantization_config` in a file next to the model.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

type Settings = Readonly<Record<string, unknown>>;

/** Files that say how a model was quantised, and where in them; the first that is there counts. */
const FILES: readonly { name: string; inside: string | null }[] = [
  { name: 'quantize_config.json', inside: null },
  { name: 'quant_config.json', inside: null },
  { name: 'config.json', inside: 'quantization_config' },
  { name: 'hf_quant_config.json', inside: 'quantization' },
];

/** The settings of the model at `path`, or none. What is damaged counts as not there: recognition goes by the tensors first. */
export async function quantizationConfig(path: string): Promise<Settings> {
  const folder = await stat(path).then(
    (found) => (found.isDirectory() ? path : dirname(path)),
    () => dirname(path),
  );
  for (const { name, inside } of FILES) {
    const bytes = await readFile(join(folder, name)).catch(() => null);
    if (bytes === null) continue;
    const whole = parseSettings(bytes);
    const settings = inside === null ? whole : objectIn(whole?.[inside]);
    if (settings !== null) return settings;
  }
  return {};
}

/** JSON as an object, or `null`. */
export function parseSettings(bytes: Uint8Array): Settings | null {
  try {
    return objectIn(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    // What cannot be read says nothing; the caller tells its user so.
    return null;
  }
}

/** The value if it is an object, else `null`. */
export function objectIn(value: unknown): Settings | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Settings) : null;
}

/** Whether a value is a whole number above zero. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** A binary32, as streams hold it. */
export function littleEndianFloat(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return new Uint8Array(view.buffer);
}
