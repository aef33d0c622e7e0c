# SPDX-License-Identifier: MIT
package Bench::Figures;

# What was measured: figures, each with the values of all rounds, found by measure and contestant.
#
#   measure, id     together the name that never changes, "throughput" and "idempotent/mysql/4"
#   title           the contestant for people
#   unit            of the values
#   values          one of each round, in order
#   better          "more" or "less"
#   details         further numbers of the same runs: name => median
#   note            what a reader must know to compare fairly

use strict;
use warnings;

sub new { return bless { list => [], by_name => {}, missing => {} }, $_[0] }

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return undef if !@sorted;
    return @sorted % 2 ? $sorted[$#sorted / 2] : ($sorted[@sorted / 2 - 1] + $sorted[@sorted / 2]) / 2;
}

sub add {
    my ($self, %figure) = @_;
    my $name = "$figure{measure} $figure{id}";
    my $at = $self->{by_name}{$name};
    if (!$at) {
        $at = { better => 'more', note => '', %figure, values => [], detail_values => {} };
        delete @$at{qw(value details)};
        push @{ $self->{list} }, $at;
        $self->{by_name}{$name} = $at;
    }
    push @{ $at->{values} }, $figure{value};
    my $details = $figure{details} // {};
    push @{ $at->{detail_values}{$_} }, $details->{$_} for keys %$details;
    return;
}

# A contestant that could not take part, and why.
sub miss {
    my ($self, $title, $reason) = @_;
    $self->{missing}{$title} = $reason;
    return;
}

sub missing { return $_[0]{missing} }

sub all {
    my ($self, $measure) = @_;
    return grep { !defined $measure || $_->{measure} eq $measure } @{ $self->{list} };
}

sub measures {
    my ($self) = @_;
    my %seen;
    return grep { !$seen{$_}++ } map { $_->{measure} } @{ $self->{list} };
}

# The median of a figure, or undef if it was not measured.
sub value {
    my ($self, $measure, $id) = @_;
    my $at = $self->{by_name}{"$measure $id"} // return undef;
    return median(@{ $at->{values} });
}

# What one contestant is to another: the median of the quotients of each round, as a machine may be a
# third slower in one round than in the next. With `detail` of that instead of the figure itself.
sub ratio {
    my ($self, $measure, $of, $to, $detail) = @_;
    my ($x, $y) = map {
        my $at = $self->{by_name}{"$measure $_"} // return undef;
        defined $detail ? $at->{detail_values}{$detail} // return undef : $at->{values}
    } $of, $to;
    return median(map { $x->[$_] / $y->[$_] } grep { $x->[$_] && $y->[$_] } 0 .. $#$x);
}

sub detail {
    my ($self, $measure, $id, $detail) = @_;
    my $at = $self->{by_name}{"$measure $id"} // return undef;
    return median(@{ $at->{detail_values}{$detail} // [] });
}

# For JSON.
sub plain {
    my ($self) = @_;
    return [map {
        my $at = $_;
        my @sorted = sort { $a <=> $b } @{ $at->{values} };
        +{
            (map { $_ => $at->{$_} } qw(measure id title unit better note)),
            values  => [map { $_ + 0 } @{ $at->{values} }],
            median  => median(@sorted) + 0, low => $sorted[0] + 0, high => $sorted[-1] + 0,
            details => { map { $_ => median(@{ $at->{detail_values}{$_} }) + 0 }
                    keys %{ $at->{detail_values} } },
        }
    } @{ $self->{list} }];
}

1;
