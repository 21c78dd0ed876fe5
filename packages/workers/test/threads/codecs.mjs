/** A thread that runs codecs: the interpreter, decoding in WebAssembly where a format has a kernel. */
import { interpreter } from '@fewerbits/codec';
import { wasmDecoder } from '@fewerbits/target-wasm';
import { codecTasks, serve } from '../../dist/index.js';

serve(({ formats }) =>
  codecTasks((place) => {
    const codec = interpreter(formats[place]);
    const fast = wasmDecoder(codec);
    return typeof fast === 'string' ? codec : fast;
  }),
);
