# SPDX-License-Identifier: MIT
package Helios::Cli;

# What the tests of the command line share: a run and what it must have printed, in one call.

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

use Helios::Test;

our @EXPORT = qw(says historical on_terminal stored_text EX_USAGE EX_DATAERR EX_NOINPUT EX_UNAVAILABLE
    EX_OSERR EX_IOERR EX_NOPERM EX_CONFIG);

use constant {
    EX_USAGE => 64, EX_DATAERR => 65, EX_NOINPUT => 66, EX_UNAVAILABLE => 69,
    EX_OSERR => 71, EX_IOERR => 74, EX_NOPERM => 77, EX_CONFIG => 78,
};

# says($t, 'what is tested', [words of the command], { out, err, exit, ... });
# `out` and `err` are texts or patterns and '' when not given; `exit` is 0 when not given. The
# rest of the hash goes to spawn(). Words that begin with a historical name run that program.
sub says {
    my ($t, $what, $words, $expect) = @_;
    my %expect = (out => '', err => '', exit => 0, %{ $expect // {} });
    my @words = @$words;
    my $program = @words && $words[0] =~ /^helios_/ ? historical(shift @words) : $t->program('helios');
    my $run = $t->run([$program, @words], map { $_ => $expect{$_} } grep { !/^(out|err|exit)$/ } keys %expect);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest $what => sub {
        is($run->{signal}, 0, 'no signal');
        is($run->{exit}, $expect{exit}, 'exit code');
        for ([stdout => $expect{out}], [stderr => $expect{err}]) {
            my ($stream, $text) = @$_;
            if (ref $text) { like($run->{$stream}, $text, $stream) }
            else           { is($run->{$stream}, $text, $stream) }
        }
    };
    return $run;
}

# Runs `helios WORDS` on a terminal of its own, with `typed` as its input; `screen` is what appeared.
# To be called in a block named SKIP, which it leaves where there are no terminals: a bare chroot has
# no devpts.
sub on_terminal {
    my ($t, $columns, $words, $typed, %env) = @_;
    skip('no pseudo-terminals here', 1) if $t->run(['script', '-qec', 'true', '/dev/null'])->{exit};
    my $quoted = join ' ', map { "'$_'" } $t->program('helios'), @$words;
    my $run = $t->run(['script', '-qec', "stty cols $columns rows 24 -echo; $quoted", '/dev/null'],
        stdin => $typed, env => { TERM => 'xterm', NO_COLOR => undef, SHELL => '/bin/sh', %env });
    $run->{screen} = $run->{stdout};
    return $run;
}

sub historical { return "$Helios::Test::BUILD/daemon/ctl/$_[0]" }

# What a Perl worker would see: the only element of the list in the column.
sub stored_text {
    my ($t, $jobid) = @_;
    require Storable;
    my $list = Storable::thaw($t->job($jobid)->{arg});
    return ref $list eq 'ARRAY' && @$list == 1 ? $list->[0] : undef;
}

1;
