# SPDX-License-Identifier: MIT
package Bench::Contestant::Bare;

# The database without the daemon, by bench_bare (c/bare.c): the bare loop and the set-based
# ceiling, over the same rows.

use strict;
use warnings;
use parent -norequire, 'Bench::Contestant';

use Bench::Collective qw(collective fill);

# Fields: store, workers, history, options (of bench_bare).
sub prepare {
    my ($self, $jobs) = @_;
    $self->{t} = collective($self->{store}, 'Bench::Idempotent');
    fill($self->{t}, $jobs);
    return;
}

sub drain {
    my ($self) = @_;
    my $t = $self->{t};
    my $program = $t->spawn(["$Helios::Test::BUILD/t/bench/bench_bare", '--dsn', $t->{dsn},
        '--user', $t->sqlite ? '' : 'root', '--jobtype', $t->service,
        '--connections', $self->{workers}, @{ $self->{options} // [] },
        $self->{history} eq 'on' ? () : '--no-history']);
    select undef, undef, undef, 0.001 until $t->ended($program);
    die Helios::Test::slurp($program->{err}) if $program->{exit} || $program->{signal};
    ($self->{done}, $self->{again}) = split ' ', Helios::Test::slurp($program->{out});
    return;
}

sub verify {
    my ($self, $jobs) = @_;
    my $t = $self->{t};
    $self->must($t->count('job'), 0, 'jobs left');
    $self->must($self->{done}, $jobs, 'jobs done');
    $self->must($t->count('helios_job_history_tb'), $self->{history} eq 'on' ? $jobs : 0,
        'history rows');
    return;
}

sub server { return $_[0]{store} eq 'mysql' ? $_[0]{servers}->mariadb : undef }

sub clear { (delete $_[0]{t})->destroy; return }

1;
