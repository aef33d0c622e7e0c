// SPDX-License-Identifier: MIT
// BullMQ on Redis: one worker with a concurrency of 100.
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { main } from './peer.mjs';

const connection = new Redis({ path: process.env.BENCH_SOCKET, maxRetriesPerRequest: null });
const options = { removeOnComplete: true };
const queue = new Queue('noop', { connection });

main({
  async fill(jobs) {
    for (let n = 0; n < jobs; ) {
      const rows = [];
      for (; rows.length < 1000 && n < jobs; ) rows.push({ name: 'noop', data: { n: ++n }, opts: options });
      await queue.addBulk(rows);
    }
  },
  async work(runs) {
    let left = await queue.getWaitingCount();
    if (left === 0) return;
    await new Promise((resolve, reject) => {
      const worker = new Worker('noop', async (job) => runs.add(job.data.n), { connection, concurrency: 100 });
      worker.on('completed', () => {
        if (--left === 0) resolve(worker.close());
      });
      worker.on('error', reject);
    });
  },
  async left() {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
    return Object.values(counts).reduce((sum, n) => sum + n, 0);
  },
  async serve(runs) {
    const worker = new Worker('noop', async (job) => runs.add(job.data.n), { connection, concurrency: 100 });
    await worker.waitUntilReady();
    return () => worker.close();
  },
  async submit(n) {
    await queue.add('noop', { n }, options);
  },
  async end() {
    await queue.close();
    connection.disconnect();
  },
});
