# SPDX-License-Identifier: MIT
# HOLD, HALT, MAX_WORKERS and OVERDRIVE changed by SQL while the daemon runs.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { MAX_WORKERS => 2 });
my $look_s = 3;    # zero_sleep_interval is 1; the rest is for a busy machine

my $daemon = $t->start;
my $gate = $t->tmp . '/gate';

# ---- HOLD ----
$t->submit(map { +{ $t->gated("$gate.hold") } } 1 .. 2);
$t->wait_for(sub { $t->workers($daemon->{pid}) == 1 || -e "$gate.hold.up" }, 10, 'a worker to run');
$t->set_param(HOLD => 1);
$t->wait_for(sub { grep { / HOLDING$/ } $t->log_rows }, $look_s, 'HOLDING in the log');
spew("$gate.hold", '');
$t->wait_for(sub { $t->workers($daemon->{pid}) == 0 }, 10, 'the workers to finish their job and leave');
my @held = $t->submit(map { { action => 'complete' } } 1 .. 3);
$t->wait_for(sub {
    my $seen = $t->row('SELECT register_time FROM helios_worker_registry_tb');
    return $seen && $seen->{register_time};
}, 5, 'the registration');
is($t->count('job', 'grabbed_until > 0'), 0, 'HOLD: nothing is claimed');
ok((grep { $t->job($_) } @held) == 3, 'HOLD: the jobs stay');
$t->del_param('HOLD');
$t->wait_for(sub { $t->count('job') == 0 }, 10, 'the jobs to run after HOLD was deleted');

# ---- MAX_WORKERS ----
$t->set_param(MAX_WORKERS => 0);
$t->wait_for(sub { $t->board('max_workers') == 0 }, $look_s, 'MAX_WORKERS 0 to be seen');
my ($stuck) = $t->submit({ action => 'complete' });
$t->set_param(MAX_WORKERS => 4);
$t->submit(map { +{ $t->gated("$gate.max") } } 1 .. 6);
$t->wait_for(sub { !$t->job($stuck) && $t->count('job', 'grabbed_until > 0') == 4 }, 10,
    'four workers at jobs that do not end, after MAX_WORKERS was raised to 4');
is(scalar $t->workers($daemon->{pid}), 4, 'MAX_WORKERS was raised to 4');
$t->set_param(MAX_WORKERS => 1);
$t->wait_for(sub { $t->board('max_workers') == 1 }, $look_s, 'MAX_WORKERS 1 to be seen');
is(scalar $t->workers($daemon->{pid}), 4, 'a lower MAX_WORKERS ends nobody');
my @four = sort $t->workers($daemon->{pid});
my $looks = $t->board('looks');
$t->wait_for(sub { $t->board('looks') > $looks + 1 }, 10, 'two looks at the two jobs that wait');
is_deeply([sort $t->workers($daemon->{pid})], \@four, 'and none is launched beside them');
spew("$gate.max", '');
$t->wait_for(sub { $t->count('job') == 0 }, 20, 'all jobs to be done');
is($t->job($stuck), undef, 'the job that was submitted under MAX_WORKERS 0 ran later');

# ---- OVERDRIVE ----
$t->set_param(OVERDRIVE => 1);
$t->wait_for(sub { $t->workers($daemon->{pid}) == 0 }, 10, 'idle');
my $pids = sub {
    my @ids = @_;
    my %pid = map { $_->{process_id} => 1 }
        $t->rows('SELECT process_id FROM helios_log_tb WHERE jobid IN (' . join(',', @ids) . ')');
    return scalar keys %pid;
};
my @ids = $t->submit(map { { action => 'complete', log => 'here' } } 1 .. 20);
$t->wait_for(sub { $t->count('job') == 0 && grep({ $_ eq 'here' } $t->log_rows) >= 20 }, 20, 'twenty jobs under OVERDRIVE');
cmp_ok($pids->(@ids), '<=', 2, 'OVERDRIVE=1: few workers run many jobs');

