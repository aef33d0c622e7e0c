# SPDX-License-Identifier: MIT
# A job costs no more instructions than was recorded, within 5 %. Counting does not depend on what
# else the machine does, so this finds what timings hide.
use strict;
use warnings;

use FindBin qw($Bin);
use lib $Bin;

BEGIN {
    $ENV{HELIOS_TEST_ALARM} //= 300;
    $ENV{HELIOS_BUILD} = "$Bin/../../build/release";
}
use Helios::Test;
use Test::More;

use Bench::Measure::Instructions;

if (!-d $Helios::Test::BUILD || !grep { -x "$_/valgrind" } split /:/, $ENV{PATH}) {
    plan skip_all => 'needs valgrind and the release build';
}
my %recorded = Bench::Measure::Instructions::recorded();
my %around   = Bench::Measure::Instructions::surroundings();
my @other    = grep { ($recorded{$_} // '') ne $around{$_} } sort keys %around;
if (@other) {
    plan skip_all => 'recorded with another ' . join(' and ', @other)
        . '; to record here: sh t/bench/run.sh --only instructions --record';
}
my $log = qx(cmake --build '$Helios::Test::BUILD' --target bench 2>&1);
is($?, 0, 'the release is built') or BAIL_OUT($log);

for my $kind (Bench::Measure::Instructions::kinds()) {
    my $is = Bench::Measure::Instructions::per_job($kind);
    # Sweeps come by the clock, so that a slow run has more of them: the quickest of three counts.
    for (1 .. 2) {
        last if $is < $recorded{$kind} * 1.05;
        my $again = Bench::Measure::Instructions::per_job($kind);
        $is = $again if $again < $is;
    }
    my $ratio = $is / $recorded{$kind};
    ok($ratio > 0.95 && $ratio < 1.05, "instructions of a job, $kind")
        or diag(sprintf "%.0f instructions a job, %.1f %% of the recorded %.0f. If that is what the "
            . "change is meant to cost or save, record it: "
            . "sh t/bench/run.sh --only instructions --record", $is, 100 * $ratio, $recorded{$kind});
}
done_testing();
