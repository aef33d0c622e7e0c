# SPDX-License-Identifier: MIT
# WORKER_LINGER: idle workers stay, are woken without a fork, and leave when the time is over.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 1, WORKER_LINGER => 3600 });
my $daemon = $t->start;
my ($first) = $t->submit({});
$t->wait_for(sub { !$t->job($first) }, 10, 'the first job');
my ($worker) = $t->workers($daemon->{pid});
ok($worker, 'the worker stays after the queue is drained');
for my $n (1 .. 3) {
    my $file = $t->tmp . "/who.$n";
    my ($id) = $t->submit({ append => $file });
    $t->wait_for(sub { !$t->job($id) }, 10, "job $n to wake the worker");
    is((split ' ', slurp($file))[1], $worker, "job $n ran in the same process");
}
is($t->stop($daemon)->{exit}, 0, 'TERM with an idle worker: exit code 0, and nobody waits for the time to linger');
ok(!alive($worker), 'the worker has left');

$t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 1, WORKER_LINGER => 1 });
$daemon = $t->start;
my ($last) = $t->submit({});
$t->wait_for(sub { !$t->job($last) }, 10, 'a job');
$t->wait_for(sub { !$t->workers($daemon->{pid}) }, 10, 'the worker to leave after a second');
pass('the worker left when its time was over');
$t->stop($daemon);

# The master would kill it for its age at 21 s.
$t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 1, WORKER_LINGER => 3600, WORKER_MAX_TTL => 1 });
$daemon = $t->start;
($last) = $t->submit({});
$t->wait_for(sub { !$t->job($last) }, 10, 'a job');
$t->wait_for(sub { !$t->workers($daemon->{pid}) }, 10, 'the worker to leave at WORKER_MAX_TTL');
$t->stop($daemon);
is(scalar($t->log_rows(qr/^Killed process/)), 0, 'WORKER_MAX_TTL: an idle worker leaves by itself');
$t->finish;
