# SPDX-License-Identifier: MIT
package Bench::Contestant::Schwartz;

# Perl's TheSchwartz on the same tables: worker processes that leave when the queue is empty.

use strict;
use warnings;
use parent -norequire, 'Bench::Contestant';

use POSIX ();

use Bench::Collective qw(collective fill);
use Bench::Runs qw(count_runs fresh_runs);

sub missing {
    return eval { require TheSchwartz; require TheSchwartz::Worker; 1 }
        ? undef
        : 'Perl module TheSchwartz (Debian: libtheschwartz-perl) is not installed';
}

sub prepare {
    my ($self, $jobs) = @_;
    $self->{t} = collective($self->{store}, 'Bench::Strict');
    $self->{runs} = fresh_runs();
    fill($self->{t}, $jobs);
    return;
}

sub work {
    my ($self) = @_;
    my $t = $self->{t};
    open my $runs, '>>:raw', $self->{runs} or die "$self->{runs}: $!";
    no warnings qw(redefine once);
    @Bench::Strict::ISA = ('TheSchwartz::Worker');
    *Bench::Strict::work = sub {
        my $job = $_[1];
        syswrite $runs, pack 'qq', $job->jobid,
            1e9 * Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC());
        $job->completed;
    };
    my $client = TheSchwartz->new(databases =>
        [{ dsn => $t->{dsn}, user => $t->sqlite ? '' : 'root', pass => '' }]);
    $client->can_do($t->service);
    $client->work_until_done;
    return;
}

sub drain {
    my ($self) = @_;
    my @pids = map {
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
            my $ok = eval { $self->work; 1 } or print STDERR $@;
            POSIX::_exit($ok ? 0 : 1);
        }
        $pid;
    } 1 .. $self->{workers};
    for my $pid (@pids) {
        waitpid $pid, 0;
        die "$self->{id}: a worker failed\n" if $?;
    }
    return;
}

sub verify {
    my ($self, $jobs) = @_;
    my ($runs, $distinct) = count_runs($self->{runs});
    $self->must($self->{t}->count('job'), 0, 'jobs left');
    $self->must($distinct, $jobs, 'jobs that were run');
    $self->must($runs, $jobs, 'runs');
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
