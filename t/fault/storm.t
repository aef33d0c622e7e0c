# SPDX-License-Identifier: MIT
# Storms of faults with fixed seeds, and the audit after each. t/fault/storm.sh runs any other.
#
#   HELIOS_STORM_SEED=N       only that one
#   HELIOS_STORM_SECONDS=S    how long each lasts
use strict;
use warnings;
use Helios::Storm;
use Helios::Test;
use Test::More;

my @seeds = split ' ', $ENV{HELIOS_STORM_SEED} // '1 2 3';
my $seconds = $ENV{HELIOS_STORM_SECONDS} // 8;
for my $seed (@seeds) {
    my $storm = Helios::Storm->new(seed => $seed, seconds => $seconds);
    my $over = eval { $storm->blow; $storm->calm; 1 };
    my @wrong = $over ? () : ("it does not end: $@");
    push @wrong, eval { $storm->audit };
    push @wrong, "no audit: $@" if $@;
    push @wrong, 'sanitizers: ' . $storm->{t}->sanitizer_reports if $storm->{t}->sanitizer_reports ne '';
    ok(!@wrong, "seed $seed: " . ($storm->{figures} // ''));
    if (@wrong) {
        diag("seed $seed, $seconds s, store " . $storm->{t}->store . ', in ' . $storm->{t}->tmp);
        diag($_) for @wrong;
        diag(sprintf '%6.2f %-18s %5.2f s %s', @$_{qw(at name seconds)}, $_->{trouble} // '') for @{ $storm->{events} };
        $storm->{t}->diagnose;
    }
    $storm->destroy;
}
done_testing();
