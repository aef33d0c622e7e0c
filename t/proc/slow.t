# SPDX-License-Identifier: MIT
# What a long job must not do: lose its lease, or hold up the jobs that were claimed with it. All
# intervals are long, so that nothing here depends on the next look at the queue.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(
    service => 'Toy::Brief', # its lease is four seconds and up to eight of jitter
    global  => { master_launch_interval => 60, zero_launch_interval => 60, zero_sleep_interval => 60 },
    section => { OVERDRIVE => 1, MAX_WORKERS => 1 },
);
my $gate = $t->tmp . '/gate';

# The first three let the batch grow, so that the slow one is claimed together with those behind it.
my (undef, undef, undef, $slow, @behind) = $t->submit(
    ({}) x 3, { $t->gated($gate), log => 'the slow one' }, ({ append => $t->tmp . '/ran' }) x 2);
my $daemon = $t->start;
$t->wait_for(sub { -e "$gate.up" }, 10, 'the slow job to run');
my %lease = map { $_ => $t->job($_)->{grabbed_until} } $slow, @behind;
cmp_ok($lease{ $behind[0] }, '>', 0, 'the jobs behind it are claimed with it');

$t->wait_for(sub { !grep { $t->job($_)->{grabbed_until} } @behind }, 6, 'the jobs behind it to be given back');
pass('the jobs behind it are given back');

# Another worker takes the first of them in a second in which its lease has the value of ours.
$t->sql('UPDATE job SET grabbed_until=? WHERE jobid=?', $lease{ $behind[0] }, $behind[0]);

$t->wait_for(sub { $t->job($slow)->{grabbed_until} > $lease{$slow} }, 16, 'the lease of the slow job to be renewed');
pass('its lease is renewed');
spew($gate, '');
$t->wait_for(sub { $t->history($slow) }, 10, 'the slow job to end');
is(($t->history($slow))[0]{exitstatus}, 0, 'it completes under the renewed lease');
$t->wait_for(sub { $t->history($behind[1]) }, 10, 'the job that nobody took to run');
is(($t->job($behind[0]) // {})->{grabbed_until}, $lease{ $behind[0] }, 'what was given back and taken by somebody else stays his');
is($t->history($behind[0]), 0, 'and is not run here');

kill QUIT => $daemon->{pid};
is($t->collect($daemon, 20)->{exit}, 0, 'the daemon stops');
is(scalar $t->log_rows(qr/the slow one/), 1, 'the log has its line');
is(scalar $t->log_rows(qr/lease lost/), 0, 'no lease was lost');

# ---- a new worker knows from those before it how long jobs take ----
$t->submit(({}) x 20);
$daemon = $t->start;
$t->wait_for(sub { $t->count('job', 'grabbed_until = 0') == 0 && !$t->workers($daemon->{pid}) }, 20,
    'the worker to have done short jobs and left');
unlink $gate, "$gate.up";
(undef, @behind) = $t->submit({ $t->gated($gate) }, ({}) x 5);
$t->wait_for(sub { -e "$gate.up" }, 70, 'another worker to run');
is(scalar(grep { $t->job($_)->{grabbed_until} } @behind), 5, 'its first claim takes more than one job');
spew($gate, '');
$t->wait_for(sub { !grep { $t->job($_) } @behind }, 20, 'all of them to be done');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops');
$t->finish;
