# SPDX-License-Identifier: MIT
package Bench::Servers;

# The one place that starts servers. Each is private to the run: data and socket in its temporary
# folder, started when first asked for, with durable settings. A server is a hash:
#
#   name, version, pid
#   settings     the ones that decide about durability, for the conditions of the run
#   and what its clients need: socket, dbh, url, address

use strict;
use warnings;

use DBI;
use IO::Socket::INET;
use POSIX ();

my %SIZE = (quick => '128M', full => '1G');    # of the cache of a database

sub new {
    my ($class, %option) = @_;    # tmp, source, scale (quick or full)
    return bless {%option, server => {}}, $class;
}

sub mariadb    { return $_[0]{server}{mariadb}    //= $_[0]->start_mariadb }
sub postgresql { return $_[0]{server}{postgresql} //= $_[0]->start_postgresql }
sub redis      { return $_[0]{server}{redis}      //= $_[0]->start_redis }
sub beanstalkd { return $_[0]{server}{beanstalkd} //= $_[0]->start_beanstalkd }
sub gearmand   { return $_[0]{server}{gearmand}   //= $_[0]->start_gearmand }

# ---- MariaDB ----

sub start_mariadb {
    my ($self) = @_;
    my $folder = "$self->{tmp}/mariadb";
    my @options = ('--innodb-flush-log-at-trx-commit=1', '--sync-binlog=1',
        "--innodb-buffer-pool-size=$SIZE{ $self->{scale} }",
        "--innodb-log-file-size=$SIZE{ $self->{scale} }", '--max-connections=400');
    system('sh', "$self->{source}/t/mariadb.sh", 'start', $folder, @options) == 0
        or die "no MariaDB\n";
    my %server = (name => 'MariaDB', folder => $folder, socket => "$folder/socket");
    chomp($server{pid} = slurp("$folder/pid"));
    my $dbh = $server{dbh} = DBI->connect("dbi:mysql:mysql_socket=$server{socket}", 'root', '',
        { RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1 });
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
    for (1 .. 1500) {
        my ($length) = $server->{dbh}->selectrow_array('SELECT count FROM '
                . "information_schema.INNODB_METRICS WHERE name = 'trx_rseg_history_len'");
        return if $length < 100;
        select undef, undef, undef, 0.02;
    }
    return;
}

# Counters of a server that has some: name => number.
sub counters {
    my ($server) = @_;
    return {} if !$server || $server->{name} ne 'MariaDB';
    return { map { @$_ } grep { $_->[1] =~ /^\d+$/ }
            @{ $server->{dbh}->selectall_arrayref('SHOW GLOBAL STATUS') } };
}

# ---- the servers of other queues ----

sub start_postgresql {
    my ($self) = @_;
    my $folder = "$self->{tmp}/postgresql";
    my ($bin) = sort { $b cmp $a } glob '/usr/lib/postgresql/*/bin';
    mkdir $folder;
    # It refuses to run as root.
    my @as = $> == 0 ? ('setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups') : ();
    chown((getpwnam 'postgres')[2, 3], $folder) if @as;
    quietly($folder, @as, "$bin/initdb", '-D', "$folder/data", '-U', 'postgres', '-A', 'trust',
        '-E', 'UTF8', '--locale=C.UTF-8');
    my $pid = background("$folder.log", @as, "$bin/postgres", '-D', "$folder/data", '-k', $folder,
        '-c', 'listen_addresses=', '-c', "shared_buffers=$SIZE{ $self->{scale} }B",
        '-c', 'max_wal_size=4GB', '-c', 'max_connections=200');
    my $dsn = "dbi:Pg:dbname=postgres;host=$folder;user=postgres";
    my $dbh = await($pid, "$folder.log", sub { DBI->connect($dsn, '', '',
            { RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1 }) });
    my %is = map { $_ => $dbh->selectrow_array("SHOW $_") }
        qw(server_version synchronous_commit fsync full_page_writes shared_buffers);
    return { name => 'PostgreSQL', version => delete $is{server_version}, pid => $pid, dbh => $dbh,
        folder => $folder, stop => 'INT', settings => join ' ', map { "$_=$is{$_}" } sort keys %is };
}

# A new database: its URL.
sub postgresql_database {
    my ($self) = @_;
    my $server = $self->postgresql;
    my $name = 'bench_' . ++$server->{databases};
    $server->{dbh}->do("CREATE DATABASE $name");
    (my $host = $server->{folder}) =~ s{/}{%2F}g;
    return "postgresql://postgres\@$host/$name";
}

sub start_redis {
    my ($self) = @_;
    my $folder = "$self->{tmp}/redis";
    mkdir $folder;
    my $socket = "$folder/socket";
    my $pid = background("$folder.log", 'redis-server', '--port', 0, '--unixsocket', $socket,
        '--dir', $folder, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '');
    await($pid, "$folder.log", sub { -S $socket });
    my ($version) = qx(redis-server --version) =~ /v=(\S+)/;
    return { name => 'Redis', version => $version, pid => $pid, socket => $socket, stop => 'TERM',
        settings => 'appendonly=yes appendfsync=always' };
}

sub start_beanstalkd {
    my ($self) = @_;
    my $folder = "$self->{tmp}/beanstalkd";
    mkdir $folder;
    my $socket = "$folder/socket";
    my $pid = background("$folder.log", 'beanstalkd', '-l', "unix:$socket", '-b', $folder, '-f0');
    await($pid, "$folder.log", sub { -S $socket });
    my ($version) = qx(beanstalkd -v) =~ /(\d\S*)/;
    return { name => 'beanstalkd', version => $version, pid => $pid, socket => $socket,
        stop => 'TERM', settings => '-b -f0 (fsync of each write to its log)' };
}

# Its queue is a table of our MariaDB, whose socket it learns from its section of ~/.my.cnf.
sub start_gearmand {
    my ($self) = @_;
    my $mariadb = $self->mariadb;
    $mariadb->{dbh}->do('CREATE DATABASE IF NOT EXISTS gearman');
    my $port = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport;
    my $folder = "$self->{tmp}/gearmand";
    mkdir $folder;
    Helios::Test::spew("$folder/.my.cnf", "[gearmand]\nsocket=$mariadb->{socket}\n");
    local $ENV{HOME} = $folder;
    my $pid = background("$folder.log", 'gearmand', '-L', '127.0.0.1', '-p', $port,
        '-t', 4, '-l', 'stderr', '-P', "$folder/pid", '-q', 'MySQL',
        '--mysql-host=localhost', '--mysql-user=root', '--mysql-db=gearman',
        '--mysql-table=gearman_queue');
    await($pid, "$folder.log", sub { IO::Socket::INET->new("127.0.0.1:$port") });
    my ($version) = qx(gearmand --version) =~ /(\d+\.\S+)/;
    return { name => 'gearmand', version => $version, pid => $pid, address => "127.0.0.1:$port",
        stop => 'TERM', settings => '-q MySQL, in the MariaDB of this run' };
}

# ---- processes ----

sub quietly {
    my ($folder, @command) = @_;
    my $pid = background("$folder.log", @command);
    waitpid $pid, 0;
    die "$command[0]: " . slurp("$folder.log") if $?;
    return;
}

# A server that does not outlive this script.
sub background {
    my ($log, @command) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
    open STDIN,  '<',  '/dev/null' or POSIX::_exit(126);
    open STDOUT, '>>', $log        or POSIX::_exit(126);
    open STDERR, '>&', \*STDOUT    or POSIX::_exit(126);
    POSIX::setpgid(0, 0);
    exec 'setpriv', '--pdeathsig', 'TERM', @command or POSIX::_exit(127);
}

sub await {
    my ($pid, $log, $check) = @_;
    for (1 .. 600) {
        my $value = eval { $check->() };
        return $value if $value;
        last if waitpid($pid, POSIX::WNOHANG()) == $pid;
        select undef, undef, undef, 0.05;
    }
    kill KILL => $pid;
    waitpid $pid, 0;
    die "a server does not answer: " . slurp($log);
}

# Seconds of processor time that a server has used, its processes that live or have ended included.
sub cpu {
    my ($pid) = @_;
    my $sum = cpu_of($pid);
    $sum += cpu_of($_->{pid}) for Helios::Test::children($pid);
    return $sum;
}

sub cpu_of {
    my ($pid) = @_;
    my $stat = slurp("/proc/$pid/stat") // return 0;
    my @field = split ' ', ($stat =~ /\) (.*)/s)[0];
    my $sum = 0;
    $sum += $_ for @field[11 .. 14];
    return $sum / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

sub started { return sort { $a->{name} cmp $b->{name} } grep { $_ } values %{ $_[0]{server} } }

sub stop {
    my ($self) = @_;
    for my $name (qw(gearmand beanstalkd redis postgresql)) {
        my $server = delete $self->{server}{$name} or next;
        $server->{dbh}->disconnect if $server->{dbh};
        kill $server->{stop} => $server->{pid};
        for (1 .. 100) {
            last if waitpid($server->{pid}, POSIX::WNOHANG()) != 0;
            select undef, undef, undef, 0.1;
            kill KILL => $server->{pid} if $_ == 99;
        }
    }
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
