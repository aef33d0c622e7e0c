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
    FAULT_STATEMENT => [qw(kill retry error lost timeout)],
    FAULT_COMMIT    => [qw(kill retry error lost timeout)],
    FAULT_COMMITTED => [qw(kill lost timeout)],
);
my $header = slurp("$Helios::Test::SOURCE/lib/core/fault.h");
my @cases;
while ($header =~ /X\(\w+, "([a-z_.]+)", (FAULT_\w+)\)/g) {
    my ($point, $place) = ($1, $2);
    push @cases, map { "$point:$_" } @{ $actions{$place} };
}
cmp_ok(scalar @cases, '>=', 150, scalar(@cases) . ' faults are known');
my $sqlite = ($ENV{HELIOS_TEST_STORE} // 'sqlite') eq 'sqlite';
if (!$sqlite && !$ENV{HELIOS_FAULT_ALL}) { @cases = grep { /^settle\.before|_commit/ && /:(?:kill|lost)$/ } @cases }
if ($sqlite && !$ENV{HELIOS_FAULT_ALL}) { @cases = grep { !/:timeout$/ || /^(?:complete|claim|settle|renew)\..*before/ } @cases }
if (defined $ENV{HELIOS_FAULT_ONLY}) { @cases = grep { /$ENV{HELIOS_FAULT_ONLY}/ } @cases }
# What a program does, not the daemon.
my @commands = grep { /^(?:submit|schema)/ } @cases;
@cases = grep { !/^(?:submit|schema)/ } @cases;

# At which passage, where the first ones belong to the start: a daemon that cannot start says so and
# ends, which is another test's.
sub fault {
    my ($case) = @_;
    my ($point) = split /:/, $case;
    # Whether a COMMIT happened is only asked where one was uncertain.
    return "complete.before_commit:lost,$case" if $point eq 'fate.before';
    my %nth = ('params.before' => 6, 'register.before' => 2, 'register.after' => 2, 'waiting.before' => 2,
        'log.before' => 2, 'log.after' => 2);
    return "$case:" . ($nth{$point} // 1);
}

# What brings the daemon to the point: long enough to be renewed; jobs that wait behind a long one;
# a worker that dies with a job.
sub slow_ms {
    my ($case) = @_;
    return 12_000 if $case =~ /^renew/;
    return 5_000  if $case =~ /^release/;
    return 3_000  if $case =~ /^(?:register|waiting|clock)/;
    return 0;
}

sub begin {
    my ($case) = @_;
    # A short lease for renewals only: elsewhere none may run out and hide what was left behind.
    my $t = Helios::Test->new(service => $case =~ /^renew/ ? 'Toy::Brief' : 'Toy::Retry',
        section => { OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic', registration_interval => 1 });
    $t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');
    my @plain = map { { effect => 1, log => "line $_ of the log" } } 1 .. $PLAIN;
    my $up = $t->tmp . '/up';
    if ($case =~ /^settle/) { $plain[4] = { %{ $plain[4] }, wait_for => "$up.gate", append => $up } }
    if (my $ms = slow_ms($case)) { $plain[4] = { %{ $plain[4] }, sleep_ms => $ms, append => $up } }
    my $children = join '', map { '<job><params><effect>1</effect></params></job>' } 1 .. $CHILDREN;
    my %run = (case => $case, t => $t, up => $up);
    ($run{hopeless}) = $t->submit({ effect => 1, action => 'fail_no_retry' });
    ($run{meta}) = $t->submit(\Storable::nfreeze(["<metajob><jobs>$children</jobs></metajob>"]));
    $run{ids} = [$t->submit(@plain, map { { effect => 1, action => 'fail_once' } } 1 .. $ONCE)];
    $run{daemon} = $t->start({ env => { HELIOS_FAULT => fault($case) } });
    return \%run;
}

sub kill_a_worker {
    my ($run) = @_;
    my $pid = $run->{t}->wait_for(sub { (slurp($run->{up}) // '') =~ / (\d+)\n/ && $1 }, 20, "$run->{case}: the long job to run");
    kill KILL => $pid;
    spew("$run->{up}.gate", '');
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
    my %line = map { $_ => 1 } map { /(line \d+ of the log)/ } slurp($run->{daemon}{err}), $t->log_rows;
    $line{$_} = 1 for slurp($run->{daemon}{err}) =~ /(line \d+ of the log)/g;
    is(scalar(keys %line), $PLAIN, "$case: each line of the log is somewhere");
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
    # Some points are passed when a daemon has been up for a while, some when it stops.
    for my $run (grep { $_->{case} !~ /^(?:halt|unregister)/ } @runs) {
        eval { $run->{t}->wait_for(sub { slurp($run->{daemon}{err}) =~ /^HELIOS_FAULT: \Q$run->{case}\E /m }, 3, ''); 1 } or fail("$run->{case}: the point is never passed");
    }
    kill TERM => map { $_->{daemon}{pid} } @runs;
    $_->{t}->collect($_->{daemon}, 20) for @runs;
    for my $run (@runs) {
        audit($run);
        is($run->{t}->sanitizer_reports, '', "$run->{case}: the sanitizers reported nothing");
        $run->{t}->destroy;
    }
}

# A program that is struck while it puts jobs in has put in all of them or none, and knows which unless
# its last word was lost, which it says; one that makes the tables can be run again. One job goes
# another way than several (db_begin_alone).
for my $pair (map { /^schema/ ? [$_, 0] : ([$_, 1], [$_, 5]) } @commands) {
    my ($case, $jobs) = @$pair;
    my $t = Helios::Test->new(schema => $case !~ /^schema/);
    my %env = (env => { HELIOS_FAULT => $case });
    my ($name, $point, $action) = ($jobs ? "$case, $jobs" : $case, split /:/, $case);
    my $run = $case =~ /^schema/ ? $t->command('schema', 'init', \%env)
        : $t->command('submit', '--lines', $t->service, { %env, stdin => "{\"a\":1}\n" x $jobs });
    like($run->{stderr}, qr/^HELIOS_FAULT: \Q$case\E /m, "$name: was injected");
    $action eq 'kill' ? is($run->{signal}, 9, "$name: killed") : is($run->{signal}, 0, "$name: ended by itself");
    if ($case =~ /^schema/) {
        is($t->command('schema', 'init')->{exit}, 0, "$name: the schema can be made after it");
        is($t->command('schema', 'status')->{exit}, 0, "$name: and is whole");
    } else {
        my $there = $t->count('job');
        is($there % $jobs, 0, "$name: all or none ($there)");
        my $known = $point eq 'submit.after_commit' ? $jobs : $run->{exit} == 0 && !$run->{signal} ? $jobs : 0;
        is($there, $known, "$name: as many as it says");
        isnt($run->{stderr} =~ s/^HELIOS_FAULT.*\n//mr, '', "$name: the failure is said") if $run->{exit};
        like($run->{stderr}, qr/whether this is in the queue is not known/, "$name: as uncertain")
            if $point eq 'submit.after_commit' && $action eq 'lost';
    }
    is($t->sanitizer_reports, '', "$name: the sanitizers reported nothing");
    $t->destroy;
}
done_testing();
