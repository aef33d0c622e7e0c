# SPDX-License-Identifier: MIT
package Bench::Contestant::Helios;

# The daemon: one start of helios_d --drain on a full queue. Jobs are counted twice: by the service,
# which notes its runs, and by the rows of the history where that is on.

use strict;
use warnings;
use parent -norequire, 'Bench::Contestant';

use Bench::Collective qw(collective fill);
use Bench::Runs qw(count_runs fresh_runs);

# Fields: store, service, workers, history (on or off), section (parameters), snapshot.
sub prepare {
    my ($self, $jobs) = @_;
    $self->{runs} = fresh_runs();
    my $t = $self->{t} = collective($self->{store}, $self->{service},
        MAX_WORKERS => $self->{workers}, OVERDRIVE => 1, WORKER_LAUNCH_PATTERN => 'optimistic',
        job_history => $self->{history}, bench_runs => $self->{runs}, %{ $self->{section} // {} });
    fill($t, $jobs);
    return;
}

sub drain {
    my ($self) = @_;
    my $t = $self->{t};
    my $reader = $self->{snapshot} ? hold_snapshot($t) : undef;
    my $daemon = $t->spawn([$t->program('helios_d'), '--foreground', '--drain', $t->service]);
    select undef, undef, undef, 0.001 until $t->ended($daemon);
    die 'helios_d: ' . Helios::Test::slurp($daemon->{err}) if $daemon->{exit} || $daemon->{signal};
    $reader->disconnect if $reader;
    return;
}

# A reader that has seen the queue full and may look again: nothing can be purged.
sub hold_snapshot {
    my ($t) = @_;
    my $reader = $t->connect_database;
    $reader->do('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    $reader->do('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    $reader->selectrow_array('SELECT MIN(jobid) FROM job');
    return $reader;
}

sub verify {
    my ($self, $jobs) = @_;
    my $t = $self->{t};
    my ($runs, $distinct) = count_runs($self->{runs});
    $self->must($t->count('job'), 0, 'jobs left');
    $self->must($runs, $jobs, 'runs');
    $self->must($distinct, $jobs, 'jobs that were run');
    return if $self->{history} ne 'on';
    $self->must($t->count('helios_job_history_tb', 'exitstatus = 0'), $jobs, 'history rows');
    $self->must($t->one('SELECT COUNT(DISTINCT jobid) FROM helios_job_history_tb'), $jobs,
        'jobs in the history');
    return;
}

# ---- latency ----

# Workers that wait for jobs, as they do between two of them. What they ran to get there is cut
# from the file of runs.
sub serve {
    my ($self, $workers) = @_;
    $self->{runs} = fresh_runs();
    $self->{commits} = fresh_runs();
    my $t = $self->{t} = collective($self->{store}, $self->{service}, MAX_WORKERS => $workers,
        OVERDRIVE => 1, WORKER_LINGER => 3600, WORKER_LAUNCH_PATTERN => 'optimistic',
        job_history => $self->{history}, bench_runs => $self->{runs}, bench_flush => 1,
        %{ $self->{section} // {} });
    fill($t, 4 * $workers);
    $self->{daemon} = $t->start;
    $t->wait_for(sub { $t->count('job') == 0 && $t->workers($self->{daemon}{pid}) }, 20,
        'idle workers');
    $t->watching if ($self->{section}{WAKE} // '') ne 'poll';
    truncate $self->{runs}, 0;
    return;
}

sub offer {
    my ($self, $rate, $jobs) = @_;
    my $t = $self->{t};
    my $run = $t->run(["$Helios::Test::BUILD/t/bench/bench_submit", '--ini', $t->ini, '--jobtype',
        $t->service, '--jobs', $jobs, '--rate', $rate, '--commits', $self->{commits}],
        seconds => 100);
    die "bench_submit: $run->{stderr}" if $run->{exit};
    return;
}

sub finish {
    my ($self) = @_;
    my $t = $self->{t};
    $t->wait_for(sub { $t->count('job') == 0 }, 60, 'the jobs to be done');
    $t->stop($self->{daemon});
    return @$self{qw(commits runs)};
}

# ----

sub server { return $_[0]{store} eq 'mysql' ? $_[0]{servers}->mariadb : undef }

sub clear {
    my ($self) = @_;
    (delete $self->{t})->destroy;
    unlink grep { defined } @$self{qw(runs commits)};
    return;
}

1;
