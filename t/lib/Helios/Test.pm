# SPDX-License-Identifier: MIT
package Helios::Test;

# One collective of its own for a test script: a temporary folder with helios.ini, a database on
# the store named by HELIOS_TEST_STORE, and the programs of the build folder run against it.
# Everything it started is gone when the script ends, however it ends.
#
#   my $t = Helios::Test->new(global => { MAX_WORKERS => 2 });
#   my @ids = $t->submit(map { { action => 'complete' } } 1 .. 10);
#   my $daemon = $t->start;
#   $t->wait_for(sub { $t->count('job') == 0 }, 10, 'the queue to be empty');
#   $t->stop($daemon);
#   $t->finish;

use strict;
use warnings;

use Cwd qw(abs_path);
use DBI;
use Errno qw(EINTR);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use POSIX qw(:sys_wait_h);
use Storable qw(nfreeze);
use Sys::Hostname qw(hostname);
use Test::More;
use Time::HiRes qw(time);

our @EXPORT = qw(slurp spew alive children now);

our $SOURCE = abs_path(dirname(__FILE__) . '/../../..');
our $BUILD  = $ENV{HELIOS_BUILD} // "$SOURCE/build/test";

my @tests;             # all collectives of this script
my %ours;              # pid => 1: children of this script that are not reaped yet
our $SCRIPT = $$;      # a forked helper of the test must not clean up

STDOUT->autoflush(1);
STDERR->autoflush(1);
$SIG{$_} = sub { exit 143 } for qw(INT TERM HUP);
$SIG{PIPE} = 'IGNORE';

# Deadlines are meant for a machine that does nothing else: only failures wait longer for this.
my $PATIENCE = 6;

# The script's own time limit, a little before ctest's: it can say where it was and clean up.
my $limit = ($ENV{HELIOS_TEST_ALARM} // 60) - 5;
$SIG{ALRM} = sub {
    require Carp;
    diag(Carp::longmess("the script's time limit of $limit s has passed"));
    $_->diagnose for @tests;
    exit 1;
};
alarm $limit;

END {
    my $status = $?;
    if ($$ == $SCRIPT) {
        alarm 0;
        $SIG{$_} = 'IGNORE' for qw(INT TERM HUP);
        if ($status) { $_->diagnose for @tests }
        $_->destroy for my @all = @tests;
        $? = $status;
    }
}

# ---- plain helpers ----

sub slurp {
    my ($path) = @_;
    open my $fh, '<:raw', $path or return undef;
    local $/;
    return scalar <$fh>;
}

sub spew {
    my ($path, $text) = @_;
    open my $fh, '>:raw', $path or die "$path: $!";
    print $fh $text;
    close $fh or die "$path: $!";
    return $path;
}

sub now() { return time }

# True while a process runs; one that has ended and waits to be reaped does not.
sub alive {
    my ($pid) = @_;
    return 0 if !$pid;
    my $stat = slurp("/proc/$pid/stat") // return 0;
    return $stat =~ /\) [^ZX]/ ? 1 : 0;
}

# The live children of a process: ({ pid, title }, ...) in order of pid.
sub children {
    my ($parent) = @_;
    my @found;
    for my $path (glob '/proc/[0-9]*/stat') {
        my $stat = slurp($path) // next;
        my ($pid, $state, $ppid) = $stat =~ /^(\d+) \(.*\) (\S) (\d+)/s or next;
        next if $ppid != $parent || $state =~ /[ZX]/;
        my $title = slurp("/proc/$pid/cmdline") // next;
        $title =~ tr/\0/ /;
        $title =~ s/\s+$//;
        push @found, { pid => $pid, title => $title };
    }
    return sort { $a->{pid} <=> $b->{pid} } @found;
}

# ---- the collective ----

