# SPDX-License-Identifier: MIT
package Bench::Measure::Enqueue;

# Jobs per second that one connection submits through the client library: one row with each call
# and COMMIT, and many.

use strict;
use warnings;

use Bench::Collective qw(collective);

sub measure {
    my ($bench) = @_;
    my %title = (mysql => 'MariaDB', sqlite => 'SQLite');
    for my $round (1 .. $bench->{rounds}) {
        for my $store (qw(mysql sqlite)) {
            for my $pair ([1, $bench->{quick} ? 100 : 10_000], [1000, $bench->{quick} ? 3000 : 200_000]) {
                my ($bulk, $jobs) = @$pair;
                my $t = collective($store, 'Bench::Idempotent');
                my $run = $t->run(["$Helios::Test::BUILD/t/bench/bench_submit", '--ini', $t->ini,
                    '--jobtype', $t->service, '--jobs', $jobs, '--bulk', $bulk], seconds => 100);
                die "bench_submit: $run->{stderr}" if $run->{exit};
                die "enqueue: jobs are missing\n" if $t->count('job') != $jobs;
                my $name = $bulk == 1 ? 'one row with each call' : "$bulk rows with each call";
                $bench->{figures}->add(measure => 'enqueue', id => "$store/$bulk",
                    title => "libhelios, $title{$store}, $name", unit => 'jobs/s',
                    value => $jobs / $run->{stdout}, details => { jobs => $jobs });
                $bench->progress(sprintf '%-10s %-48s %9.0f jobs/s', 'enqueue',
                    "$title{$store}, $name", $jobs / $run->{stdout});
                $t->destroy;
            }
        }
    }
    return;
}

1;
