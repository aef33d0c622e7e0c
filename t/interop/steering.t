# SPDX-License-Identifier: MIT
# The rows by which Perl's tools and the web administration steer services, and those that they
# read. Both write by DELETE and INSERT without a transaction, and some without the DELETE.
use strict;
use warnings;
use Helios::Test;
use Helios::Schwartz;
use Test::More;

my $t = Helios::Test->new(section => { MAX_WORKERS => 2, OVERDRIVE => 1 });
my ($service, $host) = ($t->service, $t->host);

# A web page's "modify": DELETE by host, class and name, then INSERT; "add" is the INSERT alone.
sub add {
    my ($where, $param, $value) = @_;
    $t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?, ?, ?, ?)', $where, $service, $param, $value);
    return;
}
sub modify {
    my ($where, $param, $value) = @_;
    remove($where, $param);
    add($where, $param, $value);
    return;
}
sub remove {
    my ($where, $param) = @_;
    $t->sql('DELETE FROM helios_params_tb WHERE host=? AND worker_class=? AND param=?', $where, $service, $param);
    return;
}
sub run_one {
    my ($what) = @_;
    $t->submit({ action => 'complete' });
    $t->wait_for(sub { $t->count('job') == 0 }, 10, "a job to run $what");
    return;
}
sub holding { return scalar grep { / HOLDING$/ } $t->log_rows }

# Rows of Perl daemons beside ours: another service here, the same service elsewhere.
my @theirs = ([$service, 'elsewhere', 4711], ['Perl::Service', $host, 4712]);
$t->sql('INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, worker_version, host, process_id)'
    . ' VALUES (?, ?, ?, ?, ?, ?)', time, time, $_->[0], '2.83', @$_[1, 2]) for @theirs;
$t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?, ?, ?, ?)', @$_[1, 0], 'HALT', 1) for @theirs;

my $daemon = $t->start;
pass('HALT rows for another service and for another host do not stop a start');

# ---- HOLD pressed, pressed again, and released by the value 0 ----
modify($host, HOLD => 1) for 1 .. 2;
$t->wait_for(\&holding, 5, 'HOLDING in the log');
my ($id) = $t->submit({ action => 'complete' });
modify($host, HOLD => 0);
$t->wait_for(sub { !$t->job($id) }, 10, 'the job to run when HOLD is 0');
pass('HOLD 1 holds this host, HOLD 0 releases it');

# ---- a row for all hosts, and this host's own over it ----
remove($host, 'HOLD');
modify('*', HOLD => 1);
$t->wait_for(sub { holding() >= 2 }, 5, 'HOLD for all hosts');
modify($host, HOLD => 0);
run_one('when this host is not held');
remove($host, 'HOLD');
remove('*', 'HOLD');
pass('the value of this host goes before that of all');

# ---- duplicates: one of them is taken, and all is well ----
add('*', MAX_WORKERS => 3) for 1 .. 2;
$t->wait_for(sub { $t->board('max_workers') == 3 }, 5, 'MAX_WORKERS of two equal rows');
add('*', MAX_WORKERS => 4);
$t->wait_for(sub { $t->board('max_workers') =~ /^[34]$/ }, 5, 'one of two values');
run_one('under duplicates');
modify('*', MAX_WORKERS => 5);
$t->wait_for(sub { $t->board('max_workers') == 5 }, 5, 'the only row');
is($t->count('helios_params_tb', "param='MAX_WORKERS'"), 1, 'Change removes duplicates');

# ---- helios config set does what helios_config_set does ----
add('*', MAX_WORKERS => 6) for 1 .. 2;
$t->command_ok('config', 'set', '--host', '*', $service, 'MAX_WORKERS', 7);
is_deeply([map { $_->{value} } $t->rows("SELECT value FROM helios_params_tb WHERE param='MAX_WORKERS'")], [7], 'one row, also where there were three');
$t->wait_for(sub { $t->board('max_workers') == 7 }, 5, 'the value that was set');

# ---- what the pages of the web administration read ----
my $now = $t->one($t->sqlite ? "SELECT strftime('%s','now')" : 'SELECT UNIX_TIMESTAMP()');
my @alive = $t->rows('SELECT worker_class, worker_version, host, process_id, register_time, start_time'
    . ' FROM helios_worker_registry_tb WHERE register_time > ? ORDER BY process_id IN (4711, 4712), host', $now - 300);
is(scalar @alive, 3, 'ours is registered beside theirs');
is_deeply([@{ $alive[0] }{qw(worker_class worker_version host process_id)}], [$service, '1.0', $host, $daemon->{pid}], 'by service, version, host and pid');
cmp_ok($alive[0]{start_time}, '<=', $alive[0]{register_time}, 'since its start');

my ($bad) = $t->submit({ action => 'fail', message => 'web', log => 'a line', status => 5 });
my ($good) = $t->submit({ action => 'fail_once', message => 'once' });
$t->wait_for(sub { $t->count('job') == 0 }, 20, 'failed and retried jobs');
is_deeply([map { $_->{exitstatus} } $t->history($bad)], [5, 5, 5], 'a history row for each attempt');
is_deeply([sort { $a <=> $b } map { $_->{exitstatus} } $t->history($good)], [0, 1], 'a success is the row of status 0');
my $row = ($t->history($bad))[0];
is($row->{funcid}, $t->funcid($service), 'the history knows the jobtype');
like($row->{arg}, qr{^<job><params>.*</params></job>$}, 'and has the text of the argument, no image');
ok($row->{complete_time} >= $row->{insert_time}, 'and both times');
my $line = $t->row("SELECT * FROM helios_log_tb WHERE jobid=? AND message='a line'", $bad);
is_deeply([@$line{qw(host job_class priority funcid)}], [$host, $service, 6, $t->funcid($service)], 'a log row names host, class, priority and jobtype');
cmp_ok($line->{process_id}, '!=', $daemon->{pid}, 'and the worker');

# ---- what a TheSchwartz client asks of a failed job ----
my $client = perl_client($t);
my ($hash) = $client->shuffled_databases;
my $handle = $client->handle_from_string("$hash-$bad");
is($handle->is_pending ? 1 : 0, 0, 'it is not pending');
is($handle->failures, 3, 'it has failed three times');
is_deeply([$handle->failure_log], [('web') x 3], 'with these messages');

# ---- HALT added by two clicks, then deleted ----
add($host, HALT => 1) for 1 .. 2;
is($t->collect($daemon, 15)->{exit}, 0, 'HALT stops the daemon');
is($t->count('helios_worker_registry_tb', 'process_id=?', $daemon->{pid}), 0, 'its registration is gone');
is($t->count('helios_worker_registry_tb', 'process_id IN (4711, 4712)'), 2, 'those of Perl daemons are not');
is($t->count('helios_params_tb', "param='HALT'"), 4, 'all HALT rows stay, they are of others');
isnt($t->helios_d('--foreground', $service)->{exit}, 0, 'and refuse a start');
remove($host, 'HALT');
$daemon = $t->start;
is($t->stop($daemon)->{exit}, 0, 'UNHALT lets it start again');
$t->finish;
