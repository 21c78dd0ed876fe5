/** WebAssembly modules as bytes. */
export type { Code } from './code.ts';
export { assemble, type FunctionSpec, type ModuleSpec } from './module.ts';
export { LANE_LOADS, LANES, LOADS, laneCount, type Op, PLAIN, STORES, type ValueType } from './ops.ts';
