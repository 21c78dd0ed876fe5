/** A thread that adds, fails and ends as it is told. */
import { serve } from '../../dist/index.js';

serve((start) => {
  if (start.broken) throw new RangeError('this start is broken');
  return async (task) => {
    switch (task.do) {
      case 'add':
        return { result: task.value + start.add };
      case 'bytes':
        return { result: new Uint8Array(task.length).fill(7), transfer: [] };
      case 'fill':
        task.into.fill(3);
        return { result: null };
      case 'refuse':
        throw new RangeError('row 3 has a NaN');
      case 'bug':
        throw Object.assign(new Error('that was unforeseen'), { name: 'OddError' });
      case 'exit':
        return process.exit(5);
      case 'uncaught':
        setTimeout(() => {
          throw new Error('nobody caught this');
        });
        return new Promise(() => {});
      case 'spin':
        for (;;) Atomics.add(task.beat, 0, 1);
    }
  };
});
