# SPDX-License-Identifier: MIT
package Bench::Document;

# Puts the tables and plots of a run into docs/performance.md, between its two marks.

use strict;
use warnings;

use Exporter qw(import);
use POSIX qw(strftime);

use Bench::Plot qw(plot_all);
use Bench::Print qw(print_tables);

our @EXPORT_OK = qw(write_document);

my ($BEGIN, $END) = ('<!-- figures: written by t/bench/run.sh --document -->', '<!-- end of figures -->');

sub write_document {
    my ($bench, $run, $docs) = @_;
    my $path = "$docs/performance.md";
    my $text = Helios::Test::slurp($path) // die "$path: $!";
    my $tables = '';
    open my $out, '>', \$tables or die "memory: $!";
    # Where else the figures went says nothing about them.
    (my $command = $run->{command}) =~ s/ --json[ =]\S+//;
    print $out strftime("Measured on %Y-%m-%d, %H:%M UTC, by `$command`.\n\n",
        gmtime $run->{time});
    print_tables($out, $run);
    mkdir "$docs/plots";
    for my $plot (plot_all($bench, "$docs/plots")) {
        my ($file, $title) = @$plot;
        $file =~ s{^\Q$docs\E/}{};
        print $out "![$title]($file)\n\n";
    }
    close $out;
    $text =~ s/\Q$BEGIN\E.*?\Q$END\E/$BEGIN\n\n$tables$END/s or die "$path has no marks\n";
    Helios::Test::spew($path, $text);
    return;
}

1;
