# SPDX-License-Identifier: MIT
package Bench::Servers;

# The one place that starts servers. Each is private to the run: data and socket in its temporary
# folder, started when first asked for, durable settings that are read back from the running
# server. A server is a hash: pid, settings (text), and what its clients need.

use strict;
use warnings;

use DBI;
use POSIX ();

my %SIZE = (quick => '128M', full => '1G');    # of the cache of a database

sub new {
    my ($class, %option) = @_;    # tmp, source, scale (quick or full)
    return bless {%option, server => {}}, $class;
}

sub mariadb {
    my ($self) = @_;
    return $self->{server}{mariadb} //= $self->start_mariadb;
}

sub start_mariadb {
    my ($self) = @_;
    my $folder = "$self->{tmp}/mariadb";
    my @options = ('--innodb-flush-log-at-trx-commit=1', '--sync-binlog=1',
        "--innodb-buffer-pool-size=$SIZE{ $self->{scale} }",
        "--innodb-log-file-size=$SIZE{ $self->{scale} }", '--max-connections=400');
    system('sh', "$self->{source}/t/mariadb.sh", 'start', $folder, @options) == 0
        or die "no MariaDB\n";
    my %server = (name => 'MariaDB', folder => $folder, socket => "$folder/socket");
    chomp($server{pid} = Bench::Servers::slurp("$folder/pid"));
    my $dbh = $server{dbh} = DBI->connect("dbi:mysql:mysql_socket=$server{socket}", 'root', '',
        { RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1, mysql_auto_reconnect => 0 });
    my %is = map { @$_ } @{ $dbh->selectall_arrayref('SHOW GLOBAL VARIABLES') };
    $server{version} = $is{version};
    $server{settings} = join ' ', map { "$_=$is{$_}" } qw(innodb_flush_log_at_trx_commit sync_binlog
        log_bin binlog_format innodb_buffer_pool_size innodb_flush_method);
    return \%server;
}

# Waits, at most 30 s, until rows deleted before are purged: they are the debt of whoever deleted
# them and must not slow down whoever comes next.
sub settle {
    my ($self) = @_;
    my $server = $self->{server}{mariadb} or return;
    for (1 .. 300) {
        my ($length) = $server->{dbh}->selectrow_array('SELECT count FROM '
                . "information_schema.INNODB_METRICS WHERE name = 'trx_rseg_history_len'");
        return if $length < 100;
        select undef, undef, undef, 0.1;
    }
    return;
}

# Counters of a server that has some: name => number.
sub counters {
    my ($server) = @_;
    return {} if !$server || !$server->{dbh};
    return { map { @$_ } grep { $_->[1] =~ /^\d+$/ }
            @{ $server->{dbh}->selectall_arrayref('SHOW GLOBAL STATUS') } };
}

# Seconds of processor time that a process has used.
sub cpu {
    my ($pid) = @_;
    my $stat = slurp("/proc/$pid/stat") // return 0;
    my @field = split ' ', ($stat =~ /\) (.*)/s)[0];
    return ($field[11] + $field[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

sub started { return sort { $a->{name} cmp $b->{name} } values %{ $_[0]{server} } }

sub stop {
    my ($self) = @_;
    if (my $server = delete $self->{server}{mariadb}) {
        $server->{dbh}->disconnect;
        system 'sh', "$self->{source}/t/mariadb.sh", 'stop', $server->{folder};
    }
    return;
}

sub slurp {
    my ($path) = @_;
    open my $fh, '<:raw', $path or return undef;
    local $/;
    return scalar <$fh>;
}

1;
