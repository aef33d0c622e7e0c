# SPDX-License-Identifier: MIT
package Bench::Measure::Backlog;

# What a claim costs on queues of different size and state, by bench_claim (c/claim.c): claims of
# ten jobs on one connection, in microseconds and in rows that the server read. The first claim of
# a daemon knows no place to go on from; it is a figure of its own, and so are the poller's looks,
# from the start and from where claims go on. Between them claims are made on a queue with 1,000
# waiting in a database of its own, since disk and machine are not the same at all times: a server
# that has just been given a million rows writes them for a while.

use strict;
use warnings;

use Bench::Collective qw(collective add_jobs);
use Bench::Figures;

my $TYPE = 'Bench::Idempotent';

sub measure {
    my ($bench) = @_;
    my $unit = $bench->{quick} ? 10_000 : 1_000_000;
    $bench->{small} = collective('mysql', $TYPE);
    my @waiting = $bench->{quick} ? (1000, 10_000) : (1000, 10_000, 100_000, 1_000_000, 5_000_000);
    growing($bench, @waiting);
    my %state = (
        inflight => [Bench::Print::number($unit) . ' in flight before the first free one',
            { run_after => 'NOW - 100', grabbed_until => 'NOW + 3600' }, 1000],
        delayed => [Bench::Print::number($unit) . ' delayed', { run_after => 'NOW + 86400' }, 1000],
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
    priorities($bench, $unit);
    (delete $bench->{small})->destroy;
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

# By priority, with the index that helios doctor asks for.
sub priorities {
    my ($bench, $unit) = @_;
    my $t = collective('mysql', $TYPE);
    add_jobs($t, $TYPE, $unit);
    $t->sql('SET SESSION sql_log_bin = 0');
    $t->sql('UPDATE job SET priority = jobid % 10');
    $_->sql('CREATE INDEX job_by_priority ON job (funcid, priority DESC, run_after)')
        for $t, $bench->{small};
    claims($bench, $t, 'priority',
        Bench::Print::number($unit) . ' waiting, claimed by priority', undef, '--high');
    $t->destroy;
    return;
}

sub claims {
    my ($bench, $t, $id, $title, $waiting, @options) = @_;
    my $small = $bench->{small};
    my (@steps, @beside);
    add_jobs($small, $TYPE, 1000 - $small->count('job'));
    $_->dbh->selectall_arrayref('ANALYZE TABLE job') for $t, $small;
    for (1 .. 5) {
        push @steps, run_claims($t, @options);
        push @beside, run_claims($small, @options);
    }
    for my $step (qw(claim first look behind)) {
        next if !grep { $_->[0] eq $step } @steps;
        my ($us, $rows) = map { of($step, $_, @steps) } 'us', 'rows';
        my ($small_us, $small_rows) = map { of($step, $_, @beside) } 'us', 'rows';
        my %what = (claim => 'a claim', first => 'the first claim', look => 'a look',
            behind => 'a look behind the cursor');
        $bench->{figures}->add(measure => "backlog-$step", id => $id, title => $title,
            unit => 'us', better => 'less', value => $us,
            details => { rows_read => $rows, to_small => $us / $small_us,
                rows_to_small => $small_rows ? $rows / $small_rows : undef,
                defined $waiting ? (waiting => $waiting) : () });
        $bench->progress(sprintf '%-10s %-48s %9.0f us for %s', 'backlog', $title, $us,
            $what{$step});
    }
    return;
}

# The steps of ten claims: [name, microseconds, rows].
sub run_claims {
    my ($t, @options) = @_;
    my $run = $t->run(["$Helios::Test::BUILD/t/bench/bench_claim", '--dsn', $t->{dsn},
        '--user', 'root', '--jobtype', $TYPE, '--claims', 10, '--batch', 10, @options], seconds => 120);
    die "bench_claim: $run->{stderr}" if $run->{exit};
    return map { [split] } split /\n/, $run->{stdout};
}

sub of {
    my ($step, $what, @steps) = @_;
    my $field = $what eq 'us' ? 1 : 2;
    return Bench::Figures::median(map { $_->[$field] } grep { $_->[0] eq $step } @steps);
}

1;
