# SPDX-License-Identifier: MIT
# A job that runs longer than its lease: it is renewed, and nobody else takes the job.
use strict;
use warnings;
use Helios::Test;
use Test::More;

# Toy::Brief has leases of four seconds.
my $t = Helios::Test->new(service => 'Toy::Brief',
    section => { MAX_WORKERS => 3, WORKER_LAUNCH_PATTERN => 'optimistic' });
my $gate = $t->tmp . '/gate';
my $daemon = $t->start;
my ($id) = $t->submit({ $t->gated($gate), append => $t->tmp . '/ran' });
$t->wait_for(sub { -e "$gate.up" }, 10, 'the job to run');
my $first = $t->job($id)->{grabbed_until};
$t->wait_for(sub { $t->job($id)->{grabbed_until} > $first }, 20, 'the lease to be renewed');
my $second = $t->job($id)->{grabbed_until};
$t->wait_for(sub { time > $first + 1 }, 20, 'the first lease to run out');
cmp_ok($t->job($id)->{grabbed_until}, '>', time, 'the job is still leased');
cmp_ok($second, '>', $first, 'by a strictly larger value');
spew($gate, '');
$t->wait_for(sub { !$t->job($id) }, 10, 'the job to end');
is_deeply([map { $_->{exitstatus} } $t->history($id)], [0], 'completed, under the renewed lease');
is(scalar(split /\n/, slurp($t->tmp . '/ran')), 1, 'it ran once');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
