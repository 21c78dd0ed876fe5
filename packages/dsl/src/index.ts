/** The `.qf` language: text to Format with diagnostics, and back to text. */
export type { SourceFile, Span } from './ast.ts';
export {
  type CompiledFile,
  checkFile,
  compileFile,
  type FamilyInfo,
  type Instantiation,
  type ParameterInfo,
} from './compile.ts';
export {
  DIAGNOSTICS,
  type Diagnostic,
  type DiagnosticEntry,
  type RelatedPlace,
  type Severity,
} from './diagnostics/catalogue.ts';
export { type RenderOptions, renderDiagnostic, renderDiagnostics } from './diagnostics/render.ts';
export { type FormatResult, formatSource } from './format-source.ts';
export type { Loader } from './load.ts';
export type { ParameterRange } from './lower/parameters.ts';
export { type ParseResult, parse } from './parse.ts';
export { printFormat } from './print.ts';
export { lineText, makeSource, type Position, positionOf, type Source } from './source.ts';
