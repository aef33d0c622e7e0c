# SPDX-License-Identifier: MIT
# How many workers a daemon has that may have many: as many as there are slow jobs, and no more than
# get through where jobs are so quick that workers wait for each other at the database.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my %many = (OVERDRIVE => 1, WORKER_LAUNCH_PATTERN => 'optimistic');

# ---- jobs that take long: a worker for each ----
{
    my $t = Helios::Test->new(section => { %many, MAX_WORKERS => 20, CLAIM_MAX => 1 });
    my @gates = map { $t->tmp . "/gate$_" } 1 .. 20;
    $t->submit(map { { $t->gated($_) } } @gates);
    my $daemon = $t->start;
    $t->wait_for(sub { !grep { !-e "$_.up" } @gates }, 30, 'twenty jobs to run at a time');
    is(scalar(() = $t->workers($daemon->{pid})), 20, 'more jobs than are launched at once: a worker for each');
    Helios::Test::spew($_, '') for @gates;
    $t->wait_for(sub { $t->count('job') == 0 }, 20, 'the jobs to be done');
    $t->stop($daemon);
    is($t->sanitizer_reports, '', 'the sanitizers reported nothing');
    $t->destroy;
}

# ---- jobs of no work, and a database that takes long to complete them ----
my $t = Helios::Test->new(service => 'NoopService',
    section => { %many, MAX_WORKERS => 40, CLAIM_TARGET_MS => 10000, CLAIM_MAX => 100 });
my $daemon = $t->start;
# Batches are small until it is known how long a job takes.
$t->submit({});
$t->wait_for(sub { $t->count('job') == 0 && !$t->workers($daemon->{pid}) }, 20, 'the first job to be done');
my $operator = $t->sqlite ? undef : $t->connect_database; # a table of SQLite is not locked for itself
$operator->do('LOCK TABLES helios_job_history_tb WRITE') if $operator;
$t->submit(map { {} } 1 .. 4500);
if ($operator) {
    $t->wait_for(sub { $t->count('job', 'grabbed_until > 0') >= 400 }, 20, 'four batches to be claimed');
    my $looks = $t->board('looks');
    $t->wait_for(sub { $t->board('looks') > $looks + 2 }, 20, 'some looks');
    my $workers = () = $t->workers($daemon->{pid});
    cmp_ok($workers, '<', 40, 'while workers wait for each other no more are launched');
    $operator->do('UNLOCK TABLES');
}
$t->wait_for(sub { $t->count('job') == 0 }, 60, 'the jobs to be done');
is($t->count('helios_job_history_tb', 'exitstatus = 0'), 4501, 'all are completed');
$t->stop($daemon);
$t->finish;
