// SPDX-License-Identifier: MIT
// pg-boss: loops of fetch and complete with large batches; its own polling workers for latency.
import PgBoss from 'pg-boss';
import { main } from './peer.mjs';

const QUEUE = 'noop';
const BATCH = 2000;
const LOOPS = 2; // of a process
const boss = new PgBoss({ connectionString: process.env.BENCH_DATABASE, supervise: false, schedule: false });
boss.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
await boss.start();

main({
  async fill(jobs) {
    await boss.createQueue(QUEUE);
    for (let n = 0; n < jobs; ) {
      const rows = [];
      for (; rows.length < 5000 && n < jobs; ) rows.push({ name: QUEUE, data: { n: ++n } });
      await boss.insert(rows);
    }
  },
  async work(runs) {
    const loop = async () => {
      for (;;) {
        const jobs = await boss.fetch(QUEUE, { batchSize: BATCH });
        if (jobs.length === 0) return;
        for (const job of jobs) runs.add(job.data.n);
        await boss.complete(QUEUE, jobs.map((job) => job.id));
      }
    };
    await Promise.all(Array.from({ length: LOOPS }, loop));
  },
  async left() {
    return await boss.getQueueSize(QUEUE, { before: 'completed' });
  },
  async serve(runs) {
    await boss.work(QUEUE, { pollingIntervalSeconds: 0.5, batchSize: 100 }, async (jobs) => {
      for (const job of jobs) runs.add(job.data.n);
    });
    return async () => {};
  },
  async submit(n) {
    await boss.send(QUEUE, { n });
  },
  async end() {
    await boss.stop({ graceful: false, close: true });
  },
});
