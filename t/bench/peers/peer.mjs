// SPDX-License-Identifier: MIT
// What the scripts of all peers share: their subcommands, and files of records (a job's number and
// CLOCK_MONOTONIC in nanoseconds, eight bytes each).
//
//   node X.mjs fill JOBS              a full queue
//   node X.mjs work RUNS              does jobs until the queue is empty
//   node X.mjs left                   prints how many jobs are left
//   node X.mjs serve RUNS             prints "ready", does jobs until SIGTERM
//   node X.mjs offer RATE JOBS COMMITS
import fs from 'node:fs';

export class Records {
  constructor(path, each) {
    this.fd = fs.openSync(path, 'a');
    this.buffer = Buffer.alloc(each ? 16 : 16 * 4096);
    this.used = 0;
  }
  add(n) {
    this.buffer.writeBigInt64LE(BigInt(n), this.used);
    this.buffer.writeBigInt64LE(process.hrtime.bigint(), this.used + 8);
    this.used += 16;
    if (this.used === this.buffer.length) this.flush();
  }
  flush() {
    fs.writeSync(this.fd, this.buffer, 0, this.used);
    this.used = 0;
  }
}

// Calls `one(n)` for n = 1 .. jobs at times that do not depend on how long the calls take, and notes
// when each of them has returned.
async function offer(one, rate, jobs, path) {
  const commits = new Records(path, false);
  const start = process.hrtime.bigint();
  const calls = [];
  for (let n = 1; n <= jobs; n++) {
    const due = start + (BigInt(n) * 1000000000n) / BigInt(rate);
    const ms = Number(due - process.hrtime.bigint()) / 1e6;
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    calls.push(one(n).then(() => commits.add(n)));
  }
  await Promise.all(calls);
  commits.flush();
}

// `peer`: fill(jobs), work(runs), left(), serve(runs) giving a function that stops, submit(n), end().
export async function main(peer) {
  const [command, ...args] = process.argv.slice(2);
  if (command === 'fill') {
    await peer.fill(Number(args[0]));
  } else if (command === 'work') {
    const runs = new Records(args[0], false);
    await peer.work(runs);
    runs.flush();
  } else if (command === 'left') {
    console.log(await peer.left());
  } else if (command === 'serve') {
    const runs = new Records(args[0], true);
    const stop = await peer.serve(runs);
    const ended = new Promise((resolve) => process.once('SIGTERM', resolve));
    console.log('ready');
    await ended;
    await stop();
  } else if (command === 'offer') {
    await offer((n) => peer.submit(n), Number(args[0]), Number(args[1]), args[2]);
  } else {
    throw new Error(`no command ${command}`);
  }
  await peer.end();
  process.exit(0);
}
