# SPDX-License-Identifier: MIT
# The master is killed while a job runs for longer than its lease: the poller stays with the worker,
# renews the lease and writes the log, beside the next daemon, and both leave when the job has ended.
use strict;
use warnings;
use Helios::Test;
use Test::More;

# Toy::Brief has leases of four seconds.
my $t = Helios::Test->new(service => 'Toy::Brief', section => { MAX_WORKERS => 1 });
my $gate = $t->tmp . '/gate';
my ($long) = $t->submit({ $t->gated($gate), log => 'last words', append => $t->tmp . '/ran' });
my $daemon = $t->start;
$t->wait_for(sub { -e "$gate.up" }, 10, 'the job to run');
my @orphans = ($t->poller($daemon->{pid}), $t->workers($daemon->{pid}));
is(scalar @orphans, 2, 'poller and worker are there');
kill KILL => $daemon->{pid};
$t->collect($daemon);

my $next = $t->start;
my ($other) = $t->submit({});
$t->wait_for(sub { $t->history($other) }, 10, 'the next daemon to work');
my $lease = $t->job($long)->{grabbed_until};
$t->wait_for(sub { $t->job($long)->{grabbed_until} > $lease }, 16, 'the lease of the orphan to be renewed');
is(scalar(grep { alive($_) } @orphans), 2, 'both orphans live');

spew($gate, '');
$t->wait_for(sub { !grep { alive($_) } @orphans }, 10, 'the orphans to leave');
is_deeply([map { $_->{exitstatus} } $t->history($long)], [0], 'the job is completed');
is(scalar(split /\n/, slurp($t->tmp . '/ran')), 1, 'it ran once');
$t->wait_for(sub { $t->log_rows(qr/^last words$/) == 1 }, 10, 'its line in the log');
$t->wait_for(sub { !grep { /board\.\d+/ } glob $t->tmp . '/run/*' }, 10, 'the old scoreboard to be removed');
is($t->stop($next)->{exit}, 0, 'the next daemon stops cleanly');
is_deeply([glob $t->tmp . '/run/*'], [], 'and leaves nothing');
$t->finish;
