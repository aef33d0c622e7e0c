# SPDX-License-Identifier: MIT
package Bench::Plot;

# The plots of a run, as SVG by gnuplot: throughput against workers, the cost of claims against the
# backlog, the distribution of latencies. A plot without figures is not drawn.

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(uniq);

our @EXPORT_OK = qw(plot_all);

# Draws into `folder`; gives [file, what it shows] of each.
sub plot_all {
    my ($bench, $folder) = @_;
    return () if !grep { -x "$_/gnuplot" } split /:/, $ENV{PATH};
    return grep { defined } (
        draw("$folder/throughput.svg", 'Throughput against workers',
            ['set xlabel "workers or connections"', 'set ylabel "jobs per second, no-op"',
                'set yrange [0:*]', 'set xtics (1, 2, 4, 8)', 'set logscale x 2',
                'set xrange [0.9:9]'],
            'linespoints', workers($bench->{figures})),
        draw("$folder/backlog.svg", 'Cost of a claim against the backlog',
            ['set xlabel "jobs that wait"', 'set ylabel "microseconds"', 'set yrange [0:*]',
                'set logscale x', 'set format x "%.0f"'],
            'linespoints', backlog($bench->{figures})),
        draw("$folder/latency.svg", 'From commit to run at 50 jobs a second',
            ['set xlabel "milliseconds, not more than"', 'set ylabel "% of the jobs"',
                'set logscale x', 'set yrange [0:100]'],
            'lines', latency($bench->{latencies} // {})),
    );
}

# Title and points of each line.
sub workers {
    my ($figures) = @_;
    my @lines;
    for my $kind (['idempotent/mysql', 'history', 'helios_d, idempotent'],
        ['loop/mysql', 'history', 'bare loop'], ['idempotent/mysql', 'bare', 'helios_d, no history'],
        ['loop/mysql', 'bare', 'bare loop, no history']) {
        my ($of, $history, $title) = @$kind;
        my @points = map { [$_, $figures->value('throughput', "$of/$_/$history")] } 1, 2, 4, 8;
        push @lines, ["$title, MariaDB", grep { defined $_->[1] } @points];
    }
    return @lines;
}

sub backlog {
    my ($figures) = @_;
    my %title = ('backlog-claim' => 'a claim of ten jobs', 'backlog-first' => 'a first claim',
        'backlog-look' => 'a look from the start', 'backlog-behind' => 'a look');
    return map {
        my $measure = $_;
        [$title{$measure}, sort { $a->[0] <=> $b->[0] } map { [$_->[1], $_->[0]] }
            grep { defined $_->[1] }
            map { [$figures->value($measure, $_->{id}), $figures->detail($measure, $_->{id}, 'waiting')] }
            $figures->all($measure)]
    } sort keys %title;
}

# Of each contestant at 50 jobs/s the percentiles. A logarithmic scale has no place for what was
# there before the commit had returned: it is drawn at a hundredth of a millisecond.
sub latency {
    my ($latencies) = @_;
    return map {
        my $ms = $latencies->{$_};
        my @points = map { my $at = $ms->[$_ / 100 * $#$ms]; [$at < 0.01 ? 0.01 : $at, $_] } 0 .. 100;
        (my $title = $_) =~ s/, 50 jobs\/s//;
        [$title, @points]
    } grep { /, 50 jobs/ } sort keys %$latencies;
}

sub draw {
    my ($path, $title, $settings, $style, @lines) = @_;
    @lines = grep { @$_ > 2 } @lines;
    return undef if !@lines;
    my $script = "set terminal svg size 760,480 dynamic noenhanced font 'sans,12' background rgb 'white'\n"
        . "set output '$path'\nset title '$title'\nset grid\nset key below\n" . join "\n", @$settings, '';
    for my $i (0 .. $#lines) {
        my ($name, @points) = @{ $lines[$i] };
        $script .= "\$line$i << EOD\n" . join('', map { "$_->[0] $_->[1]\n" } @points) . "EOD\n";
    }
    $script .= 'plot ' . join(', ', map { "\$line$_ using 1:2 with $style lw 2 title '$lines[$_][0]'" }
            0 .. $#lines) . "\n";
    open my $gnuplot, '|-', 'gnuplot' or die "gnuplot: $!";
    print $gnuplot $script;
    close $gnuplot or die "gnuplot failed on $path\n";
    return [$path, $title];
}

1;
