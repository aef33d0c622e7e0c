# SPDX-License-Identifier: MIT
package Bench::Measure::Instructions;

# Instructions of one job in a worker on SQLite, counted by valgrind: the same on every run of the
# same programs, however busy the machine. The daemon runs under callgrind with all its processes;
# the process that did the jobs is looked for. Two runs of different length are subtracted, so
# that starting is not in it. Batches and groups are set to sizes that do not depend on time.

use strict;
use warnings;

use Bench::Collective qw(collective add_jobs);

my %KIND = (    # service, jobs of the shorter and of the longer run
    idempotent => ['Bench::Idempotent', 1000, 3000],
    strict     => ['Bench::Strict', 100, 300],
);

sub kinds { return sort keys %KIND }

sub per_job {
    my ($kind) = @_;
    my ($service, $short, $long) = @{ $KIND{$kind} };
    return (count($service, $long) - count($service, $short)) / ($long - $short);
}

# Instructions of the worker that does `jobs` jobs.
sub count {
    my ($service, $jobs) = @_;
    my $t = collective('sqlite', $service, MAX_WORKERS => 1, OVERDRIVE => 1,
        CLAIM_TARGET_MS => 60_000, COMPLETION_DELAY_MS => 10_000);
    add_jobs($t, $service, $jobs);
    my $run = $t->run(['valgrind', '--tool=callgrind',
        "--callgrind-out-file=@{[$t->tmp]}/callgrind.%p", $t->program('helios_d'), '--foreground',
        '--drain', $service], seconds => 60);
    die "callgrind: $run->{stderr}" if $run->{exit};
    my ($most) = sort { $b <=> $a } map { total($_) } glob $t->tmp . '/callgrind.*';
    die "instructions: jobs are left\n" if $t->count('job');
    $t->destroy;
    return $most;
}

sub total {
    my ($path) = @_;
    my $text = Helios::Test::slurp($path) // '';
    return $text =~ /^(?:totals|summary): (\d+)/m ? $1 : 0;
}

# The figures that instructions.t compares with, and what they depend on besides our code.
sub record_path { return "$Helios::Test::SOURCE/t/bench/instructions.txt" }

sub surroundings {
    my $compiler = (qx(cc --version))[0] // 'unknown';
    my $sqlite   = qx(pkg-config --modversion sqlite3);
    my $machine  = (POSIX::uname())[4];
    chomp($compiler, $sqlite);
    return (compiler => $compiler, sqlite => $sqlite, machine => $machine);
}

sub recorded {
    my $text = Helios::Test::slurp(record_path()) // '';
    return map { /^(\w+) (.*)/ ? ($1 => $2) : () } split /\n/, $text;
}

sub record {
    my (%figure) = @_;
    my %around = surroundings();
    Helios::Test::spew(record_path(),
        "# Written by: sh t/bench/run.sh --only instructions --record\n"
            . join('', map { "$_ $around{$_}\n" } sort keys %around)
            . join('', map { sprintf "%s %.0f\n", $_, $figure{$_} } sort keys %figure));
    return;
}

sub measure {
    my ($bench) = @_;
    my %figure;
    for my $kind (kinds()) {
        my $instructions = $figure{$kind} = per_job($kind);
        $bench->{figures}->add(measure => 'instructions', id => "$kind/sqlite", better => 'less',
            title => "instructions of a job, $kind, SQLite", unit => 'instructions',
            value => $instructions);
        $bench->progress(sprintf '%-10s %-48s %9.0f', 'instructions', $kind, $instructions);
    }
    record(%figure) if $bench->{record};
    return;
}

1;
