# SPDX-License-Identifier: MIT
# Rows of helios_log_tb, the threshold, and messages while the database does not take them.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1 });
my $class = $t->service;

my ($id) = $t->submit({ log => "caf\xc3\xa9 & more" });
is($t->helios_d('--foreground', '--drain', $class)->{exit}, 0, 'drained');
my $row = $t->row('SELECT * FROM helios_log_tb WHERE jobid=?', $id);
is($row->{message}, "caf\xc3\xa9 & more", 'the text, as bytes');
is($row->{priority}, 6, 'the level as a number');
is($row->{job_class}, $class, 'the class');
is($row->{host}, $t->host, 'the host');
is($row->{funcid}, $t->funcid($class), 'the jobtype');
like($row->{process_id}, qr/^[1-9]\d+$/, 'the process');
cmp_ok(abs($row->{log_time} - time), '<', 60, 'the time');

# ---- the threshold, at run time ----
$t->sql('DELETE FROM helios_log_tb');
my $daemon = $t->start;
$t->set_param(log_priority_threshold => 5);
my $looks = $t->board('looks');
$t->wait_for(sub { $t->board('looks') > $looks + 1 }, 10, 'a look at the parameters');
my ($quiet) = $t->submit({ log => 'not to be seen' });
$t->wait_for(sub { !$t->job($quiet) }, 10, 'the quiet job');
$t->del_param('log_priority_threshold');
$looks = $t->board('looks');
$t->wait_for(sub { $t->board('looks') > $looks + 1 }, 10, 'a look at the parameters');
my ($loud) = $t->submit({ log => 'to be seen' });
$t->wait_for(sub { grep { $_ eq 'to be seen' } $t->log_rows }, 10, 'the loud job in the log');
is(scalar(grep { $_ eq 'not to be seen' } $t->log_rows), 0,
    'below the threshold nothing is logged');

# ---- the log table does not take messages: standard error does, in order ----
$t->sql('ALTER TABLE helios_log_tb RENAME TO hidden_log_tb');
my @ids = $t->submit(map { { log => "while away $_" } } 1 .. 5);
$t->wait_for(sub { !grep { $t->job($_) } @ids }, 20, 'jobs to run without the log table');
$t->wait_for(sub { (slurp($daemon->{err}) // '') =~ /while away 5/ }, 10,
    'the messages on standard error');
my @seen = slurp($daemon->{err}) =~ /(while away \d)/g;
is_deeply(\@seen, [map { "while away $_" } 1 .. 5], 'each once, in order');
$t->sql('ALTER TABLE hidden_log_tb RENAME TO helios_log_tb');
my ($back) = $t->submit({ log => 'back again' });
$t->wait_for(sub { grep { $_ eq 'back again' } $t->log_rows }, 20,
    'the log table to be used again');
pass('back to the table');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');

# ---- without the table ----
$t->sql('DELETE FROM helios_log_tb');
$t->write_ini(section => { OVERDRIVE => 1, internal_logger => 'off', loggers => 'stderr' });
$t->submit({ log => 'only on standard error' });
my $run = $t->helios_d('--foreground', '--drain', $class);
like($run->{stderr}, qr/only on standard error/, 'loggers=stderr');
is($t->count('helios_log_tb'), 0, 'internal_logger=off');
unlike($run->{stderr}, qr/names stderr/, 'and nothing is wrong with it');

# ---- in the background nobody hears it ----
my $deaf = qr/^loggers of \Q$class\E: 'stderr' \(\[\Q$class\E\] line \d+ of \S+\) names stderr, where a daemon in the background is not heard: /m;
like($t->helios_d('--check', $class)->{stderr}, $deaf, '--check says that it goes nowhere');
unlike($t->helios_d('--check', '--foreground', $class)->{stderr}, $deaf, 'but in the foreground');
$run = $t->helios_d($class);
like($run->{stderr}, $deaf, 'and so does a start');
my ($pid) = (slurp($t->pid_file) // '') =~ /(\d+)/;
kill TERM => $pid if $pid;
$t->wait_for(sub { !alive($pid) }, 20, 'the daemon to end');

# ---- without the table and without syslog, in the background: a worker for each job ----
SKIP: {
    skip 'this host has syslog', 4 if -e '/dev/log';
    $t->write_ini(section => { internal_logger => 'off', loggers => 'syslog' });
    is($t->helios_d($class)->{exit}, 0, 'into the background');
    my $pid = Helios::Test::pid_of($t->pid_file);
    my @jobs = $t->submit(map { { log => "from job $_" } } 1 .. 3);
    $t->wait_for(sub { 3 == grep { /^from job \d$/ } $t->log_rows }, 20, 'the table, since nothing else takes them');
    $t->wait_for(sub { !grep { $t->job($_) } @jobs }, 20, 'the jobs to be done');
    is($t->count('helios_job_history_tb', 'exitstatus=0 AND jobid>=?', $jobs[0]), 3, 'a logger that fails fails no job');
    kill TERM => $pid;
    $t->wait_for(sub { !alive($pid) }, 20, 'the daemon to end');
    my @told = $t->rows("SELECT * FROM helios_log_tb WHERE message LIKE '%LOGGING FAILURE%'");
    is(scalar @told, 1, 'the failure is told once');
    is_deeply([@{ $told[0] }{qw(message priority jobid funcid job_class)}],
        ['syslog LOGGING FAILURE: No such file or directory', 0, undef, undef, $class], 'as Helios tells it');
}
$t->finish;