# ---- HALT for all hosts ----
$t->set_param(HALT => 1, '*');
my $ended = $t->collect($daemon, 10);
is($ended->{exit}, 0, 'HALT for *: a clean stop');
is($t->count('helios_params_tb', "param='HALT'"), 1, 'the row is left to the operator');
ok(!-e $t->pid_file, 'the PID file is gone');
is($t->count('helios_worker_registry_tb'), 0, 'the registration is gone');
my $name = $t->service . ' on host ' . $t->host;
for my $text ("HALTING $name", 'Reaping ' . $t->service . ' workers on host ' . $t->host, "$name HALTED.") {
    ok((grep { $_ eq $text } $t->log_rows), "logged: $text");
}
my $refused = $t->helios_d('--foreground', $t->service);
isnt($refused->{exit}, 0, 'HALT refuses a start');
like($refused->{stderr}, qr/HALT is set for this service class\.\nPlease clear it and try again\.\n/, 'and says so');

# ---- HALT for this host; --clear-halt ----
$t->del_param('HALT');
$t->set_param(HALT => 0, $t->host);
isnt($t->helios_d('--foreground', $t->service)->{exit}, 0, 'any value of HALT refuses a start');
$daemon = $t->start('--clear-halt');
is($t->count('helios_params_tb', "param='HALT'"), 0, '--clear-halt removed the row of this host');
$t->set_param(HALT => '', $t->host);
is($t->collect($daemon, 10)->{exit}, 0, 'HALT for this host, even an empty one, stops the daemon');
$t->del_param('HALT', $t->host);

# ---- TERM, with and without an operator's own row ----
$t->sql('DELETE FROM helios_log_tb');
$daemon = $t->start;
my $seen_halt = 0;
$t->submit({ $t->gated("$gate.term") });
$t->wait_for(sub { -e "$gate.term.up" }, 10, 'a job to run');
kill TERM => $daemon->{pid};
$t->wait_for(sub { $t->count('helios_params_tb', "param='HALT' AND host=?", $t->host) }, 5, 'the HALT row of a TERM');
spew("$gate.term", '');
$ended = $t->collect($daemon, 10);
is($ended->{exit}, 0, 'TERM: a clean stop');
is($t->count('helios_params_tb', "param='HALT'"), 0, 'and its HALT row is gone');
is($t->count('job'), 0, 'the running job was finished');
is($t->count('helios_job_history_tb', 'exitstatus<>0'), 0, 'no job has failed');
my @wanted = ('Received TERM signal; HALTING ' . $name, 'Setting HALT for ' . $name,
    'Reaping ' . $t->service . ' workers on host ' . $t->host, 'Cleared HALT for ' . $name, "$name HALTED.");
my %wanted = map { $_ => 1 } @wanted;
is_deeply([grep { $wanted{$_} } $t->log_rows], \@wanted, 'the messages of a stop, in order');

$t->write_ini(global => { zero_launch_interval => 3600, zero_sleep_interval => 3600 }, section => { MAX_WORKERS => 2 });
$t->set_param(HOLD => 1);
$daemon = $t->start;
$t->wait_for(sub { grep { / HOLDING$/ } $t->log_rows }, $look_s, 'HOLD');
$ended = $t->stop($daemon);
is($ended->{exit}, 0, 'TERM during HOLD is a clean stop, which waits for no interval');
$t->del_param('HOLD');
$t->write_ini(section => { MAX_WORKERS => 2 });

$daemon = $t->start;
$t->submit({ $t->gated("$gate.own") });
$t->wait_for(sub { -e "$gate.own.up" }, 10, 'a job to run');
kill TERM => $daemon->{pid};
$t->wait_for(sub { $t->count('helios_params_tb', "param='HALT'") }, 5, 'the HALT row of a TERM');
$t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)',
    $t->host, $t->service, 'HALT', 'maintenance');
spew("$gate.own", '');
$t->collect($daemon, 10);
is_deeply([map { $_->{value} } $t->rows("SELECT value FROM helios_params_tb WHERE param='HALT'")],
    ['maintenance'], "TERM leaves an operator's own HALT row alone");
$t->finish;
