/**
 * One AttributeProto of a node: small numbers and texts at once, tensors and sub-graphs as places.
 *
 * Specification: onnx/onnx.proto, message AttributeProto.
 */
import type { Proto, Range, Schema, Wire } from './proto.ts';
import { addRun, type Run, WIRES } from './runs.ts';
import { signed } from './varint.ts';

export interface Attribute {
  readonly name: string;
  /** `i`, or `null`. */
  readonly int: number | null;
  /** The first of `ints`. */
  readonly ints: readonly number[];
  /** How many `ints` there are. */
  readonly intCount: number;
  /** Where `f`, `i`, `floats` and `ints` lie. */
  readonly runs: { readonly [kind in 'f' | 'i' | 'floats' | 'ints']: readonly Run[] };
  /** Where `s` lies; `null` without one. */
  readonly text: Range | null;
  /** How many `strings` there are, and their bytes. */
  readonly strings: { readonly count: number; readonly bytes: number };
  readonly tensor: Range | null;
  readonly sparse: Range | null;
  /** `g` and `graphs`. */
  readonly graphs: readonly Range[];
  /** True where a function's caller gives the value. */
  readonly isReference: boolean;
}

/** As many of `ints` as a permutation or a shape takes. */
const MAX_INTS = 64;

const ATTRIBUTE: Schema = new Map<number, readonly Wire[]>([
  [1, [2]], // name
  [2, [5]], // f
  [3, [0]], // i
  [4, [2]], // s
  [5, [2]], // t
  [6, [2]], // g
  [7, WIRES[4]], // floats
  [8, WIRES.varint], // ints
  [9, [2]], // strings
  [11, [2]], // graphs
  [21, [2]], // ref_attr_name
  [22, [2]], // sparse_tensor
]);

/** Reads an AttributeProto. Throws TensorFileError. */
export async function readAttribute(proto: Proto, range: Range): Promise<Attribute> {
  proto.keep();
  const runs = { f: [] as Run[], i: [] as Run[], floats: [] as Run[], ints: [] as Run[] };
  const strings = { count: 0, bytes: 0 };
  const ints: number[] = [];
  const graphs: Range[] = [];
  let name = '';
  let int: number | null = null;
  let intCount = 0;
  let text: Range | null = null;
  let tensor: Range | null = null;
  let sparse: Range | null = null;
  let isReference = false;
  const addInt = (value: number) => {
    intCount++;
    if (ints.length < MAX_INTS) ints.push(value);
  };
  await proto.walk('AttributeProto', ATTRIBUTE, range, (field) => {
    const place: Range = { start: field.start, end: field.end };
    switch (field.number) {
      case 1:
        return proto.text('AttributeProto.name', field).then((read) => {
          name = read;
        });
      case 2:
        runs.f = [{ ...place, tagged: false, count: 1 }];
        return;
      case 3:
        runs.i = [{ ...place, tagged: false, count: 1 }];
        int = signed(field);
        return;
      case 4:
        text = place;
        return;
      case 5:
        tensor = place;
        return;
      case 7:
        addRun(proto, runs.floats, field, 4);
        return;
      case 8:
        addRun(proto, runs.ints, field, 'varint');
        if (field.wire === 2) return proto.varints('ints', field, (value) => addInt(signed(value)));
        addInt(signed(field));
        return;
      case 9:
        strings.count++;
        strings.bytes += field.end - field.start;
        return;
      case 21:
        isReference = true;
        return;
      case 22:
        sparse = place;
        return;
      default:
        proto.keep();
        graphs.push(place);
        return;
    }
  });
  return { name, int, ints, intCount, runs, text, strings, tensor, sparse, graphs, isReference };
}
