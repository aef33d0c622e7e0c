# SPDX-License-Identifier: MIT
# Which worker runs which job, and when it leaves.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new;
my $class = $t->service;

# Drains these jobs; gives the number of workers that ran them.
sub workers_of {
    my ($section, @jobs) = @_;
    $t->sql('DELETE FROM helios_log_tb');
    $t->write_ini(section => { MAX_WORKERS => 1, %$section });
    my @ids = $t->submit(map { { log => 'here', %$_ } } @jobs);
    is($t->helios_d('--foreground', '--drain', $class)->{exit}, 0, 'drained');
    is($t->count('job'), 0, 'all jobs are done');
    return $t->one("SELECT COUNT(DISTINCT process_id) FROM helios_log_tb WHERE message='here'");
}

my @plain = ({}, {}, {});
my @returning = map { { return => 1 } } 1 .. 3;
is(workers_of({}, @plain), 3, 'without OVERDRIVE a worker runs one job');
is(workers_of({ OVERDRIVE => 1 }, @plain), 1, 'OVERDRIVE: one worker runs them all');
is(workers_of({ OVERDRIVE => 1 }, @returning), 1, 'what run() returns has no effect');
is(workers_of({ OVERDRIVE => 1, DOWNSHIFT_ON_NONZERO_RUN => 1 }, @returning), 3, 'DOWNSHIFT_ON_NONZERO_RUN: a worker leaves after a job that returned 1');
is_deeply([$t->log_rows(qr/downshift|leaves/i)], [], 'DOWNSHIFT_ON_NONZERO_RUN: without a word');
is(workers_of({ DOWNSHIFT_ON_NONZERO_RUN => 1 }, @returning), 3, 'DOWNSHIFT_ON_NONZERO_RUN without OVERDRIVE');
is_deeply([$t->log_rows(qr/downshift|leaves/i)], [], 'without a word');
is(workers_of({ OVERDRIVE => 1, DOWNSHIFT_ON_NONZERO_RUN => 1 }, @plain), 1, 'DOWNSHIFT_ON_NONZERO_RUN: not after one that returned 0');
cmp_ok(workers_of({ OVERDRIVE => 1, WORKER_MAX_TTL => 1 }, map { { sleep_ms => 150 } } 1 .. 12), '>', 1, 'WORKER_MAX_TTL: a worker leaves after the job in which its time is over');
is(scalar($t->log_rows(qr/^Killed process/)), 0, 'by itself');

# ---- PRIORITIZE_JOBS ----
for my $case (['high', '7 5 0 none'], ['low', 'none 0 5 7'], ['0', '5 none 7 0']) {
    my ($order, $expected) = @$case;
    $t->sql('DELETE FROM helios_log_tb');
    $t->write_ini(section => { MAX_WORKERS => 1, PRIORITIZE_JOBS => $order });
    $t->submit_as($class, { priority => $_ }, { log => 'priority ' . ($_ // 'none') }) for 5, undef, 7, 0;
    $t->sql('UPDATE job SET run_after=1000');
    $t->helios_d('--foreground', '--drain', $class);
    is(join(' ', map { /^priority (.*)/ } $t->log_rows), $expected, "PRIORITIZE_JOBS=$order: the jobs in turn") if $t->sqlite;
    is($t->count('job'), 0, "PRIORITIZE_JOBS=$order: all are done");
}

# ---- HOLD between the jobs of a worker ----
$t->write_ini(section => { MAX_WORKERS => 1, OVERDRIVE => 1 });
my $gate = $t->tmp . '/gate';
my $daemon = $t->start;
my ($running, @waiting) = $t->submit({ $t->gated($gate) }, @plain);
$t->wait_for(sub { -e "$gate.up" }, 10, 'the first job');
$t->set_param(HOLD => 1);
$t->wait_for(sub { $t->log_rows(qr/ HOLDING$/) }, 10, 'HOLD');
spew($gate, '');
$t->wait_for(sub { $t->log_rows(qr/^Class \Q$class\E exited \(downshift\)$/) }, 10, 'the worker to leave');
is($t->job($running), undef, 'HOLD: the running job is finished');
$t->wait_for(sub { $t->count('job', 'grabbed_until=0') == @waiting }, 10, 'the other jobs to be given back');
pass('HOLD: the next job is not begun');
$t->stop($daemon);
$t->finish;
