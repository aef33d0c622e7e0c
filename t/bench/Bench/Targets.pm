# SPDX-License-Identifier: MIT
package Bench::Targets;

# What is wanted of the daemon, and what a run says about it.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(others ratios targets);

# [of, to]: ids of the measure throughput.
my @RATIOS = (
    (map { ["idempotent/mysql/$_/history", "loop/mysql/$_/history"] } 1, 2, 4, 8),
    (map { ["idempotent/mysql/$_/bare", "loop/mysql/$_/bare"] } 2, 4),
    ['strict/mysql/8/history', 'loop-each/mysql/8/history'],
    ['idempotent/mysql/2/history', 'set/mysql/1/history'],
    ['idempotent/mysql/2/history', 'schwartz/mysql/4'],
    ['strict/mysql/8/history', 'schwartz/mysql/4'],
    ['idempotent/sqlite/2/history', 'loop/sqlite/1/history'],
    ['idempotent/sqlite/2/history', 'schwartz/sqlite/4'],
);

sub ratios {
    my ($figures) = @_;
    my %title = map { $_->{id} => $_->{title} } $figures->all('throughput');
    return map { [$title{ $_->[0] }, $title{ $_->[1] },
            $figures->ratio('throughput', @$_)] }
        grep { $title{ $_->[0] } && $title{ $_->[1] } } @RATIOS;
}

sub best {
    my ($figures, @ids) = @_;
    my ($best) = sort { $b <=> $a } grep { defined } map { $figures->value('throughput', $_) } @ids;
    return $best;
}

# The dearest claim, in time or in rows read, to those made between them with 1,000 waiting.
sub dearest_claim {
    my ($f, $detail) = @_;
    my ($worst) = sort { $b <=> $a } grep { defined }
        map { $f->detail('backlog-claim', $_->{id}, $detail) } $f->all('backlog-claim');
    return $worst;
}

sub ratio { my ($x, $y) = @_; return defined $x && $y ? $x / $y : undef }

# Of the workers from 2 to 4 the best ratio to the loop on as many connections.
sub best_ratio {
    my ($figures, $history, $detail) = @_;
    my ($best) = sort { $b <=> $a } grep { defined } map {
        $figures->ratio('throughput', "idempotent/mysql/$_/$history", "loop/mysql/$_/$history",
            $detail)
    } 2, 4;
    return $best;
}

# Other queues beside ours: the rows of a table. How many times as fast the daemon is, with a history
# row for each job, and the latencies beside each other.
my $OTHERS = qr/^(?:graphile|graphile-plain|pgboss|bullmq|minion|minion-inline|beanstalkd|gearmand)\//;

sub others {
    my ($f) = @_;
    my $number = \&Bench::Print::number;
    my $times = sub { my ($x, $y) = @_; my $ratio = ratio($x, $y);
        return defined $ratio ? sprintf '%.2f', $ratio : '-' };
    my $idempotent = best($f, map { "idempotent/mysql/$_/history" } 2, 4);
    my $strict = best($f, 'strict/mysql/8/history');
    my @rows;
    for my $other (grep { $_->{id} =~ $OTHERS } $f->all('throughput')) {
        my $is = best($f, $other->{id});
        my @latency = map { $f->detail('latency', "$other->{id}/50", $_) } qw(p50 p99);
        push @rows, [$other->{title}, $number->($is), $times->($idempotent, $is),
            $times->($strict, $is), map { $number->($_) } @latency];
    }
    return () if !@rows;
    my $own = 'strict/mysql/2/history/50';
    return (['queue', 'jobs/s', 'idempotent to it', 'strict to it', 'latency p50 ms', 'p99 ms'], @rows,
        ['helios_d', '-', '-', '-', map { $number->($f->detail('latency', $own, $_)) } qw(p50 p99)]);
}

# The least of what our best is to each of the others; in latency what theirs are to ours.
sub least_to_others {
    my ($f) = @_;
    my $best = best($f, map { ("idempotent/mysql/$_/bare", "idempotent/mysql/$_/history") } 2, 4);
    my ($least) = sort { $a <=> $b } grep { defined } map { ratio($best, best($f, $_->{id})) }
        grep { $_->{id} =~ $OTHERS } $f->all('throughput');
    return $least;
}

sub least_latency_to_others {
    my ($f) = @_;
    my $own = $f->detail('latency', 'strict/mysql/2/history/50', 'p99');
    my ($least) = sort { $a <=> $b } grep { defined }
        map { ratio($f->detail('latency', $_->{id}, 'p99'), $own) }
        grep { $_->{id} =~ $OTHERS } $f->all('latency');
    return $least;
}

my ($LEAST, $MOST) = (1, -1);

