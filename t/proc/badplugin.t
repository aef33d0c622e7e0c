# SPDX-License-Identifier: MIT
# Plugins that cannot be used are refused in one sentence; plugins that misbehave harm nobody.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { MAX_WORKERS => 1, OVERDRIVE => 1 });

my @refused = (
    ['Bad::Missing', qr/bad__missing\.so/],
    ['Bad::Text',    qr/bad__text\.so.*(?:ELF|shared object|invalid|too short)/],
    ['Bad::Abi',     qr/bad__abi\.so.*99/],
    ['Bad::Norun',   qr/run/],
    ['Bad::Name',    qr/Bad::Other/],
    ['Bad::Version', qr/bad__version\.so.*\.version.*"1\.2\.3-beta4".*more than 10/],
    ['Bad::Latin',   qr/bad__latin\.so.*\.version.*UTF-8/],
    ['Bad::Flags',   qr/bad__flags\.so.*\.flags.*0x6/],
    ['Bad::Size',    qr/bad__size\.so.*76 bytes.*within a field/],
    ['Bad::Symbol',  qr/helios_service/],
    ['Bad::Crash',   qr/signal 11|SIGSEGV|Segmentation/],
);
for my $case (@refused) {
    my ($class, $pattern) = @$case;
    for my $how ('--foreground', '--check') {
        my $run = $t->helios_d($how, $class);
        is($run->{exit}, $class eq 'Bad::Crash' ? 70 : 78, "$class $how: exit code");
        is($run->{signal}, 0, "$class $how: by an exit");
        like($run->{stderr}, $pattern, "$class $how: says why");
        is(scalar(split /\n/, $run->{stderr}), 1, "$class $how: in one sentence");
    }
    is_deeply([glob $t->tmp . '/run/*'], [], "$class: nothing is left");
}

# ---- allowed, and hardly meant ----
for my $case (['Toy::Long', 2], [$t->service, 0]) {
    my ($class, $lines) = @$case;
    my $run = $t->helios_d('--check', $class);
    is($run->{exit}, 0, "$class is good") or diag $run->{stderr};
    is(scalar(split /\n/, $run->{stderr}), $lines, "$class: with so many doubts") or diag $run->{stderr};
    like($run->{stderr}, qr/job_lock_interval_s is 4294967295 .*\n.*tried again 4294967295 seconds/, 'of both times') if $lines;
}

# ---- odd behaviour under a running daemon: each job, then a plain one, same daemon ----
my $daemon = $t->start;
my @odd = qw(nothing leak_fd block_signals read_stdin write_stdin fork);
for my $action (@odd) {
    my ($id) = $t->submit({ action => "$action,complete" });
    $t->wait_for(sub { !$t->job($id) }, 15, "the job with $action");
    is(($t->history($id))[-1]{exitstatus}, 0, "$action: completed");
    my ($next) = $t->submit({});
    $t->wait_for(sub { !$t->job($next) }, 15, "the job after $action");
    is(($t->history($next))[-1]{exitstatus}, 0, "$action: the next job is completed");
}
for my $malformed (\'no storable image at all', \"\x05\x0b\x02\x00\xff\xff\xff\xff", \"\x04\x0b",
    \'<job><params><a></b>') {
    my ($id) = $t->submit($malformed);
    $t->wait_for(sub { !$t->job($id) }, 15, 'the malformed job to leave the queue');
    is(scalar($t->history($id)), 1, 'it has one end');
    ok(alive($daemon->{pid}), 'the daemon lives') or last;
}
my ($xml) = $t->submit(\Storable::nfreeze(['<job><params><a>1</b></params></job>']));
$t->wait_for(sub { !$t->job($xml) }, 15, 'the job with malformed XML');
is(scalar($t->history($xml)), 1, 'malformed XML: fails for good at once');
like(($t->errors($xml))[0], qr/^Invalid arguments: /, 'with the reason');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');

# ---- a hanging job is ended by the grace period of TERM and by WORKER_MAX_TTL ----
$t->sql('DELETE FROM job');
my ($hung) = $t->submit({ action => 'hang' });
$daemon = $t->start;
$t->wait_for(sub { ($t->job($hung) // {})->{grabbed_until} }, 10, 'the hanging job to run');
$t->set_param(WORKER_MAX_TTL_WAIT_INTERVAL => 0);
$t->set_param(WORKER_MAX_TTL => 1);
$t->wait_for(sub { grep { /^Killed process \d+ \(exceeded WORKER_MAX_TTL\)$/ } $t->log_rows }, 20,
    'the hanging worker to be killed for its age');
$t->wait_for(sub { $t->errors($hung) }, 10, 'its job to have failed');
like(($t->errors($hung))[0], qr/TTL/, 'the error says so');
$t->wait_for(sub { !$t->job($hung) }, 20, 'each of its attempts to end like that');
$t->del_param('WORKER_MAX_TTL');
my $looks = $t->board('looks');
$t->wait_for(sub { $t->board('looks') > $looks + 1 }, 10, 'two looks, after which no age is too great');
($hung) = $t->submit({ $t->gated("$t->{tmp}/never"), action => 'hang' });
$t->wait_for(sub { -e "$t->{tmp}/never.up" }, 10, 'a job that hangs');
is($t->stop($daemon)->{exit}, 0, 'TERM with a hanging job: exit code 0');
is(scalar($t->log_rows(qr/^Killed process \d+ \(shutdown /)), 1, 'its worker was killed at the end of the grace period');
is($t->count('job', 'grabbed_until>0'), 0, 'and no job is left leased');
$t->finish;
