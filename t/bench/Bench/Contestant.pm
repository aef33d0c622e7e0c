# SPDX-License-Identifier: MIT
package Bench::Contestant;

# What every contestant is to a measure. A contestant has
#
#   id        a short name that never changes: figures are found by it
#   title     for people
#   note      what a reader must know to compare fairly
#
# and does, in this order, prepare($jobs), drain, verify($jobs), clear. drain() returns when the
# last job is done; it may include the start of its processes, which is measured on an empty queue
# and subtracted for everybody alike.

use strict;
use warnings;

sub new {
    my ($class, %field) = @_;
    return bless {%field}, $class;
}

sub id      { return $_[0]{id} }
sub title   { return $_[0]{title} }
sub note    { return $_[0]{note} // '' }
sub workers { return $_[0]{workers} }

# Why it cannot run here, or undef.
sub missing { return undef }

# The server (Bench::Servers) whose processor time and counters belong to it, or undef.
sub server { return undef }

# Dies unless what was expected holds.
sub must {
    my ($self, $is, $expected, $what) = @_;
    return if $is == $expected;
    die sprintf "%s: %s: %s, expected %s\n", $self->id, $what, $is, $expected;
}

1;
