# SPDX-License-Identifier: MIT
package Bench::Measure::Backlog;

# What a claim costs on queues of different size and state, by bench_claim (c/claim.c): claims of
# ten jobs on one connection, in microseconds and in rows that the server read. The first claim of
# a daemon knows no place to go on from; it is a figure of its own, and so are the poller's looks,
# from the start and from where claims go on.

use strict;
use warnings;

use Bench::Collective qw(collective add_jobs);
use Bench::Figures;

my $TYPE = 'Bench::Idempotent';

sub measure {
    my ($bench) = @_;
    my $unit = $bench->{quick} ? 10_000 : 1_000_000;
    my @waiting = $bench->{quick} ? (1000, 10_000) : (1000, 10_000, 100_000, 1_000_000, 5_000_000);
    growing($bench, @waiting);
    my %state = (
        inflight => ["$unit in flight before the first free one",
            { run_after => 'NOW - 100', grabbed_until => 'NOW + 3600' }, 1000],
        delayed => ["$unit delayed", { run_after => 'NOW + 86400' }, 1000],
    );
    for my $name (sort keys %state) {
        my ($title, $columns, $own) = @{ $state{$name} };
        my $t = collective('mysql', $TYPE);
        add_jobs($t, $TYPE, $unit, %$columns);
        add_jobs($t, $TYPE, $own);
        claims($bench, $t, $name, "1,000 waiting, $title");
        $t->destroy;
    }
    foreign($bench, $unit);
    snapshot($bench, $unit / 10);
    return;
}

# One queue that grows, so that 5 million rows are written once.
sub growing {
    my ($bench, @waiting) = @_;
    my $t = collective('mysql', $TYPE);
    for my $waiting (@waiting) {
        add_jobs($t, $TYPE, $waiting - $t->count('job'));
        claims($bench, $t, "waiting-$waiting", Bench::Print::number($waiting) . ' waiting', $waiting);
    }
    $t->destroy;
    return;
}

sub foreign {
    my ($bench, $unit) = @_;
    my $t = collective('mysql', $TYPE);
    for (1 .. 10) {
        add_jobs($t, 'Bench::Foreign', $unit * 0.09);
        add_jobs($t, $TYPE, $unit * 0.01);
    }
    claims($bench, $t, 'foreign', sprintf '%s waiting among nine times as many of another type',
        Bench::Print::number($unit / 10));
    $t->destroy;
    return;
}

# Rows that were deleted cannot be purged, since a reader may still want them.
sub snapshot {
    my ($bench, $n) = @_;
    my $t = collective('mysql', $TYPE);
    add_jobs($t, $TYPE, 2 * $n);
    my $reader = Bench::Contestant::Helios::hold_snapshot($t);
    $t->sql('DELETE FROM job ORDER BY jobid LIMIT ' . int $n);
    claims($bench, $t, 'snapshot', sprintf '%s waiting behind as many deleted and not purged',
        Bench::Print::number($n));
    $reader->disconnect;
    $t->destroy;
    return;
}

sub claims {
    my ($bench, $t, $id, $title, $waiting) = @_;
    $t->dbh->selectall_arrayref('ANALYZE TABLE job');
    my $run = $t->run(["$Helios::Test::BUILD/t/bench/bench_claim", '--dsn', $t->{dsn},
        '--user', 'root', '--jobtype', $TYPE, '--claims', 50, '--batch', 10], seconds => 120);
    die "bench_claim: $run->{stderr}" if $run->{exit};
    my (%us, %rows);
    for my $line (split /\n/, $run->{stdout}) {
        my ($step, $us, $rows) = split ' ', $line;
        push @{ $us{$step} }, $us;
        push @{ $rows{$step} }, $rows;
    }
    for my $step (qw(claim first look behind)) {
        my $us = Bench::Figures::median(@{ $us{$step} });
        my %what = (claim => 'a claim', first => 'the first claim', look => 'a look',
            behind => 'a look behind the cursor');
        $bench->{figures}->add(measure => "backlog-$step", id => $id, title => $title,
            unit => 'us', better => 'less', value => $us,
            details => { rows_read => Bench::Figures::median(@{ $rows{$step} }),
                defined $waiting ? (waiting => $waiting) : () });
        $bench->progress(sprintf '%-10s %-48s %9.0f us for %s', 'backlog', $title, $us,
            $what{$step});
    }
    return;
}

1;
