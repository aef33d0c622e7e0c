# SPDX-License-Identifier: MIT
# 200 workers killed by SIGKILL at random moments while 5,000 jobs run, each of which writes one row
# in the transaction that completes it: every job is accounted for, every row is there once.
#
# A kill fails the job that ran, so the toy may retry often and at once; those attempts show as
# error rows, but their effects must not.
use strict;
use warnings;
use Helios::Test;
use Test::More;
use Time::HiRes qw(time);

my $jobs  = $ENV{HELIOS_KILL_JOBS} // 5000;
my $kills = $ENV{HELIOS_KILL_KILLS} // 200;

my $t = Helios::Test->new(
    service => 'Toy::Retry',
    section => { OVERDRIVE => 1, MAX_WORKERS => 4, WORKER_LAUNCH_PATTERN => 'optimistic',
        CLAIM_TARGET_MS => 20 },
);
$t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');
my @ids = $t->submit(map { { effect => 1, sleep_ms => 2 } } 1 .. $jobs);
my $daemon = $t->start;
srand 1;
my $killed = 0;
my $next = 0;
$t->wait_for(sub {
    my $left = $t->count('job');
    return 1 if $left == 0;
    # The kills are spread over the whole run.
    if ($killed < $kills && ($jobs - $left) >= $killed * $jobs / $kills * 0.9) {
        my @workers = $t->workers($daemon->{pid});
        if (@workers) {
            $killed += kill KILL => $workers[rand @workers];
        }
    }
    return 0;
}, 240, 'the queue to be empty');
cmp_ok($killed, '>=', $kills, "$killed workers were killed");
is($t->count('toy_effect'), $jobs, 'each effect is there');
is($t->one('SELECT COUNT(DISTINCT jobid) FROM toy_effect'), $jobs, 'and each only once');
is($t->one('SELECT COUNT(DISTINCT jobid) FROM helios_job_history_tb WHERE exitstatus=0'), $jobs,
    'every job is completed in the history');
is($t->count('helios_job_history_tb', 'exitstatus=0'), $jobs, 'and only once');
my $failed = $t->count('helios_job_history_tb', 'exitstatus<>0');
cmp_ok($failed, '<=', $killed, "$failed attempts failed, no more than were killed");
is($t->count('error'), $failed, 'each has its error row');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');

# One that is killed in its first job is no series of deaths: its job need not wait for the 250 ms
# that the next worker waits after one. A slow machine may take as long by itself, but not each time.
my $one = Helios::Test->new(service => 'Toy::Retry',
    section => { OVERDRIVE => 1, MAX_WORKERS => 1, WORKER_LINGER => 0 });
my $daemon_of_one = $one->start;
my $soonest = 1;
for my $try (1 .. 20) {
    my $gate = $one->tmp . "/gate$try";
    my $ran = sub { return [(slurp("$gate.ran") // '') =~ / (\d+)\n/g] };
    $one->wait_for(sub { !$one->workers($daemon_of_one->{pid}) }, 20, 'no worker that has done a job');
    $one->submit({ $one->gated($gate), append => "$gate.ran" });
    my $pid = $one->wait_for(sub { $ran->()[0] }, 20, 'the job to run');
    my $begun = time;
    kill KILL => $pid;
    $one->wait_for(sub { @{ $ran->() } == 2 }, 20, 'the job to run again');
    my $took = time - $begun;
    $soonest = $took if $took < $soonest;
    spew($gate, '');
    $one->wait_for(sub { $one->count('job') == 0 }, 20, 'the job to be done');
    last if $soonest < 0.25;
}
cmp_ok($soonest, '<', 0.25, 'a worker killed in its first job is replaced at once');
is($one->stop($daemon_of_one)->{exit}, 0, 'and its daemon stops cleanly');
is($one->sanitizer_reports, '', 'nothing of the sanitizers');
$one->destroy;
$t->finish;
