# SPDX-License-Identifier: MIT
# --drain: runs until no job is due, then leaves by itself.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 3 });

my $run = $t->helios_d('--foreground', '--drain', $t->service);
is($run->{exit}, 0, 'an empty queue: exit code 0');
ok(!-e $t->pid_file, 'and no PID file is left');

$t->submit(map { { action => 'complete' } } 1 .. 300);
$run = $t->helios_d('--drain', '--foreground', $t->service);
is($run->{exit}, 0, 'all completed: exit code 0');
is($t->count('job'), 0, 'the queue is empty');
is($t->count('helios_job_history_tb', 'exitstatus=0'), 300, 'each job has its history row');

$t->submit({ action => 'complete' }, { action => 'fail_no_retry' });
$run = $t->helios_d($t->service, '--foreground', '--drain');
is($run->{exit}, 1, 'a job that failed for good: exit code 1');
is($t->count('job'), 0, 'the queue is empty all the same');
my $done = $t->service . ' drained: completed 1, to be tried again 0, failed for good 1; still in the queue, not due: 0';
like($run->{stdout}, qr/^\Q$done\E$/m, 'the last line says what was done');

$t->submit({ action => 'fail_once' });
$run = $t->helios_d('--foreground', '--drain', $t->service);
is($run->{exit}, 0, 'a job that is to be tried again: exit code 0');
# A second later it is due again; which of the two comes first is not said.
is($t->count('job', 'grabbed_until=0') + $t->count('helios_job_history_tb', 'exitstatus=0') - 301, 1,
    'and the job waits for its next attempt, or has had it');
$t->sql('DELETE FROM job');

my ($later) = $t->submit_as($t->service, { run_after => time + 5000 }, { action => 'complete' });
$t->submit({ action => 'complete' });
$run = $t->helios_d('--foreground', '--drain', $t->service);
is($run->{exit}, 0, 'a job for later is not waited for');
is($t->count('job'), 1, 'and stays');
like($run->{stdout}, qr/completed 1,.*; still in the queue, not due: 1$/m, 'and the last line says that it remains');
$t->sql('DELETE FROM job');

# One worker per job, without OVERDRIVE.
$t->write_ini(section => { MAX_WORKERS => 2 });
$t->submit(map { { action => 'complete' } } 1 .. 20);
$run = $t->helios_d('--foreground', '--drain', $t->service);
is($run->{exit}, 0, 'without OVERDRIVE: exit code 0');
is($t->count('job'), 0, 'and the queue is empty');
$t->finish;
