# SPDX-License-Identifier: MIT
package Helios::Schwartz;

# Perl's TheSchwartz as a peer of the daemon on the database of a Helios::Test: clients, and
# workers in processes of their own. Tests that use it are skipped where it is not installed.

use strict;
use warnings;

use Exporter qw(import);
use POSIX ();
use Test::More;

our @EXPORT = qw(perl_client perl_process perl_drain append_line);

if (!eval { require TheSchwartz; require TheSchwartz::Worker; 1 }) {
    print "1..0 # SKIP needs TheSchwartz\n";
    Test::More->builder->no_ending(1);
    exit 77;
}

# The worker classes are named as the toy services and have their rules. What a job does is
# decided by the test: $Helios::Schwartz::work->($job).
our $work = sub { $_[0]->completed };
our $retry_delay = 1;

package Helios::Schwartz::Worker {
    our @ISA = ('TheSchwartz::Worker');
    sub work        { $Helios::Schwartz::work->($_[1]); return }
    sub max_retries { 2 }
    sub retry_delay { $Helios::Schwartz::retry_delay }
}
@Toy::Service::ISA = ('Helios::Schwartz::Worker');
@Toy::Hour::ISA    = ('Helios::Schwartz::Worker');
@Toy::Keep::ISA    = ('Helios::Schwartz::Worker');
sub Toy::Keep::keep_exit_status_for { 3600 }

# A client that is able to do the service's jobs. `driver` is that of its DBI handle.
sub perl_client {
    my ($t, %option) = @_;
    my $dsn = $t->{dsn};
    if (my $driver = $option{driver}) {
        $dsn =~ s/^dbi:mysql:/dbi:$driver:/;
        $dsn =~ s/mysql_socket/\L$driver\E_socket/;
    }
    my $client = TheSchwartz->new(verbose => 0, driver_cache_expiration => 60,
        databases => [{ dsn => $dsn, user => $t->sqlite ? '' : 'root', pass => '' }]);
    $client->can_do($t->service);
    return $client;
}

# Runs `code` with a client in a process of its own; gives what Helios::Test's collect() takes.
sub perl_process {
    my ($t, $code) = @_;
    my $pid = fork // die "fork: $!";
    return { pid => $pid, command => 'Perl', out => '/dev/null', err => '/dev/null' } if $pid;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
    my $ok = eval { $code->(perl_client($t)); 1 };
    print STDERR $@ if !$ok;
    POSIX::_exit($ok ? 0 : 1);
}

# Works until no job is due, with `$work` as it is now.
sub perl_drain {
    my ($t) = @_;
    my $worker = $t->collect(perl_process($t, sub { $_[0]->work_until_done }), 30);
    is($worker->{exit}, 0, 'the Perl worker has ended');
    return;
}

# Appending less than a page is atomic.
sub append_line {
    my ($path, $line) = @_;
    open my $fh, '>>:raw', $path or die "$path: $!";
    syswrite $fh, "$line\n";
    close $fh;
    return;
}

1;
