/** Functions over one memory as the bytes of a module. Specification: WebAssembly core 2.0, 5.5. */
import { type Code, startBody, typeByte } from './code.ts';
import { signed, unsigned } from './leb128.ts';
import type { ValueType } from './ops.ts';

/** A function, exported under its name. Its parameters are its first locals. */
export interface FunctionSpec {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly body: (code: Code) => void;
}

export interface ModuleSpec {
  readonly memory: {
    /** Module and name that the memory is imported as; left out: the module has its own, exported as `memory`. */
    readonly importFrom?: readonly [module: string, name: string];
    /** Pages of 64 KiB that there must be. */
    readonly pages: number;
  };
  readonly functions: readonly FunctionSpec[];
  /** Bytes that stand in the memory from the start, each at its place. */
  readonly data?: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

/**
 * The bytes of a module, valid by construction.
 * @throws Error for a function whose instructions do not fit together, naming function and instruction.
 */
export function assemble({ memory, functions, data = [] }: ModuleSpec): Uint8Array<ArrayBuffer> {
  const bodies = functions.map(({ name, params, results, body }) => {
    const { code, finish } = startBody(name, params, results);
    body(code);
    return finish();
  });
  const limits = [0x00, ...unsigned(memory.pages)];
  const { importFrom } = memory;
  const exported = functions.map(({ name }, k) => [...text(name), 0x00, ...unsigned(k)]);
  if (importFrom === undefined) exported.push([...text('memory'), 0x02, 0x00]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(
      1,
      functions.map(({ params, results }) => [
        0x60,
        ...vector(params.map((type) => [typeByte(type)])),
        ...vector(results.map((type) => [typeByte(type)])),
      ]),
    ),
    ...(importFrom === undefined ? [] : section(2, [[...importFrom.flatMap(text), 0x02, ...limits]])),
    ...section(
      3,
      functions.map((_, k) => unsigned(k)),
    ),
    ...(importFrom === undefined ? section(5, [limits]) : []),
    ...section(7, exported),
    ...section(
      10,
      bodies.map((body) => unsigned(body.length).concat(body)),
    ),
    ...(data.length === 0
      ? []
      : section(
          11,
          data.map(({ at, bytes }) => [0x00, 0x41, ...signed(at), 0x0b, ...unsigned(bytes.length), ...bytes]),
        )),
  ]);
}

function vector(items: readonly (readonly number[])[]): number[] {
  const bytes = unsigned(items.length);
  // One by one: a body may have more bytes than a call takes arguments.
  for (const item of items) for (const byte of item) bytes.push(byte);
  return bytes;
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  const content = vector(items);
  return [id, ...unsigned(content.length)].concat(content);
}

/** A name. Ours are ASCII, whose UTF-8 is itself. */
function text(value: string): number[] {
  const bytes = Array.from(value, (letter) => letter.charCodeAt(0));
  if (bytes.some((byte) => byte > 127)) throw new RangeError(`the name ${value} is not ASCII`);
  return [...unsigned(bytes.length), ...bytes];
}
