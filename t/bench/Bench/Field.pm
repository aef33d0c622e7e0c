# SPDX-License-Identifier: MIT
package Bench::Field;

# Who takes part in which measure, with how many jobs, at full and at quick scale.

use strict;
use warnings;

use Exporter qw(import);

use Bench::Contestant::Bare;
use Bench::Contestant::Helios;
use Bench::Contestant::Schwartz;
use Bench::Peers qw(peers);

our @EXPORT_OK = qw(noop_field work_field latency_field);

my %STORE = (mysql => 'MariaDB', sqlite => 'SQLite');

my $OURS = 'Parameters are the defaults but for MAX_WORKERS and OVERDRIVE (batches of at most 500); '
    . 'workers wait with WORKER_LINGER where latency is measured.';

sub ours {
    my ($bench, $kind, $store, $workers, $history, %field) = @_;    # section, snapshot
    my %service = (idempotent => 'Bench::Idempotent', strict => 'Bench::Strict',
        single => 'Bench::Strict');
    my %title = (idempotent => 'idempotent', strict => 'strict', single => 'one job a process');
    return Bench::Contestant::Helios->new(
        id => "$kind/$store/$workers/" . ($history eq 'on' ? 'history' : 'bare')
            . ($field{snapshot} ? '/snapshot' : ''),
        title => "helios_d $title{$kind}, $STORE{$store}, $workers worker" . ($workers == 1 ? '' : 's')
            . ($history eq 'on' ? '' : ', no history')
            . ($field{snapshot} ? ', an old snapshot held' : ''),
        note => $OURS, servers => $bench->{servers}, store => $store,
        service => $service{$kind}, workers => $workers, history => $history,
        section => { $kind eq 'single' ? (OVERDRIVE => 0) : (), %{ $field{section} // {} } },
        snapshot => $field{snapshot});
}

sub bare {
    my ($bench, $store, $workers, $history, $each) = @_;
    return Bench::Contestant::Bare->new(
        id => 'loop' . ($each ? '-each' : '') . "/$store/$workers/"
            . ($history eq 'on' ? 'history' : 'bare'),
        title => 'bare loop' . ($each ? ', a commit each' : '')
            . ", $STORE{$store}, $workers connection" . ($workers == 1 ? '' : 's')
            . ($history eq 'on' ? '' : ', no history'),
        note => 'The statements of the daemon in its order, through its driver; no daemon.',
        servers => $bench->{servers}, store => $store, workers => $workers,
        history => $history, options => ['--batch', 500, $each ? '--each' : ()]);
}

sub ceiling {
    my ($bench, $store) = @_;
    return Bench::Contestant::Bare->new(
        id => "set/$store/1/history",
        title => "set-based ceiling, $STORE{$store}, 1 connection",
        note => 'UPDATE, INSERT ... SELECT and DELETE over ranges of 500 ids: no row leaves the '
            . 'database.',
        servers => $bench->{servers}, store => $store, workers => 1, history => 'on',
        options => ['--set']);
}

sub schwartz {
    my ($bench, $store) = @_;
    return Bench::Contestant::Schwartz->new(
        id => "schwartz/$store/4", title => "libtheschwartz-perl, $STORE{$store}, 4 processes",
        note => 'work_until_done; keeps no history.',
        servers => $bench->{servers}, store => $store, workers => 4);
}

# No-op jobs: [contestant, jobs]. As many as it takes for a run of some seconds; what is compared with
# each other most has the same number.
sub noop_field {
    my ($bench) = @_;
    my $n = sub { my ($full, $quick) = @_; return $bench->{quick} ? $quick : $full };
    my ($most, $many, $some) = ($n->(300_000, 6000), $n->(100_000, 2000), $n->(10_000, 300));
    my ($few, $fewest, $crowd) = ($n->(1000, 40), $n->(300, 30), 600_000);
    my @field = (
        [ceiling($bench, 'mysql'), $many],
        [bare($bench, 'mysql', 2, 'on'), $most],
        [ours($bench, 'idempotent', 'mysql', 2, 'on'), $most],
        [bare($bench, 'mysql', 2, 'off'), $most],
        [ours($bench, 'idempotent', 'mysql', 2, 'off'), $most],
        [bare($bench, 'mysql', 8, 'on', 1), $some],
        [ours($bench, 'strict', 'mysql', 8, 'on'), $some],
        [ours($bench, 'single', 'mysql', 8, 'on'), $few],
        [ours($bench, 'idempotent', 'mysql', 2, 'on', snapshot => 1), $many],
        [schwartz($bench, 'mysql'), $few],
        [ceiling($bench, 'sqlite'), $many],
        [bare($bench, 'sqlite', 1, 'on'), $many],
        [ours($bench, 'idempotent', 'sqlite', 2, 'on'), $many],
        [ours($bench, 'strict', 'sqlite', 2, 'on'), $some],
        [ours($bench, 'single', 'sqlite', 8, 'on'), $fewest],
        [schwartz($bench, 'sqlite'), $fewest],
    );
    push @field,
        [bare($bench, 'mysql', 4, 'on'), $most],
        [ours($bench, 'idempotent', 'mysql', 4, 'on'), $most],
        [bare($bench, 'mysql', 4, 'off'), $most],
        [ours($bench, 'idempotent', 'mysql', 4, 'off'), $most],
        (map { my ($workers, $jobs) = @$_;
            ([bare($bench, 'mysql', $workers, 'on'), $jobs],
                [ours($bench, 'idempotent', 'mysql', $workers, 'on'), $jobs]) } [1, $many],
            [8, $crowd]),
        # A crowd, for so long that its start does not count, and a reader that keeps what was
        # deleted from being purged.
        [ours($bench, 'idempotent', 'mysql', 64, 'on'), $crowd],
        [ours($bench, 'strict', 'mysql', 64, 'on'), $some],
        [ours($bench, 'strict', 'mysql', 8, 'on', snapshot => 1), $some]
        if !$bench->{quick};
    my %size = (most => $most, many => $many, some => $some, few => $few);
    push @field, map { [$_, $size{ $_->{jobs} }] } $bench->{peers} ? peers($bench) : ();
    return @field;
}

# Jobs that take 1 ms: the queue's part is what is missing to workers x 1,000 jobs/s.
sub work_field {
    my ($bench) = @_;
    my $jobs = $bench->{quick} ? 500 : 10_000;
    my %work = (section => { bench_pause_us => 1000 });
    return map { [$_, $jobs] } (
        ours($bench, 'idempotent', 'mysql', 8, 'on', %work),
        ours($bench, 'strict', 'mysql', 8, 'on', %work),
        ours($bench, 'idempotent', 'sqlite', 8, 'on', %work),
    );
}

sub latency_field {
    my ($bench) = @_;
    return (ours($bench, 'strict', 'mysql', 2, 'on'), ours($bench, 'strict', 'sqlite', 2, 'on'),
        grep({ $_->{latency} } $bench->{peers} ? peers($bench) : ()));
}

1;
