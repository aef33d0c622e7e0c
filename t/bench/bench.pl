# SPDX-License-Identifier: MIT
# Measures and prints; see run.sh for the options, Bench/Print.pm for the form of the JSON file.
use strict;
use warnings;

BEGIN { $ENV{HELIOS_TEST_ALARM} = 7200 }
use Getopt::Long;
use Helios::Test;
use Test::More ();

use Bench::Contestant;
use Bench::Document qw(write_document);
use Bench::Field;
use Bench::Figures;
use Bench::Machine qw(conditions);
use Bench::Measure::Backlog;
use Bench::Measure::Enqueue;
use Bench::Measure::Idle;
use Bench::Measure::Instructions;
use Bench::Measure::Latency;
use Bench::Measure::Operation;
use Bench::Measure::Throughput;
use Bench::Print qw(print_json print_tables);
use Bench::Servers;
use Bench::Targets qw(others ratios targets);

my %option;
my $command = join ' ', 'sh t/bench/run.sh', @ARGV;
GetOptions(\%option, 'quick', 'peers', 'json=s', 'rounds=i', 'only=s', 'match=s', 'idle=i', 'document', 'record')
    && !@ARGV or exit 64;

my $self = bless {
    quick   => $option{quick},
    rounds  => $option{rounds} // ($option{quick} ? 1 : 3),
    match   => $option{match},
    idle    => $option{idle},
    record  => $option{record},
    peers   => $option{peers},
    figures => Bench::Figures->new,
    asked   => {},
    servers => Bench::Servers->new(tmp => $ENV{HELIOS_TEST_TMP}, source => $Helios::Test::SOURCE,
        scale => $option{quick} ? 'quick' : 'full'),
}, 'Bench';

# False for a contestant that is missing, which is noted once, or not asked for.
sub Bench::takes_part {
    my ($bench, $contestant) = @_;
    return 0 if defined $bench->{match} && $contestant->id !~ /$bench->{match}/;
    my $missing = $bench->{asked}{ $contestant->id } //= $contestant->missing // '';
    $bench->{figures}->miss($contestant->title, $missing) if $missing ne '';
    return $missing eq '';
}

# What `code` gives. A failure of ours ends the run; that of another queue is noted, and it takes no
# further part.
sub Bench::attempt {
    my ($bench, $contestant, $code) = @_;
    my $result = eval { $code->() };
    return $result if $result;
    die $@ if !$contestant->isa('Bench::Contestant::Peer');
    my ($why) = $@ =~ /(.{1,300})/;
    $bench->progress($contestant->title . ": $@");
    $bench->{asked}{ $contestant->id } = "it failed: $why";
    $bench->{figures}->miss($contestant->title, "it failed: $why");
    return undef;
}

# What is going on, for whoever waits.
sub Bench::progress {
    my ($bench, $text) = @_;
    print STDERR "$text\n";
    return;
}

my @measures = (    # in the order of a run
    [throughput => sub { Bench::Measure::Throughput::measure($self, 'throughput',
            Bench::Field::noop_field($self)) }],
    [work => sub { Bench::Measure::Throughput::measure($self, 'work',
            Bench::Field::work_field($self)) }],
    [latency => sub { Bench::Measure::Latency::measure($self, Bench::Field::latency_field($self)) }],
    [enqueue => sub { Bench::Measure::Enqueue::measure($self) }],
    [backlog => sub { Bench::Measure::Backlog::measure($self) }],
    [operation => sub { Bench::Measure::Operation::measure($self) }],
    [idle => sub { Bench::Measure::Idle::measure($self) }],
    [instructions => sub { Bench::Measure::Instructions::measure($self) }],
);

# A path as whoever called run.sh meant it.
sub from_caller {
    my ($path) = @_;
    return $path =~ m{^/} ? $path : ($ENV{BENCH_CALLER} // '.') . "/$path";
}

# Those that were asked for. Instructions are the same at any scale and counted by a test of their own.
sub chosen {
    my ($only, $quick) = @_;
    return grep { !$quick || $_->[0] ne 'instructions' } @measures if !defined $only;
    my %known = map { $_->[0] => 1 } @measures;
    my %wanted = map { $_ => 1 } split /,/, $only;
    for my $name (grep { !$known{$_} } sort keys %wanted) {
        print STDERR "no measure is named $name; there are ", join(', ', map { $_->[0] } @measures),
            "\n";
        exit 64;
    }
    return grep { $wanted{ $_->[0] } } @measures;
}

END { my $status = $?; $self->{servers}->stop if $self && $$ == $Helios::Test::SCRIPT; $? = $status }

my @chosen = chosen($option{only}, $option{quick});
my $time = time;
my @conditions = conditions($ENV{HELIOS_TEST_TMP});
$ENV{HELIOS_TEST_SOCKET} = $self->{servers}->mariadb->{socket};
$_->[1]->() for @chosen;
push @conditions, map { ["$_->{name} $_->{version}", $_->{settings}] } $self->{servers}->started;

my %run = (
    time => $time, command => $command, scale => $option{quick} ? 'quick' : 'full',
    rounds => $self->{rounds}, conditions => \@conditions, figures => $self->{figures},
    ratios => [ratios($self->{figures})], others => [others($self->{figures})],
    targets => [targets($self->{figures}, $option{quick} ? 'quick' : 'full')],
);
print_json(from_caller($option{json}), \%run) if defined $option{json};
print_tables(\*STDOUT, \%run);
write_document($self, \%run, "$Helios::Test::SOURCE/docs") if $option{document};
