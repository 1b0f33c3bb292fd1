import { Worker } from 'node:worker_threads';

/** A thread that ends this process, with a word on where it hung, if `beat` is not called for so long. */
export function startWatchdog(
  seconds: number,
  what: string,
): { beat: (number: number) => void; stop: () => void } {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(
    `const { workerData: { shared, seconds, what } } = require('node:worker_threads');
     const { writeSync } = require('node:fs');
     let last = -1;
     setInterval(() => {
       const beats = Atomics.load(shared, 1);
       if (beats === last) {
         writeSync(2, '\\nhangs for over ' + seconds + ' s: ' + what + ', input ' + Atomics.load(shared, 0) + '\\n');
         process.kill(process.pid, 'SIGKILL');
       }
       last = beats;
     }, seconds * 1000);`,
    { eval: true, workerData: { shared, seconds, what } },
  );
  worker.unref();
  return {
    beat: (number) => {
      Atomics.store(shared, 0, number);
      Atomics.add(shared, 1, 1);
    },
    stop: () => void worker.terminate(),
  };
}
