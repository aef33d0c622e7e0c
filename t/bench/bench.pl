# SPDX-License-Identifier: MIT
# Measures and prints; see run.sh for the options, Bench/Print.pm for the form of the JSON file.
use strict;
use warnings;

BEGIN { $ENV{HELIOS_TEST_ALARM} = 7200 }
use Getopt::Long;
use Helios::Test;
use Test::More ();

use Bench::Contestant;
use Bench::Field;
use Bench::Figures;
use Bench::Machine qw(conditions);
use Bench::Measure::Throughput;
use Bench::Print qw(print_json print_tables);
use Bench::Servers;
use Bench::Targets qw(ratios targets);

my %option = (rounds => undef, only => 'throughput');
my $command = join ' ', 'sh t/bench/run.sh', @ARGV;
GetOptions(\%option, 'quick', 'peers', 'json=s', 'rounds=i', 'only=s', 'match=s', 'markdown=s')
    && !@ARGV or exit 64;

my $self = bless {
    quick   => $option{quick},
    rounds  => $option{rounds} // ($option{quick} ? 1 : 3),
    match   => $option{match},
    figures => Bench::Figures->new,
    asked   => {},
    servers => Bench::Servers->new(tmp => $ENV{HELIOS_TEST_TMP}, source => $Helios::Test::SOURCE,
        scale => $option{quick} ? 'quick' : 'full'),
}, 'Bench';

# False for a contestant that is missing, which is noted once, or not asked for.
sub Bench::takes_part {
    my ($bench, $contestant) = @_;
    return 0 if defined $bench->{match} && $contestant->id !~ /$bench->{match}/;
    my $missing = $bench->{asked}{ ref $contestant } //= $contestant->missing // '';
    $bench->{figures}->miss($contestant->title, $missing) if $missing ne '';
    return $missing eq '';
}

# What is going on, for whoever waits.
sub Bench::progress {
    my ($bench, $text) = @_;
    print STDERR "$text\n";
    return;
}

my %measure = (
    throughput => sub { Bench::Measure::Throughput::measure($self, 'throughput',
            Bench::Field::noop_field($self)) },
);

END { my $status = $?; $self->{servers}->stop if $self && $$ == $Helios::Test::SCRIPT; $? = $status }

my $time = time;
my @conditions = conditions($ENV{HELIOS_TEST_TMP});
$ENV{HELIOS_TEST_SOCKET} = $self->{servers}->mariadb->{socket};
for my $name (split /,/, $option{only}) {
    my $code = $measure{$name} or die "no measure $name; there are " . join(', ', sort keys %measure) . "\n";
    $code->();
}
push @conditions, map { ["$_->{name} $_->{version}", $_->{settings}] } $self->{servers}->started;

my %run = (
    time => $time, command => $command, scale => $option{quick} ? 'quick' : 'full',
    rounds => $self->{rounds}, conditions => \@conditions, figures => $self->{figures},
    ratios => [ratios($self->{figures})],
    targets => [targets($self->{figures}, $option{quick} ? 'quick' : 'full')],
);
print_json($option{json}, \%run) if defined $option{json};
print_tables(\*STDOUT, \%run);
