# SPDX-License-Identifier: MIT
# More than a hundred thousand jobs that others hold lie before those that are free: counting from the start
# takes long, so the daemon counts behind its cursor. What becomes due before it is found all the same.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $held = 120_000;
my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 2, WAKE => 'poll', WORKER_LINGER => 1 });
my $funcid = $t->funcid($t->service);
my @row = ($funcid, time - 1000, time + 36_000);
if ($t->sqlite) {
    $t->sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $held) "
        . 'INSERT INTO job (funcid, run_after, grabbed_until) SELECT ?, ?, ? FROM n', @row);
} else {
    $t->sql("INSERT INTO job (funcid, run_after, grabbed_until) SELECT ?, ?, ? FROM seq_1_to_$held", @row);
}
my $daemon = $t->start;
my @ids = $t->submit(map { {} } 1 .. 20);
$t->wait_for(sub { $t->count('helios_job_history_tb') == @ids }, 30, 'the free jobs');
is($t->count('job'), $held, 'those that are held are left alone');

my $first = $t->one('SELECT MIN(jobid) FROM job');
$t->sql('UPDATE job SET grabbed_until = 0 WHERE jobid = ?', $first);
$t->wait_for(sub { !$t->job($first) }, 30, 'a job given back before the cursor');
is_deeply([map { $_->{exitstatus} } $t->history($first)], [0], 'is run');
my ($next) = $t->submit({});
$t->wait_for(sub { !$t->job($next) }, 30, 'a job behind the cursor');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');

($next) = $t->submit({});
is($t->helios_d('--foreground', '--drain', $t->service)->{exit}, 0, 'a drain ends, with nothing due that is left');
ok(!$t->job($next), 'and has run what was due');
is($t->count('job'), $held - 1, 'and nothing that is held');
$t->finish;
