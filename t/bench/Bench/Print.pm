# SPDX-License-Identifier: MIT
package Bench::Print;

# The one place that prints: a table for people, in Markdown that is also readable as it is, and
# JSON.
#
# JSON, format 1:
#   format      1
#   time        Unix seconds of the start
#   command     as it was typed
#   scale       "full" or "quick": figures of "quick" show that it works, nothing else
#   rounds      how often what takes turns was measured
#   conditions  name => text: machine, versions, durable settings
#   figures     [{measure, id, title, unit, better, note, values, median, low, high, details}]:
#               `measure` and `id` never change; details are medians of the same runs, among them
#               server_us and own_us (processor time of a job in microseconds, of the database and
#               of everything else), queries, bytes, commits, binlog_bytes of a job, and purged
#               (jobs per second until MariaDB has purged what was deleted)
#   missing     contestant => why it did not take part
#   targets     [{measure, target, figure, verdict}], verdict "met", "missed" or "not measured"

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();

use Bench::Figures;

our @EXPORT_OK = qw(print_json print_tables);

my %HEADING = (
    throughput => 'Jobs per second, no-op',
    work       => 'Jobs per second, jobs of 1 ms',
    latency    => 'From commit to run',
    enqueue    => 'Jobs per second submitted on one connection',
    'backlog-claim' => 'A claim of ten jobs',
    'backlog-first' => 'The first claim of a daemon, ten jobs',
    'backlog-behind' => 'A look: the poller counts what waits, at most 1,000',
    'backlog-look'  => 'A look from the start',
    operation    => 'Operation',
    idle         => 'Idle, four workers that wait',
    instructions => 'Instructions of a job',
);

my @DETAILS = (    # name, heading, format
    [min => 'min', '%.2f'], [p90 => 'p90', '%.2f'], [p99 => 'p99', '%.2f'], [max => 'max', '%.2f'],
    [purged => 'until purged', '%.0f'], [rows_read => 'rows read', '%.0f'], [to_small => 'to one at 1,000', '%.2f'],
    [own_us => 'own CPU us', '%.1f'], [server_us => 'server CPU us', '%.1f'],
    [queries => 'queries', '%.3f'], [bytes => 'bytes', '%.0f'], [commits => 'commits', '%.3f'],
    [binlog_bytes => 'binlog bytes', '%.0f'], [connections => 'connections', '%.0f'],
);

sub number {
    my ($value) = @_;
    return '-' if !defined $value;
    my $text = abs $value >= 100 ? sprintf('%.0f', $value)
        : abs $value >= 10 ? sprintf('%.1f', $value) : sprintf('%.2f', $value);
    1 while $text =~ s/^(-?\d+)(\d{3})/$1,$2/;
    return $text;
}

# Rows of texts as a Markdown table; the first row is the heading, columns but the first are
# ranged right.
sub table {
    my ($out, @rows) = @_;
    my @width;
    for my $row (@rows) {
        for my $i (0 .. $#$row) {
            $width[$i] = length $row->[$i] if length $row->[$i] > ($width[$i] // 2);
        }
    }
    my $line = sub {
        my ($row) = @_;
        return '| ' . join(' | ', map {
            my $pad = ' ' x ($width[$_] - length $row->[$_]);
            $_ == 0 ? $row->[$_] . $pad : $pad . $row->[$_]
        } 0 .. $#width) . " |\n";
    };
    print $out $line->(shift @rows);
    print $out '| ' . join(' | ', map { $_ ? '-' x ($width[$_] - 1) . ':' : '-' x $width[0] }
            0 .. $#width) . " |\n";
    print $out $line->($_) for @rows;
    print $out "\n";
    return;
}

sub print_measure {
    my ($out, $figures, $measure) = @_;
    my @figures = $figures->all($measure);
    my @details = grep {
        my $name = $_->[0];
        grep { exists $_->{detail_values}{$name} } @figures
    } @DETAILS;
    my $one_unit = !grep { $_->{unit} ne $figures[0]{unit} } @figures;
    print $out '### ', $HEADING{$measure} // $measure, "\n\n";
    table($out,
        ['contestant', $one_unit ? "median $figures[0]{unit}" : 'median', 'low', 'high', map { $_->[1] } @details],
        map {
            my $figure = $_;
            my @sorted = sort { $a <=> $b } @{ $figure->{values} };
            [$figure->{title} . ($one_unit ? '' : ", $figure->{unit}"), number(Bench::Figures::median(@sorted)), number($sorted[0]),
                number($sorted[-1]), map {
                    my $value = $figures->detail($measure, $figure->{id}, $_->[0]);
                    defined $value ? sprintf $_->[2], $value : '-'
                } @details]
        } @figures);
    return;
}

sub print_notes {
    my ($out, $figures) = @_;
    my (%by_note, @order);
    for my $figure ($figures->all) {
        next if $figure->{note} eq '';
        push @order, $figure->{note} if !$by_note{ $figure->{note} };
        $by_note{ $figure->{note} }{ $figure->{title} } = 1;
    }
    my $missing = $figures->missing;
    return if !@order && !%$missing;
    print $out "### Notes\n\n";
    for my $note (@order) {
        my @titles = sort keys %{ $by_note{$note} };
        my $more = @titles > 2 ? sprintf(' and %d more', @titles - 2) : '';
        $#titles = 1 if @titles > 2;
        print $out '- ', join('; ', @titles), "$more: $note\n";
    }
    print $out "- not measured: $_: $missing->{$_}\n" for sort keys %$missing;
    print $out "\n";
    return;
}

sub print_tables {
    my ($out, $run) = @_;
    my $figures = $run->{figures};
    print $out "### Conditions\n\n";
    table($out, ['what', 'is'], @{ $run->{conditions} });
    print $out sprintf "Medians of %d rounds, with the lowest and the highest.\n\n", $run->{rounds};
    print_measure($out, $figures, $_) for $figures->measures;
    if (@{ $run->{ratios} }) {
        print $out "### Ratios\n\n";
        table($out, ['of', 'to', 'ratio'], map { [@$_[0, 1], sprintf '%.2f', $_->[2]] }
                @{ $run->{ratios} });
    }
    if (@{ $run->{others} }) {
        print $out "### Beside other queues\n\n";
        table($out, @{ $run->{others} });
    }
    if (@{ $run->{targets} }) {
        print $out "### Targets\n\n";
        table($out, ['measure', 'target', 'measured', 'verdict'],
            map { [@$_{qw(measure target figure verdict)}] } @{ $run->{targets} });
    }
    print_notes($out, $figures);
    return;
}

sub print_json {
    my ($path, $run) = @_;
    my %plain = (
        format => 1, (map { $_ => $run->{$_} } qw(time command scale rounds targets)),
        conditions => { map { @$_ } @{ $run->{conditions} } },
        figures => $run->{figures}->plain, missing => $run->{figures}->missing,
    );
    Helios::Test::spew($path, JSON::PP->new->canonical->pretty->encode(\%plain));
    return;
}

1;
