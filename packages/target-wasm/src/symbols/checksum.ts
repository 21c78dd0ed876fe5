/**
 * CRC-32C as a WebAssembly function: sixteen bytes a step by sixteen tables ("slicing by 16", after Kounavis & Berry 2005).
 * `checksum(sum, from, to) → sum` over bytes of the memory; the sum starts at -1 and is inverted at the end. RFC 3720, B.4.
 */
import { assemble, type Code } from '@fewerbits/wasm-assembler';

/** Tables, and bytes of a step: `checksumTables(SLICES)` of the codec stands where the module is told. */
export const SLICES = 16;
const STEP = SLICES;

const SUM = 0;
const FROM = 1;
const TO = 2;

/** The module; it imports its memory as `fewerbits.memory`. @param tables where the table stands in it */
export function checksumModule(tables: number): Uint8Array<ArrayBuffer> {
  return assemble({
    memory: { importFrom: ['fewerbits', 'memory'], pages: 0 },
    functions: [
      {
        name: 'checksum',
        params: ['i32', 'i32', 'i32'],
        results: ['i32'],
        body: (code) => emitChecksum(code, tables),
      },
    ],
  });
}

function emitChecksum(code: Code, tables: number): void {
  const word = code.local('i32');
  /** The remainder of byte k of the word, with `behind` bytes after it. */
  const remainder = (k: number, behind: number): void => {
    code.get(word);
    if (k > 0) {
      code.i32(8 * k);
      code.op('i32.shr_u');
    }
    if (k < 3) {
      code.i32(255);
      code.op('i32.and');
    }
    code.i32(2);
    code.op('i32.shl');
    code.load('i32.load', tables + 1024 * behind);
  };
  const advance = (by: number): void => {
    code.get(FROM);
    code.i32(by);
    code.op('i32.add');
    code.set(FROM);
  };
  const loopWhile = (bytes: number, body: () => void): void => {
    code.block(() => {
      code.loop(() => {
        code.get(TO);
        code.get(FROM);
        code.op('i32.sub');
        code.i32(bytes);
        code.op('i32.lt_s');
        code.brIf(1);
        body();
        advance(bytes);
        code.br(0);
      });
    });
  };
  loopWhile(STEP, () => {
    for (let part = 0; part < STEP / 4; part++) {
      code.get(FROM);
      code.load('i32.load', 4 * part);
      if (part === 0) {
        code.get(SUM);
        code.op('i32.xor');
      }
      code.set(word);
      for (let k = 0; k < 4; k++) {
        remainder(k, STEP - 1 - 4 * part - k);
        if (k > 0) code.op('i32.xor');
      }
      if (part > 0) {
        code.get(SUM);
        code.op('i32.xor');
      }
      code.set(SUM);
    }
  });
  loopWhile(1, () => {
    code.get(FROM);
    code.load('i32.load8_u');
    code.get(SUM);
    code.op('i32.xor');
    code.set(word);
    remainder(0, 0);
    code.get(SUM);
    code.i32(8);
    code.op('i32.shr_u');
    code.op('i32.xor');
    code.set(SUM);
  });
  code.get(SUM);
}
