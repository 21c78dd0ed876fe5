/** A format as the files of a publishable package. */
export { emitPackage, NoPackage } from './emit.ts';
export type {
  ErrorRow,
  Member,
  PackageInput,
  StreamMap,
  Targets,
  Vector,
  Vectors,
  WasmCodec,
} from './input.ts';
export { exportsOf, memberPath } from './manifest.ts';
