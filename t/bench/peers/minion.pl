# SPDX-License-Identifier: MIT
# Minion on PostgreSQL, with the subcommands of peer.mjs. `work` runs Minion's own worker, which forks
# for each job; BENCH_INLINE=1 only takes and finishes jobs in this process.
use strict;
use warnings;

use Minion;
use POSIX ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);

my ($command, @args) = @ARGV;
my $minion = Minion->new(Pg => $ENV{BENCH_DATABASE});
my $jobs = $ENV{BENCH_JOBS} // 4;

my $runs;
sub note {
    my ($n) = @_;
    syswrite $runs, pack 'qq', $n, 1e9 * clock_gettime(CLOCK_MONOTONIC);
    return;
}
$minion->add_task(noop => sub { my ($job, $n) = @_; note($n); return });

sub left {
    return $minion->backend->pg->db->query(
        "SELECT COUNT(*) FROM minion_jobs WHERE state <> 'finished'")->array->[0];
}

# Minion's worker in a process of its own, until `done` returns.
sub with_worker {
    my ($done) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $worker = Minion->new(Pg => $ENV{BENCH_DATABASE});
        $worker->add_task(noop => sub { my ($job, $n) = @_; note($n); return });
        $worker = $worker->worker;
        $worker->status->{jobs} = $jobs;
        # With the spare slot of its defaults it waits for urgent jobs, up to 5 s, whenever the others
        # are full.
        $worker->status->{spare} = 0;
        # It writes that a job is done only when it next looks up: by default up to 5 s later.
        $worker->status->{dequeue_timeout} = 0.1;
        $worker->run;
        POSIX::_exit(0);
    }
    $done->();
    kill KILL => $pid;    # it would wait for its next look, with nothing left to do
    waitpid $pid, 0;
    return;
}

if ($command eq 'fill') {
    left();
    for my $n (1 .. $args[0]) { $minion->enqueue(noop => [$n]) }
} elsif ($command eq 'left') {
    print left(), "\n";
} elsif ($command eq 'work') {
    open $runs, '>>:raw', $args[0] or die "$args[0]: $!";
    if ($ENV{BENCH_INLINE}) {
        my $worker = $minion->worker->register;
        while (my $job = $worker->dequeue(0)) { note($job->args->[0]); $job->finish }
        $worker->unregister;
    } elsif (left()) {
        with_worker(sub { sleep 0.02 while left() });
    }
} elsif ($command eq 'serve') {
    open $runs, '>>:raw', $args[0] or die "$args[0]: $!";
    my $stop = 0;
    $SIG{TERM} = sub { $stop = 1 };
    with_worker(sub { sleep 0.5; $| = 1; print "ready\n"; sleep 0.05 until $stop });
} elsif ($command eq 'offer') {
    my ($rate, $n_jobs, $path) = @args;
    open $runs, '>>:raw', $path or die "$path: $!";
    my $start = clock_gettime(CLOCK_MONOTONIC);
    for my $n (1 .. $n_jobs) {
        my $wait = $start + $n / $rate - clock_gettime(CLOCK_MONOTONIC);
        sleep $wait if $wait > 0;
        $minion->enqueue(noop => [$n]);
        note($n);
    }
}
