# SPDX-License-Identifier: MIT
package Bench::Runs;

# Files of runs: what a contestant's workers append, a record for each time that a job is run:
# its id and CLOCK_MONOTONIC in nanoseconds, eight bytes each.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(fresh_runs read_runs count_runs);

# The path of an empty file of runs. The caller unlinks it.
my $made = 0;
sub fresh_runs {
    my $path = sprintf '%s/runs.%d', $ENV{HELIOS_TEST_TMP}, ++$made;
    Helios::Test::spew($path, '');
    return $path;
}

# id => [times in nanoseconds]
sub read_runs {
    my ($path) = @_;
    my %runs;
    my @number = unpack 'q*', Helios::Test::slurp($path) // '';
    for (my $i = 0; $i < @number; $i += 2) { push @{ $runs{ $number[$i] } }, $number[$i + 1] }
    return \%runs;
}

# How many runs there were, and of how many jobs.
sub count_runs {
    my ($path) = @_;
    my %seen;
    my @number = unpack 'q*', Helios::Test::slurp($path) // '';
    for (my $i = 0; $i < @number; $i += 2) { $seen{ $number[$i] } = 1 }
    return (@number / 2, scalar keys %seen);
}

1;
