# SPDX-License-Identifier: MIT
package Bench::Targets;

# What is wanted of the daemon, and what a run says about it.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(ratios targets);

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
            $figures->value('throughput', $_->[0]) / $figures->value('throughput', $_->[1])] }
        grep { $title{ $_->[0] } && $title{ $_->[1] } } @RATIOS;
}

sub best {
    my ($figures, @ids) = @_;
    my ($best) = sort { $b <=> $a } grep { defined } map { $figures->value('throughput', $_) } @ids;
    return $best;
}

sub ratio { my ($x, $y) = @_; return defined $x && $y ? $x / $y : undef }

# Of the workers from 2 to 4 the best ratio to the loop on as many connections.
sub best_ratio {
    my ($figures, $history) = @_;
    my ($best) = sort { $b <=> $a } grep { defined } map {
        ratio($figures->value('throughput', "idempotent/mysql/$_/$history"),
            $figures->value('throughput', "loop/mysql/$_/$history"))
    } 2, 4;
    return $best;
}

# measure, target as text, unit, limit (at least, or at most if negative), value
sub rows {
    my ($f) = @_;
    my $bare    = best($f, map { "idempotent/mysql/$_/bare" } 2, 4);
    my $history = best($f, map { "idempotent/mysql/$_/history" } 2, 4);
    my $strict  = best($f, 'strict/mysql/8/history');
    my $perl    = best($f, 'schwartz/mysql/4');
    return (
        ['idempotent, no history', 'at least 45,000/s', 45_000, $bare],
        ['idempotent', 'at least 38,000/s', 38_000, $history],
        ['idempotent, to Perl', 'at least 60 times', 60, ratio($history, $perl)],
        ['idempotent, to the bare loop', 'at least 0.9', 0.9, best_ratio($f, 'history')],
        ['strict, 8 workers', 'at least 2,200/s', 2200, $strict],
        ['strict, to the bare loop', 'at least 0.9', 0.9,
            ratio($strict, best($f, 'loop-each/mysql/8/history'))],
        ['one job a process, 8 slots', 'at least 300/s', 300, best($f, 'single/mysql/8/history')],
    );
}

sub verdict {
    my ($limit, $value) = @_;
    return 'not measured' if !defined $value;
    return ($limit < 0 ? $value <= -$limit : $value >= $limit) ? 'met' : 'missed';
}

# At quick scale there are figures but no verdicts.
sub targets {
    my ($figures, $scale) = @_;
    return map { my ($measure, $target, $limit, $value) = @$_;
        +{ measure => $measure, target => $target, figure => Bench::Print::number($value),
            verdict => $scale eq 'quick' ? '-' : verdict($limit, $value) } } rows($figures);
}

1;