# measure, target as text, which way, limit, value
sub rows {
    my ($f) = @_;
    my $bare    = best($f, map { "idempotent/mysql/$_/bare" } 2, 4);
    my $history = best($f, map { "idempotent/mysql/$_/history" } 2, 4);
    my $strict  = best($f, 'strict/mysql/8/history');
    my $perl    = best($f, 'schwartz/mysql/4');
    my $single  = best($f, 'single/mysql/8/history');
    my $of = sub { return $f->ratio('throughput', @_) };
    my $commit = 'strict/mysql/2/history/50';
    return (
        ['idempotent, no-op, no history', 'at least 45,000/s', $LEAST, 45_000, $bare],
        ['the same to the best of graphile-worker', 'more than 1', $LEAST, 1,
            ratio($bare, best($f, 'graphile/2', 'graphile/4'))],
        ['idempotent, no-op, history', 'at least 38,000/s', $LEAST, 38_000, $history],
        ['the same to Perl', 'at least 60', $LEAST, 60, ratio($history, $perl)],
        ['the same to the bare loop', 'at least 0.9', $LEAST, 0.9, best_ratio($f, 'history')],
        ['the same until what was deleted is purged', 'at least 0.9', $LEAST, 0.9,
            best_ratio($f, 'history', 'purged')],
        ['strict, history, 8 workers', 'at least 2,200/s', $LEAST, 2200, $strict],
        ['the same to the bare loop', 'at least 0.9', $LEAST, 0.9,
            $of->('strict/mysql/8/history', 'loop-each/mysql/8/history')],
        ['one job a process, 8 slots', 'at least 300/s', $LEAST, 300, $single],
        ['the same to the worker of Minion', 'more than 1', $LEAST, 1,
            ratio($single, best($f, 'minion/8'))],
        ['submitting one row with each call, sync_binlog=0', 'at least 4,000/s', $LEAST, 4000,
            $f->value('enqueue', 'mysql/1/sync_binlog=0')],
        ['submitting in bulk', 'at least 100,000/s', $LEAST, 100_000,
            $f->value('enqueue', 'mysql/1000')],
        ['commit to run at 50 jobs/s, p50', 'at most 1.5 ms', $MOST, 1.5,
            $f->value('latency', $commit)],
        ['commit to run at 50 jobs/s, p99', 'at most 3 ms', $MOST, 3,
            $f->detail('latency', $commit, 'p99')],
        ['throughput to every other queue, at least', 'more than 1', $LEAST, 1, least_to_others($f)],
        ["every other queue's p99 to ours, at least", 'more than 1', $LEAST, 1,
            least_latency_to_others($f)],
        ['the dearest claim to one at 1,000 waiting', 'at most 1.5', $MOST, 1.5,
            dearest_claim($f, 'to_small')],
        ['the same in rows that the server read', 'at most 1.5', $MOST, 1.5,
            dearest_claim($f, 'rows_to_small')],
        ['idempotent, an old snapshot held, to normal', 'at least 0.85', $LEAST, 0.85,
            $of->('idempotent/mysql/2/history/snapshot', 'idempotent/mysql/2/history')],
        ['strict, an old snapshot held, to normal', 'at least 0.85', $LEAST, 0.85,
            $of->('strict/mysql/8/history/snapshot', 'strict/mysql/8/history')],
        ['idempotent, 64 workers to 8', 'at least 1', $LEAST, 1,
            $of->('idempotent/mysql/64/history', 'idempotent/mysql/8/history')],
        ['strict, 64 workers to 8', 'at least 1', $LEAST, 1,
            $of->('strict/mysql/64/history', 'strict/mysql/8/history')],
        ['queries of an idle daemon', 'at most 0.1/s', $MOST, 0.1, $f->value('idle', 'queries/mysql')],
        ['the same with WAKE=poll, for each look', 'at most 1', $MOST, 1,
            $f->value('idle', 'looks/mysql-poll')],
        ['processor time of an idle daemon', 'at most 0.1 %', $MOST, 0.1,
            $f->value('idle', 'cpu/mysql')],
        ['killed worker to its job running again', 'at most 100 ms', $MOST, 100,
            $f->value('operation', 'killed/mysql')],
        ['memory of the master', 'at most 3 MB', $MOST, 3, $f->value('operation', 'master/mysql')],
        ['memory of a worker', 'at most 5 MB', $MOST, 5, $f->value('operation', 'worker/mysql')],
    );
}

sub verdict {
    my ($way, $limit, $value) = @_;
    return 'not measured' if !defined $value;
    return $way * $value >= $way * $limit ? 'met' : 'missed';
}

# At quick scale there are figures but no verdicts.
sub targets {
    my ($figures, $scale) = @_;
    return map {
        my ($measure, $target, $way, $limit, $value) = @$_;
        +{ measure => $measure, target => $target, figure => Bench::Print::number($value),
            verdict => $scale eq 'quick' ? '-' : verdict($way, $limit, $value) }
    } rows($figures);
}

1;
