# SPDX-License-Identifier: MIT
# A long job that looks at helios_worker_leaving() ends by its own verdict, long before the grace is
# over: at HOLD, at HUP, when its master is killed, at HALT and at TERM.
use strict;
use warnings;
use Helios::Test;
use Test::More;

# The grace is two hours.
my $t = Helios::Test->new(
    global  => { zero_launch_interval => 3600 },
    section => { MAX_WORKERS => 1, OVERDRIVE => 1 });
my $up = $t->tmp . '/up';
my ($id) = $t->submit({ touch => $up, leave => 1 });
my $asked = 0;

sub runs {
    my ($when) = @_;
    $t->wait_for(sub { -e $up && $t->job($id)->{grabbed_until} }, 20, "the job to run $when");
    unlink $up;
    return;
}

sub learns_of {
    my ($what) = @_;
    $asked++;
    $t->wait_for(sub { $t->log_rows(qr/^toy: asked to leave$/) == $asked }, 10, "the job to learn of $what");
    return;
}

sub left_by {
    my ($what) = @_;
    learns_of($what);
    $t->wait_for(sub { !$t->job($id)->{grabbed_until} }, 10, "$what: the job to be given back");
    return pass("$what: the job has given itself back");
}

my $daemon = $t->start;
runs('at first');
$t->set_param(HOLD => 1);
left_by('HOLD');
$t->wait_for(sub { !$t->workers($daemon->{pid}) }, 10, 'the worker to leave');
$t->del_param('HOLD');

runs('after HOLD');
my ($before) = $t->workers($daemon->{pid});
kill HUP => $daemon->{pid};
learns_of('HUP'); # and is taken again at once
$t->wait_for(sub { !alive($before) }, 10, 'the worker to leave');
pass('HUP: the worker has left in the middle of the job');

runs('after HUP');
my ($orphan) = $t->workers($daemon->{pid});
kill KILL => $daemon->{pid};
$t->wait_for(sub { !$t->job($id)->{grabbed_until} }, 10, 'the orphan to give its job back');
$t->wait_for(sub { !alive($orphan) }, 10, 'the orphan to leave');
pass("the master's death: the job has given itself back");
$t->collect($daemon, 10);

unlink $up;
$daemon = $t->start;
runs('under another daemon');
$asked = $t->log_rows(qr/^toy: asked to leave$/);
$t->set_param(HALT => 1);
left_by('HALT');
is($t->collect($daemon, 20)->{exit}, 0, 'HALT: exit code 0');
$t->del_param('HALT');

$daemon = $t->start;
runs('after HALT');
is($t->stop($daemon)->{exit}, 0, 'TERM: exit code 0');
left_by('TERM');
is(scalar($t->log_rows(qr/^Killed process/)), 0, 'no worker was killed');
is(scalar($t->errors($id)), 0, 'and the job has not failed');
$t->finish;
