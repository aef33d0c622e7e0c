# SPDX-License-Identifier: MIT
package Bench::Measure::Operation;

# What an operator notices: memory, start and stop, and how soon the job of a killed worker runs
# again.

use strict;
use warnings;

use Bench::Collective qw(collective add_jobs);
use Bench::Runs qw(fresh_runs read_runs);

my %TITLE = (mysql => 'MariaDB', sqlite => 'SQLite');

sub measure {
    my ($bench) = @_;
    for my $store (qw(mysql sqlite)) {
        start_and_stop($bench, $store) for 1 .. ($bench->{quick} ? 1 : 5);
        killed($bench, $store, $bench->{quick} ? 2 : 10);
    }
    return;
}

# Megabytes of a process: its own and its share of what it has in common with others.
sub pss {
    my ($pid) = @_;
    my ($kb) = (Helios::Test::slurp("/proc/$pid/smaps_rollup") // '') =~ /^Pss:\s+(\d+)/m;
    return ($kb // 0) / 1024;
}

sub note {
    my ($bench, $store, $id, $title, $value, $unit) = @_;
    $bench->{figures}->add(measure => 'operation', id => "$id/$store", better => 'less',
        title => "$title, $TITLE{$store}", unit => $unit, value => $value);
    $bench->progress(sprintf '%-10s %-48s %9.2f %s', 'operation', "$title, $TITLE{$store}", $value,
        $unit);
    return;
}

# Four workers of NoopService that wait for jobs.
sub start_and_stop {
    my ($bench, $store) = @_;
    my $workers = 4;
    my $t = collective($store, 'NoopService', MAX_WORKERS => $workers, OVERDRIVE => 1,
        WORKER_LINGER => 600, WORKER_LAUNCH_PATTERN => 'optimistic');
    add_jobs($t, $t->service, 2 * $workers);
    my $begun = Time::HiRes::time();
    my $daemon = $t->spawn([$t->program('helios_d'), '--foreground', $t->service]);
    $t->wait_for(sub { $t->count('helios_job_history_tb') }, 20, 'the first job');
    note($bench, $store, 'start', 'start to the first job done', 1000 * (Time::HiRes::time() - $begun),
        'ms');
    $t->wait_for(sub { $t->count('job') == 0 && $t->workers($daemon->{pid}) }, 20, 'idle workers');
    note($bench, $store, 'master', 'memory (PSS) of the master', pss($daemon->{pid}), 'MB');
    note($bench, $store, 'poller', 'memory (PSS) of the poller', pss($t->poller($daemon->{pid})), 'MB');
    note($bench, $store, 'watcher', 'memory (PSS) of the watcher', pss($t->watcher($daemon->{pid})), 'MB');
    note($bench, $store, 'worker', 'memory (PSS) of a worker', pss(($t->workers($daemon->{pid}))[0]), 'MB');
    $begun = Time::HiRes::time();
    kill TERM => $daemon->{pid};
    $t->collect($daemon);
    note($bench, $store, 'stop', 'TERM to the end, idle workers', 1000 * (Time::HiRes::time() - $begun),
        'ms');
    $t->destroy;
    return;
}

# From the death of a worker by SIGKILL to the next run of its job.
sub killed {
    my ($bench, $store, $times) = @_;
    my $runs = fresh_runs();
    my $t = collective($store, 'Bench::Strict', MAX_WORKERS => 2, OVERDRIVE => 1,
        WORKER_LINGER => 600, WORKER_LAUNCH_PATTERN => 'optimistic', bench_runs => $runs,
        bench_flush => 1, bench_pause_us => 300_000);
    my $daemon = $t->start;
    for (1 .. $times) {
        add_jobs($t, $t->service, 1);
        my $id = $t->one('SELECT MAX(jobid) FROM job');
        my $worker;
        $t->wait_for(sub {
            ($worker) = grep { $_->{title} =~ /worker .* job $id\b/ }
                Helios::Test::children($daemon->{pid});
            return read_runs($runs)->{$id} && $worker;
        }, 20, "job $id to run");
        my $killed = Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC());
        kill KILL => $worker->{pid};
        $t->wait_for(sub { @{ read_runs($runs)->{$id} } == 2 }, 20, "job $id to run again");
        note($bench, $store, 'killed', 'killed worker to its job running again',
            read_runs($runs)->{$id}[1] / 1e6 - 1000 * $killed, 'ms');
        $t->wait_for(sub { $t->count('job') == 0 }, 20, "job $id to be done");
    }
    $t->stop($daemon);
    $t->destroy;
    unlink $runs;
    return;
}

1;
