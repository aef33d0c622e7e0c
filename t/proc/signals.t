# SPDX-License-Identifier: MIT
# TERM, a second TERM, INT, HUP, USR1, QUIT, and TERM to a single worker.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { MAX_WORKERS => 2, OVERDRIVE => 1 });
my $name = $t->service . ' on host ' . $t->host;
my $gates = 0;

# Starts a daemon with one job that waits for a gate; gives the daemon, the job and the gate.
sub busy {
    my (%args) = @_;
    my $gate = $t->tmp . '/gate' . ++$gates;
    my ($id) = $t->submit({ $t->gated($gate), %args });
    my $daemon = $t->start;
    $t->wait_for(sub { -e "$gate.up" }, 10, 'the job to run');
    return ($daemon, $id, $gate);
}

# ---- TERM and INT when idle: at once, although every interval is long ----
$t->write_ini(global => { zero_launch_interval => 3600, zero_sleep_interval => 3600 }, section => { OVERDRIVE => 1 });
for my $signal (qw(TERM INT)) {
    my $daemon = $t->start;
    kill $signal => $daemon->{pid};
    my $ended = $t->collect($daemon, 10);
    is($ended->{exit}, 0, "$signal: an idle daemon leaves at once, with exit code 0");
    ok(!-e $t->pid_file, "$signal: the PID file is gone");
    is($t->count('helios_worker_registry_tb'), 0, "$signal: the registration is gone");
}
$t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 2 });

# ---- TERM: the running job is finished, the waiting one stays ----
{
    my ($daemon, $id, $gate) = busy();
    my @waiting = $t->submit(map { +{ $t->gated($gate) } } 1 .. 5);
    kill TERM => $daemon->{pid};
    $t->wait_for(sub { grep { /^Received TERM/ } $t->log_rows }, 5, 'the TERM');
    spew($gate, '');
    is($t->collect($daemon, 10)->{exit}, 0, 'TERM with a running job: exit code 0');
    is($t->job($id), undef, 'the running job was completed');
    cmp_ok($t->count('job', 'grabbed_until=0'), '>=', 4, 'the waiting ones are free');
    is($t->count('job', 'grabbed_until>0'), 0, 'none is left leased');
    $t->sql('DELETE FROM job');
}

# ---- a second TERM shortens the grace ----
{
    $t->write_ini(global => { zero_launch_interval => 3600 }, section => { OVERDRIVE => 1 });
    my ($daemon, $id, $gate) = busy();
    my $terms = () = grep { /^Received TERM/ } $t->log_rows;
    kill TERM => $daemon->{pid};
    # Two that are pending at once are one signal.
    $t->wait_for(sub { (grep { /^Received TERM/ } $t->log_rows) > $terms }, 5, 'the first TERM');
    kill TERM => $daemon->{pid};
    is($t->collect($daemon, 10)->{exit}, 0, 'two TERMs: the grace period of two hours is cut, exit code 0');
    ok((grep { /^Killed process \d+ \(shutdown .* instance\)$/ } $t->log_rows),
        'the straggler was killed, and that is logged');
    is($t->job($id)->{grabbed_until}, 0, 'its job is given back');
    is(scalar $t->errors($id), 0, 'and has not failed by that');
    $t->sql('DELETE FROM job');
    $t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
}

# ---- HUP: new ini, no job lost ----
{
    my ($daemon, $id, $gate) = busy();
    $t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 2, greeting => 'hello again' });
    kill HUP => $daemon->{pid};
    $t->wait_for(sub { grep { /helios\.ini/ || /HUP/ } $t->log_rows }, 10,
        'a log message about the HUP');
    spew($gate, '');
    $t->wait_for(sub { !$t->job($id) }, 10, 'the running job to be completed');
    is(($t->history($id))[0]{exitstatus}, 0, 'HUP: the running job was completed');
    $t->wait_for(sub { $t->workers($daemon->{pid}) == 0 }, 10, 'the old workers to leave');
    $t->submit({ action => 'complete', log_param => 'greeting' });
    $t->wait_for(sub { grep { /hello again/ } $t->log_rows }, 10,
        'a new worker to know the new ini');
    pass('HUP: new workers have the new ini');

    # An ini that cannot be read leaves the old one in force.
    spew($t->ini, "this is no ini\n");
    kill HUP => $daemon->{pid};
    $t->wait_for(sub { grep { /helios\.ini:1/ } $t->log_rows }, 10, 'the bad line to be named');
    my ($next) = $t->submit({ action => 'complete' });
    $t->wait_for(sub { !$t->job($next) }, 10, 'a job under the old ini');
    pass('HUP with a broken ini: the daemon works on');
    $t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
    $t->stop($daemon);
}

# ---- USR1: the state in the log ----
{
    my ($daemon, $id, $gate) = busy();
    $t->sql('DELETE FROM helios_log_tb');
    kill USR1 => $daemon->{pid};
    my ($worker) = $t->workers($daemon->{pid});
    $t->wait_for(sub { grep { /\b$worker\b/ && /\b$id\b/ } $t->log_rows }, 5,
        'USR1 to log the worker with its job');
    $t->wait_for(sub { grep { /MAX_WORKERS/ } $t->log_rows }, 5, 'USR1 to log the parameters');
    spew($gate, '');
    $t->stop($daemon);
}

# ---- QUIT: at once, leases released ----
{
    $t->write_ini(global => { zero_launch_interval => 3600 }, section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
    my ($daemon, $id, $gate) = busy();
    kill QUIT => $daemon->{pid};
    is($t->collect($daemon, 10)->{exit}, 0, 'QUIT: at once, exit code 0');
    $t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
    is($t->job($id)->{grabbed_until}, 0, 'QUIT: the lease is released');
    is($t->count('job', 'grabbed_until>0'), 0, 'QUIT: no job stays leased');
    is_deeply([$t->users], [], 'QUIT: no process is left');
    $t->sql('DELETE FROM job');
}

# ---- TERM to one worker: it finishes its job; the daemon goes on ----
{
    my ($daemon, $id, $gate) = busy();
    my ($worker) = $t->workers($daemon->{pid});
    kill TERM => $worker;
    spew($gate, '');
    $t->wait_for(sub { !$t->job($id) }, 10, "the worker's job");
    is(($t->history($id))[0]{exitstatus}, 0, 'TERM to a worker: its job is completed');
    $t->wait_for(sub { !alive($worker) }, 10, 'the worker to leave');
    my ($next) = $t->submit({ action => 'complete' });
    $t->wait_for(sub { !$t->job($next) }, 10, 'the next job');
    pass('TERM to a worker: the daemon works on');
    $t->stop($daemon);
}
$t->finish;
