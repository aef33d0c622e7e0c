# SPDX-License-Identifier: MIT
# Every named fault point x every action that it can have (lib/core/fault.h), each with a daemon and
# a small workload of its own: whatever fails and wherever, each job is accounted for, the row that
# it writes in the transaction that completes it is there exactly once, history, errors and exit
# status agree, and nothing stays leased by a process that is no more.
#
# Most faults are made above the driver, so SQLite stands for both there. A COMMIT that is cut, and a
# death in a transaction, are for each server to clean up after.
#
#   HELIOS_FAULT_ALL=1        all of them on the other store too
#   HELIOS_FAULT_ONLY=REGEX   only those whose POINT:ACTION matches
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $PLAIN = 12;       # jobs that complete
my $ONCE = 2;         # fail at their first attempt
my $CHILDREN = 3;     # of one metajob
my $AT_ONCE = 8;      # daemons that run side by side

my %actions = (
    FAULT_STATEMENT => [qw(kill retry error lost)],
    FAULT_COMMIT    => [qw(kill retry error lost)],
    FAULT_COMMITTED => [qw(kill lost)],
);
my $header = slurp("$Helios::Test::SOURCE/lib/core/fault.h");
my @cases;
while ($header =~ /X\(\w+, "([a-z_.]+)", (FAULT_\w+)\)/g) {
    my ($point, $place) = ($1, $2);
    push @cases, map { "$point:$_" } @{ $actions{$place} };
}
cmp_ok(scalar @cases, '>=', 40, scalar(@cases) . ' faults are known');
my $sqlite = ($ENV{HELIOS_TEST_STORE} // 'sqlite') eq 'sqlite';
if (!$sqlite && !$ENV{HELIOS_FAULT_ALL}) { @cases = grep { /^settle|_commit/ && /:(?:kill|lost)$/ } @cases }
if (defined $ENV{HELIOS_FAULT_ONLY}) { @cases = grep { /$ENV{HELIOS_FAULT_ONLY}/ } @cases }

# What brings the daemon to the point: long enough to be renewed; jobs that wait behind a long one;
# a worker that dies with a job.
sub slow_ms {
    my ($case) = @_;
    return 10_000 if $case =~ /^renew/;
    return 3_000  if $case =~ /^(?:release|settle)/;
    return 0;
}

sub begin {
    my ($case) = @_;
    # A short lease for renewals only: elsewhere none may run out and hide what was left behind.
    my $t = Helios::Test->new(service => $case =~ /^renew/ ? 'Toy::Brief' : 'Toy::Retry',
        section => { OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic' });
    $t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');
    my @plain = map { { effect => 1 } } 1 .. $PLAIN;
    my $up = $t->tmp . '/up';
    if (my $ms = slow_ms($case)) { $plain[4] = { effect => 1, sleep_ms => $ms, append => $up } }
    my $children = join '', map { '<job><params><effect>1</effect></params></job>' } 1 .. $CHILDREN;
    my %run = (case => $case, t => $t, up => $up);
    ($run{hopeless}) = $t->submit({ effect => 1, action => 'fail_no_retry' });
    ($run{meta}) = $t->submit(\Storable::nfreeze(["<metajob><jobs>$children</jobs></metajob>"]));
    $run{ids} = [$t->submit(@plain, map { { effect => 1, action => 'fail_once' } } 1 .. $ONCE)];
    $run{daemon} = $t->start({ env => { HELIOS_FAULT => $case } });
    return \%run;
}

sub kill_a_worker {
    my ($run) = @_;
    my $pid = $run->{t}->wait_for(sub { (slurp($run->{up}) // '') =~ / (\d+)\n/ && $1 }, 20, "$run->{case}: the long job to run");
    kill KILL => $pid;
    return;
}

sub audit {
    my ($run) = @_;
    my ($t, $case) = @$run{qw(t case)};
    my $completed = $PLAIN + $ONCE + $CHILDREN;
    my $history = 'helios_job_history_tb';
    like(slurp($run->{daemon}{err}), qr/^HELIOS_FAULT: \Q$case\E /m, "$case: was injected");
    is($t->count('toy_effect'), $completed, "$case: each effect is there");
    is($t->one('SELECT COUNT(DISTINCT jobid) FROM toy_effect'), $completed, "$case: and once");
    is($t->count($history, 'exitstatus=0'), $completed + 1, "$case: one completion for each job");
    is($t->one("SELECT COUNT(DISTINCT jobid) FROM $history WHERE exitstatus=0"), $completed + 1, "$case: no job twice");
    is($t->one("SELECT COUNT(*) FROM toy_effect e LEFT JOIN $history h ON h.jobid=e.jobid AND h.exitstatus=0 WHERE h.jobid IS NULL"),
        0, "$case: no effect without completion");
    is_deeply([grep { !$t->count($history, 'jobid=? AND exitstatus=0', $_) } @{ $run->{ids} }, $run->{meta}], [], "$case: all that could complete did");
    cmp_ok(scalar($t->history($run->{hopeless})), '>=', 1, "$case: the hopeless job has failed");
    is($t->count($history, 'jobid=? AND exitstatus=0', $run->{hopeless}), 0, "$case: and never completed");
    my $failed = $t->count($history, 'exitstatus<>0');
    is($t->count('error'), $failed, "$case: each of $failed failures has its error row");
    is($run->{daemon}{exit}, 0, "$case: the daemon stopped cleanly");
    return;
}

while (my @some = splice @cases, 0, $AT_ONCE) {
    my @runs = map { begin($_) } @some;
    $_->{case} =~ /^settle/ and kill_a_worker($_) for @runs;
    for my $run (@runs) {
        my $t = $run->{t};
        $t->wait_for(sub { $t->count('job') == 0 }, 40, "$run->{case}: every job to be accounted for");
    }
    kill TERM => map { $_->{daemon}{pid} } @runs;
    $_->{t}->collect($_->{daemon}, 20) for @runs;
    for my $run (@runs) {
        audit($run);
        is($run->{t}->sanitizer_reports, '', "$run->{case}: the sanitizers reported nothing");
        $run->{t}->destroy;
    }
}
done_testing();
