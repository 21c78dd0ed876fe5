/**
 * The graphs of a model: their nodes, and the tensors in them, down to the innermost sub-graph.
 *
 * Specification: onnx/onnx.proto, messages ModelProto, GraphProto, NodeProto, FunctionProto. A tensor is an initializer
 * or the value of a Constant node; in a sub-graph it is called `<node>/<attribute>/<name>`, in a function
 * `<function>/<name>`. Training graphs are passed over.
 */
import { TensorFileError } from '../error.ts';
import { type Attribute, readAttribute } from './attribute.ts';
import type { Proto, Range, Schema, Wire } from './proto.ts';
import { numbersRecord, readSparseTensor, readTensor, stringsRecord, type TensorRecord } from './tensor.ts';

/** A graph, sub-graph or function: names mean something within it and the graphs inside it. */
export interface Scope {
  readonly parent: Scope | null;
  /** Stands before the names of its tensors: empty, or ending in a slash. */
  readonly prefix: string;
  readonly depth: number;
  /** Names that initializers and nodes give values to; each only once. */
  readonly produced: Set<string>;
  /** Names of inputs; an initializer may be the default of one. */
  readonly inputs: Set<string>;
}

/** A node, as far as its effect on axes goes. */
export interface Node {
  readonly scope: Scope;
  readonly op: string;
  readonly domain: string;
  /** An omitted input is empty. */
  readonly inputs: readonly string[];
  /** The first output. */
  readonly output: string;
  /** Whole numbers and lists of them, by attribute; of lists the first 64. */
  readonly ints: ReadonlyMap<string, readonly number[]>;
  /** `equation` of an Einsum. */
  readonly equation: string;
}

/** A tensor and what it is called in its graph. */
export interface GraphTensor {
  readonly scope: Scope;
  readonly localName: string;
  readonly record: TensorRecord;
}

export interface Model {
  readonly nodes: readonly Node[];
  /** In file order. */
  readonly tensors: readonly GraphTensor[];
}

/** Graphs in graphs; deeper ones are made to exhaust the reader. */
const MAX_DEPTH = 64;
/** Longest Einsum equation that is looked at. */
const MAX_EQUATION_BYTES = 256;

const MODEL: Schema = new Map<number, readonly Wire[]>([
  [7, [2]], // graph
  [25, [2]], // functions
]);
const GRAPH: Schema = new Map<number, readonly Wire[]>([
  [1, [2]], // node
  [5, [2]], // initializer
  [11, [2]], // input
  [15, [2]], // sparse_initializer
]);
const FUNCTION: Schema = new Map<number, readonly Wire[]>([
  [4, [2]], // input
  [7, [2]], // node
]);
/** FunctionProto.name and ValueInfoProto.name. */
const NAME: Schema = new Map<number, readonly Wire[]>([[1, [2]]]);
const NODE: Schema = new Map<number, readonly Wire[]>([
  [1, [2]], // input
  [2, [2]], // output
  [3, [2]], // name
  [4, [2]], // op_type
  [5, [2]], // attribute
  [7, [2]], // domain
]);

/** What one model is read with. */
interface Reading {
  readonly proto: Proto;
  readonly nodes: Node[];
  readonly tensors: GraphTensor[];
  /** How often a prefix was wanted; nodes may share a name. */
  readonly prefixes: Map<string, number>;
}

/** Reads the description of a model of `byteLength` bytes. Throws TensorFileError. */
export async function readModel(proto: Proto, byteLength: number): Promise<Model> {
  const reading: Reading = { proto, nodes: [], tensors: [], prefixes: new Map() };
  const root = newScope(null, '');
  let graphs = 0;
  await proto.walk('ModelProto', MODEL, { start: 0, end: byteLength }, (field) => {
    if (field.number === 25) return readFunction(reading, field);
    graphs++;
    return readGraph(reading, root, field);
  });
  if (graphs === 0)
    throw new TensorFileError(proto.path, 'has no graph; the file is truncated or no ONNX model');
  return reading;
}

function newScope(parent: Scope | null, prefix: string): Scope {
  const depth = parent === null ? 0 : parent.depth + 1;
  return { parent, prefix, depth, produced: new Set(), inputs: new Set() };
}

async function readGraph(reading: Reading, scope: Scope, range: Range): Promise<void> {
  const { proto } = reading;
  await proto.walk('GraphProto', GRAPH, range, async (field) => {
    if (field.number === 1) return readNode(reading, scope, field);
    if (field.number === 11) {
      scope.inputs.add(await readName(proto, field));
      return;
    }
    const record = await (field.number === 5 ? readTensor(proto, field) : readSparseTensor(proto, field));
    produce(reading, scope, record.name, field.tag);
    addTensor(reading, scope, record.name, record);
  });
}

async function readFunction(reading: Reading, range: Range): Promise<void> {
  const { proto } = reading;
  const scope = newScope(null, prefixOf(reading, await readName(proto, range)));
  await proto.walk('FunctionProto', FUNCTION, range, async (field) => {
    if (field.number === 7) return readNode(reading, scope, field);
    scope.inputs.add(await proto.text('FunctionProto.input', field));
  });
}

