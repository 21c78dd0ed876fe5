/** Hand-made ONNX files for the tests: a protobuf encoder that will write nonsense too. Knows nothing of the code under test. */

/** A varint of any integer, negative ones in ten bytes as protobuf has them. */
export function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

const tag = (field: number, wire: number) => varint(field * 8 + wire);

export const int = (field: number, value: number | bigint) => Buffer.concat([tag(field, 0), varint(value)]);

export function counted(field: number, ...parts: (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
  return Buffer.concat([tag(field, 2), varint(content.length), content]);
}

export const fixed32 = (field: number, content: Uint8Array) => Buffer.concat([tag(field, 5), content]);

/** Varints packed into one field. */
export const packed = (field: number, values: readonly (number | bigint)[]) =>
  counted(field, Buffer.concat(values.map(varint)));

/** TensorProto fields: shape, type and name, and whatever holds the data. */
export const tensor = (name: string, dims: readonly number[], type: number, ...data: Buffer[]) =>
  Buffer.concat([...dims.map((extent) => int(1, extent)), int(2, type), ...data, counted(8, name)]);

export const raw = (bytes: Uint8Array | readonly number[]) => counted(9, Buffer.from(bytes));

/** `data_location` EXTERNAL and its entries. */
export const external = (entries: Readonly<Record<string, string>>) =>
  Buffer.concat([
    ...Object.entries(entries).map(([key, value]) => counted(13, counted(1, key), counted(2, value))),
    int(14, 1),
  ]);

/** AttributeProto in its NodeProto. */
export const attribute = (name: string, ...fields: Buffer[]) => counted(5, counted(1, name), ...fields);
export const intAttribute = (name: string, value: number) => attribute(name, int(3, value));
export const intsAttribute = (name: string, values: readonly number[]) =>
  attribute(name, ...values.map((value) => int(8, value)));

/** NodeProto in its GraphProto. */
export const node = (op: string, inputs: string[], outputs: string[], ...more: Buffer[]) =>
  counted(
    1,
    ...inputs.map((name) => counted(1, name)),
    ...outputs.map((name) => counted(2, name)),
    counted(4, op),
    ...more,
  );
export const named = (name: string) => counted(3, name);
export const domain = (name: string) => counted(7, name);

export const initializer = (content: Buffer) => counted(5, content);
export const constant = (name: string, content: Buffer) =>
  node('Constant', [], [name], attribute('value', counted(5, content)));

/** An initializer of binary32 zeros. */
export const zeros = (name: string, ...dims: number[]) =>
  initializer(tensor(name, dims, 1, raw(new Uint8Array(4 * dims.reduce((a, b) => a * b, 1)))));

/** A whole model around the fields of its graph. */
export const model = (...graph: Buffer[]) =>
  Buffer.concat([int(1, 8), counted(2, 'hand'), counted(7, ...graph), counted(8, int(2, 21))]);
