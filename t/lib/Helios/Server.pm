# SPDX-License-Identifier: MIT
package Helios::Server;

# A MariaDB of a script's own, which the script may kill, stop and misconfigure: the shared one
# serves other tests. Gone when the script ends, however it ends.
#
#   my $server = Helios::Server->new;          # skips the script where there is no mariadbd
#   local $ENV{HELIOS_TEST_SOCKET} = $server->socket;

use strict;
use warnings;

use DBI;
use File::Temp qw(tempdir);
use POSIX ();
use Helios::Test;

my @servers;

END {
    my $status = $?;
    if ($$ == $Helios::Test::SCRIPT) { $_->destroy for @servers }
    $? = $status;
}

# Options: clock => 1 makes the server's clock one that set_clock() moves (libfaketime, or the
# script is skipped); options => [...] of mariadbd.
sub new {
    my ($class, %option) = @_;
    $ENV{PATH} .= ':/usr/sbin';
    Test::More::plan(skip_all => 'needs mariadbd') if !grep { -x "$_/mariadbd" } split /:/, $ENV{PATH};
    my $parent = tempdir('helios-server-XXXXXX', DIR => $ENV{HELIOS_TEST_TMP} // $ENV{TMPDIR} // '/tmp');
    my $self = bless { parent => $parent, folder => "$parent/m", options => $option{options} // [] }, $class;
    if ($option{clock}) {
        my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
        Test::More::plan(skip_all => 'needs libfaketime') if !$library;
        $self->{clock} = "$parent/clock";
        $self->{environment} = { LD_PRELOAD => $library, FAKETIME_TIMESTAMP_FILE => $self->{clock},
            FAKETIME_NO_CACHE => 1, FAKETIME_DONT_FAKE_MONOTONIC => 1 };
        $self->set_clock(0);
    }
    push @servers, $self;
    $self->start or die "the server does not start: " . (slurp("$self->{folder}/log") // '');
    return $self;
}

sub socket { return "$_[0]{folder}/socket" }
sub pid    { return ((slurp("$_[0]{folder}/pid") // '') =~ /(\d+)/)[0] }

# Seconds ahead of the host's clock.
sub set_clock {
    my ($self, $ahead) = @_;
    spew("$self->{clock}.new", sprintf "%+d\n", $ahead);
    rename "$self->{clock}.new", $self->{clock} or die "$self->{clock}: $!";
    return;
}

sub launch {
    my ($self, $verb) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
        open STDERR, '>>', "$self->{parent}/err" or POSIX::_exit(126);
        my $environment = $self->{environment} // {};
        # Only the server's own: under it a shell would wait for a clock that stands still.
        my @env = map { "--env=$_=$environment->{$_}" } sort keys %$environment;
        exec 'sh', "$Helios::Test::SOURCE/t/mariadb.sh", $verb, $self->{folder}, @env, @{ $self->{options} }
            or POSIX::_exit(127);
    }
    return $pid;
}

# Starts the server on what is there, with other options if there are any; true when it answers.
sub start {
    my ($self, @options) = @_;
    $self->{options} = [@options] if @options;
    waitpid $self->launch('start'), 0;
    return $? == 0;
}

# Ends it as a power cut does, or in order.
sub crash     { return $_[0]->end_by('KILL') }
sub shut_down { return $_[0]->end_by('TERM') }

sub end_by {
    my ($self, $signal) = @_;
    my $pid = $self->pid // return;
    kill $signal => $pid;
    select undef, undef, undef, 0.01 while alive($pid);
    return;
}

sub connect {
    my ($self) = @_;
    return DBI->connect("dbi:mysql:mysql_socket=" . $self->socket . ';mysql_connect_timeout=5', 'root', '',
        { RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1 });
}

# All that run on its files: a second one that could not start may have taken the pid file with it.
sub processes {
    my ($self) = @_;
    my $mark = "--socket=" . $self->socket . "\0";
    return grep { index(slurp("/proc/$_/cmdline") // '', $mark) >= 0 && alive($_) } map { m{(\d+)} } glob '/proc/[0-9]*';
}

sub destroy {
    my ($self) = @_;
    kill KILL => $_ for $self->processes;    # its files go with it
    select undef, undef, undef, 0.02 while $self->processes;
    waitpid $self->launch('stop'), 0;
    require File::Path;
    File::Path::remove_tree($self->{parent}) if !$ENV{HELIOS_TEST_KEEP};
    return;
}

1;
