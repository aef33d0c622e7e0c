// SPDX-License-Identifier: MIT
// graphile-worker with what its manual recommends for throughput: a local queue and completions in
// batches; with BENCH_PLAIN=1 its defaults.
import { Logger, makeWorkerUtils, run, runOnce } from 'graphile-worker';
import pg from 'pg';
import { main } from './peer.mjs';

const connectionString = process.env.BENCH_DATABASE;
const plain = process.env.BENCH_PLAIN === '1';
const logger = new Logger(() => () => {});
const pool = new pg.Pool({ connectionString, max: 10 });
const options = (runs) => ({
  pgPool: pool,
  logger,
  noHandleSignals: true,
  taskList: { noop: async (payload) => runs.add(payload.n) },
  preset: {
    worker: plain
      ? { concurrentJobs: 24 }
      : {
          concurrentJobs: 24,
          localQueue: { size: 500 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
  },
});

main({
  async fill(jobs) {
    const utils = await makeWorkerUtils({ pgPool: pool, logger });
    await utils.migrate();
    for (let n = 0; n < jobs; ) {
      const specs = [];
      for (; specs.length < 5000 && n < jobs; ) specs.push({ identifier: 'noop', payload: { n: ++n } });
      await pool.query(
        'select 1 from graphile_worker.add_jobs(array(select json_populate_recordset' +
          '(null::graphile_worker.job_spec, $1::json)))',
        [JSON.stringify(specs)],
      );
    }
    await pool.query('analyze');
    await utils.release();
  },
  async work(runs) {
    await runOnce(options(runs));
  },
  async left() {
    return (await pool.query('select count(*) from graphile_worker.jobs')).rows[0].count;
  },
  async serve(runs) {
    const runner = await run(options(runs));
    return () => runner.stop();
  },
  async submit(n) {
    await pool.query("select 1 from graphile_worker.add_job('noop', $1::json)", [JSON.stringify({ n })]);
  },
  async end() {
    await pool.end();
  },
});