/** Field 1 of the messages that have their name there. */
async function readName(proto: Proto, range: Range): Promise<string> {
  let name = '';
  await proto.walk('name', NAME, range, (field) =>
    proto.text('name', field).then((text) => {
      name = text;
    }),
  );
  return name;
}

async function readNode(reading: Reading, scope: Scope, range: Range): Promise<void> {
  const { proto } = reading;
  proto.keep();
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Attribute[] = [];
  let name = '';
  let op = '';
  let domain = '';
  await proto.walk('NodeProto', NODE, range, async (field) => {
    if (field.number === 5) {
      attributes.push(await readAttribute(proto, field));
      return;
    }
    const text = await proto.text('NodeProto', field);
    if (field.number === 1) inputs.push(text);
    else if (field.number === 2) outputs.push(text);
    else if (field.number === 3) name = text;
    else if (field.number === 4) op = text;
    else domain = text;
  });
  for (const output of outputs) if (output !== '') produce(reading, scope, output, range.start);
  const output = outputs[0] ?? '';
  if (op === 'Constant' && isStandard(domain))
    return addConstant(reading, scope, output, attributes, range.start);
  const ints = new Map<string, readonly number[]>();
  let equation = '';
  for (const { name: key, int, ints: list, text, graphs } of attributes) {
    if (int !== null) ints.set(key, [int]);
    else if (list.length > 0) ints.set(key, list);
    if (op === 'Einsum' && key === 'equation' && text !== null && text.end - text.start <= MAX_EQUATION_BYTES)
      equation = await proto.text('equation', text);
    for (const graph of graphs) {
      const inner = newScope(scope, prefixOf(reading, `${scope.prefix}${name || output || op}/${key}`));
      if (inner.depth > MAX_DEPTH)
        throw new TensorFileError(
          proto.path,
          `byte ${graph.start}: graphs lie in each other more than ${MAX_DEPTH} deep`,
        );
      await readGraph(reading, inner, graph);
    }
  }
  reading.nodes.push({ scope, op, domain, inputs, output, ints, equation });
}

/** The operators of ONNX itself go by an empty domain or this one. */
export function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

async function addConstant(
  reading: Reading,
  scope: Scope,
  name: string,
  attributes: readonly Attribute[],
  at: number,
): Promise<void> {
  for (const attribute of attributes) {
    const record = await constantRecord(reading.proto, attribute, at);
    if (record !== null) return addTensor(reading, scope, name, record);
  }
  // Within a function the caller may give the value.
  if (attributes.some(({ isReference }) => isReference)) return;
  throw new TensorFileError(
    reading.proto.path,
    `byte ${at}: the Constant node of '${name}' has no value; the file is damaged`,
  );
}

async function constantRecord(proto: Proto, attribute: Attribute, at: number): Promise<TensorRecord | null> {
  const { name, runs, text, strings, intCount } = attribute;
  const { floats, f, ints, i } = runs;
  switch (name) {
    case 'value':
      return attribute.tensor === null ? null : readTensor(proto, attribute.tensor);
    case 'sparse_value':
      return attribute.sparse === null ? null : readSparseTensor(proto, attribute.sparse);
    case 'value_float':
      return f.length === 0 ? null : numbersRecord(at, 'float', [], f);
    case 'value_floats':
      return numbersRecord(at, 'float', [floats.reduce((sum, { count }) => sum + count!, 0)], floats);
    case 'value_int':
      return i.length === 0 ? null : numbersRecord(at, 'int', [], i);
    case 'value_ints':
      return numbersRecord(at, 'int', [intCount], ints);
    case 'value_string':
      return text === null ? null : stringsRecord(at, [], text.end - text.start);
    case 'value_strings':
      return stringsRecord(at, [strings.count], strings.bytes);
    default:
      return null;
  }
}

/** Notes that a name has a value now. In ONNX it may get one only once. */
function produce({ proto }: Reading, { produced, prefix }: Scope, name: string, at: number): void {
  if (produced.has(name))
    throw new TensorFileError(
      proto.path,
      `byte ${at}: '${prefix}${name}' is given a value twice; the file is damaged`,
    );
  produced.add(name);
}

function addTensor({ proto, tensors }: Reading, scope: Scope, localName: string, record: TensorRecord): void {
  if (localName === '')
    throw new TensorFileError(proto.path, `byte ${record.at}: a tensor has no name; the file is damaged`);
  proto.keep(scope.prefix.length + localName.length);
  tensors.push({ scope, localName, record });
}

/** `<wanted>/`, made unique. */
function prefixOf({ proto, prefixes }: Reading, wanted: string): string {
  // Prefixes hold those of the graphs around them, and so outgrow the file.
  proto.keep(2 * wanted.length);
  const before = prefixes.get(wanted) ?? 0;
  prefixes.set(wanted, before + 1);
  return before === 0 ? `${wanted}/` : `${wanted}#${before + 1}/`;
}
