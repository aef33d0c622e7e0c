# SPDX-License-Identifier: MIT
package Bench::Contestant::Peer;

# Another queue: a program of peers/ that knows the subcommands of peers/peer.mjs, or, in C, those of
# peers/client.h, which take a number of connections.
#
# Fields: command (list); needs (programs that have to be there) and package (what has them);
# fresh (code that makes an empty queue and gives environment variables); server_name;
# processes (how many times `work` is started); connections (in C).

use strict;
use warnings;
use parent -norequire, 'Bench::Contestant';

use POSIX ();

use Bench::Runs qw(fresh_runs read_runs count_runs);

sub missing {
    my ($self) = @_;
    for my $program (@{ $self->{needs} }) {
        next if $program =~ m{^/} ? -e $program : grep { -x "$_/$program" } split /:/, $ENV{PATH};
        return "$program is not there ($self->{package})";
    }
    return undef if eval { $self->server; 1 };
    return "its server does not start: $@";
}

sub server { my ($self) = @_; my $name = $self->{server_name}; return $self->{servers}->$name }

# Starts a subcommand; gives its process id and the path of what it prints.
sub start {
    my ($self, @arguments) = @_;
    my $out = sprintf '%s/peer.%d', $ENV{HELIOS_TEST_TMP}, ++$self->{outputs};
    my $pid = fork // die "fork: $!";
    return ($pid, $out) if $pid;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
    $ENV{$_} = $self->{env}{$_} for keys %{ $self->{env} };
    open STDOUT, '>', $out      or POSIX::_exit(126);
    open STDERR, '>', "$out.err" or POSIX::_exit(126);
    my @command = map { ref $_ ? $_->() : $_ } @{ $self->{command} };
    exec 'setpriv', '--pdeathsig', 'KILL', @command, @arguments or POSIX::_exit(127);
}

# The same to its end; gives what it prints.
sub run {
    my ($self, @arguments) = @_;
    return $self->ended($self->start(@arguments));
}

sub ended {
    my ($self, $pid, $out) = @_;
    waitpid $pid, 0;
    my ($text, $error) = map { Helios::Test::slurp($_) // '' } $out, "$out.err";
    unlink $out, "$out.err";
    die $self->id . ": $error" if $?;
    return $text;
}

sub connections { my ($self) = @_; return $self->{connections} // () }

sub prepare {
    my ($self, $jobs) = @_;
    $self->{runs} = fresh_runs();
    $self->{env} = { %{ $self->{settings} // {} }, $self->{fresh}->() };
    $self->run('fill', $jobs);
    return;
}

sub drain {
    my ($self) = @_;
    my @started = map { [$self->start('work', $self->connections, $self->{runs})] }
        1 .. $self->{processes};
    $self->ended(@$_) for @started;
    return;
}

sub verify {
    my ($self, $jobs) = @_;
    my ($runs, $distinct) = count_runs($self->{runs});
    $self->must($self->run('left') + 0, 0, 'jobs left');
    $self->must($distinct, $jobs, 'jobs that were run');
    $self->must($runs, $jobs, 'runs');
    return;
}

# ---- latency ----

sub serve {
    my ($self) = @_;
    $self->prepare(0);
    $self->{commits} = fresh_runs();
    my ($pid, $out) = $self->start('serve', $self->connections, $self->{runs});
    $self->{serving} = [$pid, $out];
    for (1 .. 1000) {
        return if (Helios::Test::slurp($out) // '') =~ /ready/;
        select undef, undef, undef, 0.02;
    }
    die $self->id . ': does not serve: ' . Helios::Test::slurp("$out.err");
}

sub offer {
    my ($self, $rate, $jobs) = @_;
    $self->run('offer', $rate, $jobs, $self->{commits});
    return;
}

sub finish {
    my ($self, $jobs) = @_;
    for (1 .. 500) {
        last if -s $self->{runs} >= 16 * $jobs;
        select undef, undef, undef, 0.02;
    }
    my ($pid, $out) = @{ delete $self->{serving} };
    kill TERM => $pid;
    waitpid $pid, 0;
    unlink $out, "$out.err";
    return @$self{qw(commits runs)};
}

sub clear {
    my ($self) = @_;
    unlink grep { defined } delete @$self{qw(runs commits)};
    return;
}

1;
