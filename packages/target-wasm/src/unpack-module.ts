/**
 * An unpacker as a WebAssembly module of one function: `unpack(rows, units, o0, o1, …, s0, r0, …)` writes the codes of each output from
 * its address on. Every value is computed where it is first stored, so that few vectors live at a time.
 */
import { operandsOf, type UnpackKernel } from '@fewerbits/kernel';
import { assembleKernel, type KernelFunction } from './assemble-kernel.ts';
import type { LinkedModule } from './link.ts';
import { type Frame, typeInWasm, unitsFunction } from './module.ts';
import { emitValue, pushesOf, type Scene } from './operations.ts';
import { FIRST_OUTPUT, unpackSink } from './sinks.ts';

/** The module that unpacks. It imports its memory as `fewerbits.memory`. */
export function unpackModule(kernel: UnpackKernel, base = 0): LinkedModule {
  return assembleKernel(unpackFunction(kernel), base);
}

function unpackFunction(kernel: UnpackKernel): KernelFunction {
  return unitsFunction(kernel, 'unpack', FIRST_OUTPUT + kernel.outputs.length, 0, (frame) => {
    const sink = unpackSink(frame.code, kernel);
    const push = pushing(kernel, frame);
    return {
      ...sink,
      unit: () => {
        for (const store of kernel.stores) sink.take(store, () => push(store.value));
      },
    };
  });
}

/** Pushes a value of a straight line; what is pushed more than once is kept. */
function pushing(kernel: UnpackKernel, { code, ...frame }: Frame): Scene['push'] {
  const { values, stores } = kernel;
  const uses = new Array<number>(values.length).fill(0);
  for (const value of values) for (const k of operandsOf(value)) uses[k]! += pushesOf(value.op);
  for (const { value } of stores) uses[value]!++;
  const locals = new Map<number, number>();
  const scene: Scene = {
    ...frame,
    code,
    kernel,
    address: ({ source }, { base }) => {
      code.get(frame.sourceLocal(source!));
      return base;
    },
    push: (k) => {
      const local = locals.get(k);
      if (local !== undefined) return code.get(local);
      emitValue(k, scene);
      const { op } = values[k]!;
      if (op === 'int' || op === 'real' || uses[k]! < 2) return;
      const kept = code.local(typeInWasm(values[k]!));
      locals.set(k, kept);
      code.tee(kept);
    },
  };
  return scene.push;
}