# Options: service (default Toy::Service), global and section (hashes of ini values), schema => 0
# to leave the database empty, store to override HELIOS_TEST_STORE.
sub new {
    my ($class, %option) = @_;
    my $self = bless {
        service => $option{service} // 'Toy::Service',
        store   => $option{store} // $ENV{HELIOS_TEST_STORE} // 'sqlite',
        host    => hostname(),
        runs    => 0,
    }, $class;
    $self->{tmp} = tempdir('helios-XXXXXX', DIR => $ENV{HELIOS_TEST_TMP} // $ENV{TMPDIR} // '/tmp');
    $self->{tmp} = abs_path($self->{tmp});
    chmod 0755, $self->{tmp};
    push @tests, $self;
    make_path("$self->{tmp}/run", "$self->{tmp}/sanitizer");
    $self->create_database;
    $self->write_ini(%option);
    $self->command_ok('schema', 'init') if $option{schema} // 1;
    return $self;
}

sub tmp     { return $_[0]{tmp} }
sub service { return $_[0]{service} }
sub host    { return $_[0]{host} }
sub store   { return $_[0]{store} }
sub ini     { return "$_[0]{tmp}/helios.ini" }
sub sqlite  { return $_[0]{store} eq 'sqlite' }

sub create_database {
    my ($self) = @_;
    if ($self->sqlite) {
        $self->{dsn} = "dbi:SQLite:dbname=$self->{tmp}/collective.db";
        return;
    }
    my $socket = $ENV{HELIOS_TEST_SOCKET};
    if (!$socket) {
        print "1..0 # SKIP HELIOS_TEST_SOCKET names no server\n";
        Test::More->builder->no_ending(1);
        exit 77;
    }
    $self->{database} = sprintf 'helios_%d_%06x', $$, int rand 1 << 24;
    $self->{admin} = DBI->connect("dbi:mysql:mysql_socket=$socket", 'root', '',
        { RaiseError => 1, PrintError => 0, AutoInactiveDestroy => 1 });
    $self->{admin}->do("CREATE DATABASE $self->{database} CHARACTER SET utf8mb4");
    $self->{dsn} = "dbi:mysql:database=$self->{database};mysql_socket=$socket";
    return;
}

# Writes helios.ini anew; `global` and `section` add to what every test has or replace it.
sub write_ini {
    my ($self, %option) = @_;
    my %global = (
        dsn          => $self->{dsn},
        user         => $self->sqlite ? '' : 'root',
        password     => '',
        service_path => "$BUILD/t/plugins:$BUILD/plugins",
        pid_path     => "$self->{tmp}/run",
        zero_sleep_interval  => 1,
        zero_launch_interval => 1,
        # Looks are no rarer than registrations, whatever else tells the daemon of changes.
        registration_interval => 1,
        WAKE => $ENV{HELIOS_TEST_WAKE},
        %{ $option{global} // {} },
    );
    my $text = "[global]\n";
    $text .= "$_=$global{$_}\n" for grep { defined $global{$_} } sort keys %global;
    $text .= "[$self->{service}]\n";
    $text .= "$_=$option{section}{$_}\n" for sort keys %{ $option{section} // {} };
    spew($self->ini, $text);
    chmod 0600, $self->ini;
    return;
}

# A file system of its own over a folder of the temporary one, which is made if it is not there; undef
# where that is not allowed.
sub mount_disk {
    my ($self, $name, $size) = @_;
    my $path = "$self->{tmp}/$name";
    make_path($path);
    return undef if system("mount -t tmpfs -o size=$size,mode=755 none $path 2>/dev/null") != 0;
    push @{ $self->{mounted} }, $path;
    return $path;
}

# Leaves no byte on it; what takes the space is the file `filler`.
sub fill_disk {
    my ($path) = @_;
    open my $fh, '>>', "$path/filler" or die "$path: $!";
    for my $size (65536, 512) { 1 while syswrite $fh, 'x' x $size }
    close $fh;
    return;
}

# ---- the database ----

sub dbh {
    my ($self) = @_;
    return $self->{dbh} //= $self->connect_database;
}

sub connect_database {
    my ($self) = @_;
    my $dbh = DBI->connect($self->{dsn}, $self->sqlite ? ('', '') : ('root', ''),
        { RaiseError => 1, PrintError => 0, AutoCommit => 1, AutoInactiveDestroy => 1 });
    $dbh->sqlite_busy_timeout(20_000) if $self->sqlite;
    return $dbh;
}

# Each takes a statement and its values: the number of rows changed, one value, one row as a hash,
# all rows as hashes.
sub sql {
    my ($self, $sql, @bind) = @_;
    return $self->dbh->do($sql, undef, @bind);
}

sub one {
    my ($self, $sql, @bind) = @_;
    return ($self->dbh->selectrow_array($sql, undef, @bind))[0];
}

sub row {
    my ($self, $sql, @bind) = @_;
    return $self->dbh->selectrow_hashref($sql, undef, @bind);
}

sub rows {
    my ($self, $sql, @bind) = @_;
    return @{ $self->dbh->selectall_arrayref($sql, { Slice => {} }, @bind) };
}

sub count {
    my ($self, $table, $where, @bind) = @_;
    return $self->one("SELECT COUNT(*) FROM $table" . ($where ? " WHERE $where" : ''), @bind);
}

sub job {
    my ($self, $id) = @_;
    return $self->row('SELECT * FROM job WHERE jobid=?', $id);
}

sub history {
    my ($self, $id) = @_;
    return $self->rows(
        'SELECT * FROM helios_job_history_tb WHERE jobid=? ORDER BY complete_time', $id);
}

# The messages of the error rows of a job.
sub errors {
    my ($self, $id) = @_;
    return map { $_->{message} }
        $self->rows('SELECT message FROM error WHERE jobid=? ORDER BY error_time', $id);
}

# Messages of the log table, oldest first; with a pattern those that match.
sub log_rows {
    my ($self, $pattern) = @_;
    my $order = $self->sqlite ? 'rowid' : 'log_time';
    my @text = map { $_->{message} }
        $self->rows("SELECT message FROM helios_log_tb ORDER BY $order");
    return defined $pattern ? grep { $_ =~ $pattern } @text : @text;
}

sub set_param {
    my ($self, $param, $value, $host) = @_;
    $host //= '*';
    my $alone = $self->dbh->{AutoCommit};
    $self->dbh->begin_work if $alone;    # or a look in between would find none
    $self->del_param($param, $host);
    $self->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)',
        $host, $self->{service}, $param, $value);
    $self->dbh->commit if $alone;
    return;
}

sub del_param {
    my ($self, $param, $host) = @_;
    $self->sql('DELETE FROM helios_params_tb WHERE worker_class=? AND host=? AND param=?',
        $self->{service}, $host // '*', $param);
    return;
}

# The XML that Helios programs submit for a hash of arguments.
sub xml {
    my ($args) = @_;
    my %escape = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;');
    my $inner = '';
    for my $name (sort keys %$args) {
        my $value = $args->{$name};
        $value =~ s/([&<>])/$escape{$1}/g;
        $inner .= "<$name>$value</$name>";
    }
    return "<job><params>$inner</params></job>";
}

sub funcid {
    my ($self, $name) = @_;
    my $get = 'SELECT funcid FROM funcmap WHERE funcname=?';
    my $id = $self->one($get, $name);
    return $id if defined $id;
    $self->sql('INSERT INTO funcmap (funcname) VALUES (?)', $name);
    return $self->one($get, $name);
}

# Puts jobs in by SQL as Perl Helios does, in one transaction: one for each hash of arguments, or
# for each reference to the bytes of the column. Gives their ids.
sub submit {
    my ($self, @jobs) = @_;
    return $self->submit_as($self->{service}, {}, @jobs);
}

sub submit_as {
    my ($self, $jobtype, $columns, @jobs) = @_;
    my $funcid = $self->funcid($jobtype);
    my %row = (insert_time => int time, run_after => int(time) - 1, grabbed_until => 0, %$columns);
    my @names = sort keys %row;
    my $dbh = $self->dbh;
    my $places = join ', ', ('?') x (2 + @names);
    my $list = join ', ', 'funcid', 'arg', @names;
    my $insert = $dbh->prepare("INSERT INTO job ($list) VALUES ($places)");
    my @ids;
    $dbh->begin_work;
    for my $job (@jobs) {
        my $bytes = ref $job eq 'SCALAR' ? $$job : nfreeze([xml($job)]);
        $insert->bind_param(1, $funcid);
        $insert->bind_param(2, $bytes, DBI::SQL_BLOB());
        $insert->bind_param(3 + $_, $row{ $names[$_] }) for 0 .. $#names;
        $insert->execute;
        push @ids, $dbh->last_insert_id(undef, undef, 'job', 'jobid');
    }
    $dbh->commit;
    return @ids;
}

# Arguments that make a toy create the file `$gate.up` and then wait until `$gate` exists.
sub gated {
    my ($self, $gate) = @_;
    return (touch => "$gate.up", wait_for => $gate);
}

# ---- programs ----

sub program {
    my ($self, $name) = @_;
    my %path = (helios_d => "$BUILD/daemon/helios_d", helios => "$BUILD/daemon/ctl/helios");
    return $path{$name} // die "no program $name";
}

# From now on the programs of the release build are run, with a toy compiled for it as their only
# plugin, for what cannot be done under sanitizers: they reserve terabytes, which no limit on memory
# allows. False where there is no release build, or one that is
# older than the sources.
sub use_release {
    my ($self, %option) = @_;
    my $release = "$SOURCE/build/release";
    my $built = (stat "$release/daemon/helios_d")[9] // 0;
    my @sources = map { glob "$SOURCE/$_/*.[ch]" } qw(daemon lib/* lib/*/*);
    return 0 if grep { (stat)[9] > $built } @sources;
    my $plugins = "$self->{tmp}/plugins";
    make_path($plugins);
    my $cc = $self->run(['cc', '-shared', '-fPIC', '-D_GNU_SOURCE', "-I$SOURCE/lib/include", "$SOURCE/t/plugins/toy.c",
        '-o', "$plugins/toy__service.so"]);
    die "no plugin for the release build: $cc->{stderr}" if $cc->{exit};
    $BUILD = $release;
    $self->write_ini(%option, global => { service_path => $plugins, %{ $option{global} // {} } });
    return 1;
}

# Starts a program with standard output and error in files of the temporary folder. Gives a hash:
# pid, out and err (paths). `stdin` is text; `env` and `cwd` are the child's.
sub spawn {
    my ($self, $command, %option) = @_;
    my $run = sprintf '%s/%02d', $self->{tmp}, ++$self->{runs};
    my %process = (out => "$run.out", err => "$run.err", command => "@$command");
    spew("$run.in", $option{stdin} // '');
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE ALRM);
        open STDIN,  '<', "$run.in"       or POSIX::_exit(126);
        open STDOUT, '>', $process{out}   or POSIX::_exit(126);
        open STDERR, '>', $process{err}   or POSIX::_exit(126);
        chdir $option{cwd} or POSIX::_exit(126) if defined $option{cwd};
        my $report = "log_path=$self->{tmp}/sanitizer/report";
        $ENV{ASAN_OPTIONS}  = join ':', $report, @{ $option{asan} // [] };
        $ENV{UBSAN_OPTIONS} = "print_stacktrace=1:$report";
        $ENV{HELIOS_INI}    = $self->ini;
        $ENV{HELIOS_CORE}   = 1;    # the leak checker, and users() below, look into the process
        my $env = $option{env} // {};
        for my $name (keys %$env) {
            if   (defined $env->{$name}) { $ENV{$name} = $env->{$name} }
            else                         { delete $ENV{$name} }
        }
        exec { $command->[0] } @$command or POSIX::_exit(127);
    }
    $ours{$pid} = 1;
    $process{pid} = $pid;
    return \%process;
}

# Collects a process that spawn() started: adds exit, signal, and the texts stdout and stderr.
sub collect {
    my ($self, $process, $seconds) = @_;
    $self->wait_for(sub { $self->ended($process) }, $seconds // 30, "'$process->{command}' to end");
    $process->{stdout} = slurp($process->{out});
    $process->{stderr} = slurp($process->{err});
    return $process;
}

sub ended {
    my ($self, $process) = @_;
    return 1 if exists $process->{exit};
    return 0 if waitpid($process->{pid}, WNOHANG) != $process->{pid};
    delete $ours{ $process->{pid} };
    ($process->{exit}, $process->{signal}) = ($? >> 8, $? & 127);
    return 1;
}

# Runs a program to its end.
sub run {
    my ($self, $command, %option) = @_;
    return $self->collect($self->spawn($command, %option), $option{seconds});
}

# Runs `helios ARGUMENTS` to its end; an options hash may come last.
sub command {
    my ($self, @arguments) = @_;
    my %option = ref $arguments[-1] ? %{ pop @arguments } : ();
    return $self->run([$self->program('helios'), @arguments], %option);
}

# The same, which has to succeed; gives standard output.
sub command_ok {
    my ($self, @arguments) = @_;
    my $run = $self->command(@arguments);
    die "'$run->{command}' ended with $run->{exit}, signal $run->{signal}: "
        . "$run->{stderr}$run->{stdout}"
        if $run->{exit} || $run->{signal};
    return $run->{stdout};
}

# ---- the daemon ----

# Runs helios_d to the end of the command: a check, a drain, a start in the background.
sub helios_d {
    my ($self, @arguments) = @_;
    my %option = ref $arguments[-1] ? %{ pop @arguments } : ();
    return $self->run([$self->program('helios_d'), @arguments], %option);
}

# Starts the daemon in the foreground, as a child of this script, and waits until it is up: a hash
# as spawn() gives it.
sub start {
    my ($self, @arguments) = @_;
    my %option = ref $arguments[-1] ? %{ pop @arguments } : ();
    my $daemon = $self->spawn(
        [$self->program('helios_d'), '--foreground', @arguments, $self->{service}], %option);
    $self->wait_for(sub {
        if ($self->ended($daemon)) {
            die "the daemon ended at once with exit code $daemon->{exit}, signal $daemon->{signal}: "
                . slurp($daemon->{err}) . slurp($daemon->{out});
        }
        return (pid_of($self->pid_file) // 0) == $daemon->{pid} && $self->poller($daemon->{pid});
    }, 20, 'the daemon to be up');
    return $daemon;
}

# Ends a daemon by TERM and waits for it; gives what collect() gives.
sub stop {
    my ($self, $daemon, $seconds) = @_;
    kill TERM => $daemon->{pid};
    return $self->collect($daemon, $seconds // 20);
}

sub pid_file {
    my ($self, $suffix) = @_;
    (my $name = lc $self->{service}) =~ tr/:/_/;
    return "$self->{tmp}/run/$name." . ($suffix // 'pid');
}

sub pid_of {
    my ($path) = @_;
    my $text = slurp($path) // return undef;
    return $text =~ /^(\d+)\n?\z/ ? $1 : undef;
}

# Pids, from the titles of the master's children.
sub workers {
    my ($self, $master) = @_;
    return map { $_->{pid} } grep { $_->{title} =~ /: worker / } children($master);
}

sub watcher {
    my ($self, $master) = @_;
    return (map { $_->{pid} } grep { $_->{title} =~ /: watcher / } children($master))[0];
}

# Waits until a watcher sees what is committed: state 2 of the board (lib/core/board.h).
sub watching {
    my ($self) = @_;
    $self->wait_for(sub { ($self->board('watch_state') // 0) == 2 && $self->board('watch_ours') }, 10,
        'the watcher to see changes');
    return;
}

sub poller {
    my ($self, $master) = @_;
    return (map { $_->{pid} } grep { $_->{title} =~ /: poller / } children($master))[0];
}

# A figure of the scoreboard's head (lib/core/board.h), or undef while there is no board.
my @HEAD = qw(master_pid master_pid_start start_time master_state poller_pid params_seq last_look
    waiting waiting_limit max_workers looks log_dropped
    completed failed failed_final deferred released lost
    dead_failed dead_failed_final dead_released used_slots poller_pid_start
    watcher_pid watch_state watch_wanted watch_resting watch_due watch_unclear watch_next watch_ours
    watch_bytes);

sub board {
    my ($self, $figure) = @_;
    my $bytes = slurp($self->pid_file('board')) // return undef;
    my %head;
    @head{@HEAD} = unpack 'x168 l x!8 q q L l Q q Q Q q Q Q Q6 Q3 L x!8 q l L L L Q Q q q Q', $bytes;
    return $head{$figure} // die "the board has no $figure";
}

# Makes the board one of an older version, which says nothing of its database: the tools show it
# whatever database helios.ini names.
sub board_of_any_database {
    my ($self) = @_;
    open my $board, '+<:raw', $self->pid_file('board') or die "board: $!";
    seek $board, 440, 0;
    print $board "\0" x 8;
    close $board or die "board: $!";
    return;
}

# ---- waiting and ending ----

# Polls until `check` gives a true value, which is returned. This is the only place of the tests
# that pauses; when the time is over the script fails, saying what was expected.
sub wait_for {
    my ($self, $check, $seconds, $what) = @_;
    my $end = time + $seconds * $PATIENCE;
    while (1) {
        my $value = $check->();
        return $value if $value;
        last if time > $end;
        select undef, undef, undef, 0.01;
    }
    die sprintf "waited %s s for %s\n", $seconds * $PATIENCE, $what;
}

# The end of every script: nothing of the sanitizers, done.
sub finish {
    my ($self) = @_;
    $self->kill_all;
    is($self->sanitizer_reports, '', 'the sanitizers reported nothing');
    done_testing();
    return;
}

sub sanitizer_reports {
    my ($self) = @_;
    return join '', map { substr slurp($_), 0, 8000 } sort glob "$self->{tmp}/sanitizer/*";
}

# What a reader of a failed test needs: how the programs ended and what was logged.
sub diagnose {
    my ($self) = @_;
    for my $err (sort glob "$self->{tmp}/*.err") {
        my $text = slurp($err);
        diag("$err:\n" . substr $text, -2000) if length $text;
    }
    diag($self->sanitizer_reports);
    my @log = eval { $self->log_rows };
    splice @log, 0, -40 if @log > 40;
    diag("log table:\n" . join "\n", @log) if @log;
    return;
}

# Kills every process that has something of the temporary folder open, mapped or as its current
# folder: daemons that left our session too.
sub kill_all {
    my ($self) = @_;
    my $end = time + 10;
    while (my @pids = $self->users) {
        kill KILL => @pids;
        for my $pid (keys %ours) {
            delete $ours{$pid} if waitpid($pid, WNOHANG) == $pid;
        }
        last if time > $end;
        select undef, undef, undef, 0.01;
    }
    return;
}

# The live processes that have something of the temporary folder open, other than this script.
sub users {
    my ($self) = @_;
    my @pids;
    for my $proc (glob '/proc/[0-9]*') {
        my ($pid) = $proc =~ /(\d+)$/;
        next if $pid == $$ || !alive($pid);
        my $maps = slurp("$proc/maps") // '';
        my @links = map { readlink($_) // '' } "$proc/cwd", glob "$proc/fd/*";
        push @pids, $pid
            if index($maps, "$self->{tmp}/") >= 0
            || grep { index("$_/", "$self->{tmp}/") == 0 } @links;
    }
    return @pids;
}

sub destroy {
    my ($self) = @_;
    $self->kill_all;
    kill KILL => keys %ours if %ours;
    waitpid $_, 0 for keys %ours;
    %ours = ();
    $self->{dbh}->disconnect if $self->{dbh};
    # A script of many collectives must not keep the connections of them all.
    eval { $self->{admin}->do("DROP DATABASE $self->{database}"); $self->{admin}->disconnect } if $self->{admin};
    delete @$self{qw(dbh admin)};
    @tests = grep { $_ != $self } @tests;
    chdir '/';
    system('umount', '-l', $_) for @{ delete $self->{mounted} // [] };
    remove_tree($self->{tmp}) if !$ENV{HELIOS_TEST_KEEP};
    return;
}

1;
