# SPDX-License-Identifier: MIT
package Bench::Contestant::Helios;

# The daemon: one start of helios_d --drain on a full queue. Jobs are counted twice: by the service,
# which notes its runs, and by the rows of the history where that is on.

use strict;
use warnings;
use parent -norequire, 'Bench::Contestant';

use Bench::Collective qw(collective fill);
use Bench::Runs qw(count_runs fresh_runs);

# Fields: store, service, workers, history (on or off), section (parameters).
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
    my $daemon = $t->spawn([$t->program('helios_d'), '--foreground', '--drain', $t->service]);
    select undef, undef, undef, 0.001 until $t->ended($daemon);
    die 'helios_d: ' . Helios::Test::slurp($daemon->{err}) if $daemon->{exit} || $daemon->{signal};
    return;
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

sub server { return $_[0]{store} eq 'mysql' ? $_[0]{servers}->mariadb : undef }

sub clear {
    my ($self) = @_;
    (delete $self->{t})->destroy;
    unlink $self->{runs};
    return;
}

1;
