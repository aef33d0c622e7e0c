# SPDX-License-Identifier: MIT
# The master is killed: its workers finish their job and leave, and the next daemon settles what
# they held, without waiting for a lease.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { MAX_WORKERS => 2, OVERDRIVE => 1,
    WORKER_LAUNCH_PATTERN => 'optimistic' });
my $gate = $t->tmp . '/gate';

# ---- the worker outlives its master ----
my @ids = $t->submit({ $t->gated("$gate.1") }, { wait_for => "$gate.1", touch => "$gate.1.up2" });
my $daemon = $t->start;
$t->wait_for(sub { -e "$gate.1.up" && -e "$gate.1.up2" }, 10, 'both jobs to run');
my @workers = $t->workers($daemon->{pid});
my @later = $t->submit({}, {});
kill KILL => $daemon->{pid};
$t->collect($daemon);
is(scalar(grep { alive($_) } @workers), 2, 'the workers live on');
spew("$gate.1", '');
$t->wait_for(sub { !grep { alive($_) } @workers }, 10, 'the workers to leave');
is_deeply([map { $_->{exitstatus} } map { $t->history($_) } @ids], [0, 0],
    'they finished their jobs');
is(scalar(grep { $t->job($_) } @later), 2, 'and took no other');
$daemon = $t->start;
$t->wait_for(sub { $t->count('job') == 0 }, 10, 'the next daemon to run the others');
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');

# ---- master, poller and worker die together ----
my ($lost) = $t->submit({ $t->gated("$gate.2") });
$daemon = $t->start;
$t->wait_for(sub { -e "$gate.2.up" }, 10, 'the job to run');
@workers = $t->workers($daemon->{pid});
kill KILL => $daemon->{pid}, @workers, $t->poller($daemon->{pid}) // ();
$t->collect($daemon);
$t->wait_for(sub { !grep { alive($_) } @workers }, 10, 'all to be dead');
cmp_ok($t->job($lost)->{grabbed_until}, '>', time + 3000, 'the job is leased for an hour');
spew("$gate.2", '');
$daemon = $t->start;
$t->wait_for(sub { !$t->job($lost) }, 15, 'the next daemon to account for it and run it again');
is_deeply([map { $_->{exitstatus} != 0 ? 1 : 0 } $t->history($lost)], [1, 0],
    'one failed attempt, one completed');
is(scalar $t->errors($lost), 1, 'with an error row for the first');
# Not before the poller that it belongs to has gone.
$t->wait_for(sub { !grep { /board\.\d+/ } glob $t->tmp . '/run/*' }, 10, 'the old scoreboards to be removed');
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');
is_deeply([glob $t->tmp . '/run/*'], [], 'and leaves nothing');
$t->finish;
