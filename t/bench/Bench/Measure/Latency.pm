# SPDX-License-Identifier: MIT
package Bench::Measure::Latency;

# From the return of a COMMIT to the first instruction of the job's code, at fixed rates that do not
# depend on how quickly the jobs are taken. It may be negative: a job can be running before its
# submitter knows that its COMMIT succeeded.
#
# A contestant does serve($workers), returning when it waits for jobs; offer($rate, $jobs), returning
# when all were submitted; finish($jobs), returning when all were run and its processes have ended,
# with the two files of records, commits and runs; and clear.

use strict;
use warnings;

use Bench::Runs qw(read_runs);

# `field` is a list of contestants.
sub measure {
    my ($bench, @field) = @_;
    my @rates = $bench->{quick} ? ([50, 25]) : ([1, 10], [50, 500], [500, 3000]);
    for my $contestant (@field) {
        next if !$bench->takes_part($contestant);
        for my $pair (@rates) {
            my ($rate, $jobs) = @$pair;
            next if $rate != 50 && $contestant->isa('Bench::Contestant::Peer');
            $bench->attempt($contestant, sub { one($bench, $contestant, $rate, $jobs); return 1 })
                or last;
        }
    }
    return;
}

sub one {
    my ($bench, $contestant, $rate, $jobs) = @_;
    $contestant->serve(2);
    $contestant->offer($rate, $jobs);
    my ($commits, $runs) = map { read_runs($_) } $contestant->finish($jobs);
    $contestant->must(scalar keys %$commits, $jobs, 'commits');
    $contestant->must(scalar keys %$runs, $jobs, 'jobs that were run');
    my @ms;
    for my $id (keys %$commits) {
        $contestant->must(scalar @{ $runs->{$id} // [] }, 1, "runs of job $id");
        push @ms, ($runs->{$id}[0] - $commits->{$id}[0]) / 1e6;
    }
    @ms = sort { $a <=> $b } @ms;
    my %of = map { $_->[0] => $ms[@ms * $_->[1]] } ['p50', 0.5], ['p90', 0.9], ['p99', 0.99];
    $bench->{figures}->add(measure => 'latency', id => $contestant->id . "/$rate",
        title => $contestant->title . ", $rate jobs/s", note => $contestant->note, unit => 'ms',
        better => 'less', value => $of{p50},
        details => { %of, min => $ms[0], max => $ms[-1], jobs => $jobs, rate => $rate });
    $bench->{latencies}{ $contestant->title . ", $rate jobs/s" } = \@ms;
    $bench->progress(sprintf '%-10s %-48s p50 %.2f p99 %.2f max %.2f ms', 'latency',
        $contestant->title . ", $rate/s", $of{p50}, $of{p99}, $ms[-1]);
    $contestant->clear;
    return;
}

1;
