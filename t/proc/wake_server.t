# SPDX-License-Identifier: MIT
# WAKE=binlog on servers as they are met: without a log or rights the daemon polls and says why; a log
# that is rotated, a server that restarts, a server that is changed to allow it.
use strict;
use warnings;
use Helios::Test;
use Helios::Server;
use Test::More;

my $server = Helios::Server->new(options => ['--skip-log-bin', '--userstat=1']);
$ENV{HELIOS_TEST_SOCKET} = $server->socket;

my %slow = (zero_sleep_interval => 600, zero_launch_interval => 600, master_launch_interval => 600,
    registration_interval => 600, WAKE => undef, user => 'daemon');
my %section = (OVERDRIVE => 1, MAX_WORKERS => 1, WORKER_LINGER => 600);
my $t = Helios::Test->new(global => { user => 'root' }, section => \%section);
$t->sql("CREATE USER daemon\@localhost");
$t->sql("GRANT SELECT, INSERT, UPDATE, DELETE ON $t->{database}.* TO daemon\@localhost");
$t->write_ini(global => \%slow, section => \%section);
my $daemon;

# What the log says of WAKE, newest last; the poller writes it.
sub said {
    my ($what, $pattern) = @_;
    $t->wait_for(sub { (($t->log_rows(qr/^WAKE/))[-1] // '') =~ $pattern }, 20, $what);
    pass($what);
    return;
}

sub restart {
    my (@options) = @_;
    my $pid = $server->pid;
    kill TERM => $pid;
    $t->wait_for(sub { !alive($pid) }, 20, 'the server to end');
    $server->start('--userstat=1', @options) or die 'the server does not start again';
    $t->{dbh} = undef;
    return;
}

sub works {
    my ($what) = @_;
    my ($id) = $t->submit({});
    $t->wait_for(sub { !$t->job($id) }, 10, $what);
    pass($what);
    return;
}

# ---- no log ----
$daemon = $t->start;
said('no log: the daemon says so', qr/polling, because the server keeps no binary log/);
ok(!$t->watcher($daemon->{pid}), 'there is no watcher');
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');

# ---- statements: a server that logs nothing else refuses READ COMMITTED transactions ----
restart('--binlog-format=STATEMENT');
$daemon = $t->start;
said('STATEMENT: the daemon says so', qr/binlog_format is STATEMENT, and only ROW/);
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');
$t->submit(map { { sleep_ms => 1 } } 1 .. 300);
$t->write_ini(global => { %slow, zero_launch_interval => 1 },
    section => { %section, MAX_WORKERS => 4, WORKER_LAUNCH_PATTERN => 'optimistic' });
$daemon = $t->start;
$t->wait_for(sub { $t->count('job') == 0 }, 30, 'jobs to be done');
is($t->count('helios_job_history_tb', 'exitstatus = 0'), 300, 'every job is completed once, by four workers');
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');
$t->write_ini(global => \%slow, section => \%section);

restart('--binlog-format=MIXED');
$daemon = $t->start;
said('MIXED: the daemon says so', qr/binlog_format is MIXED, and only ROW/);
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');

# ---- rights ----
restart();
$daemon = $t->start;
said('no rights: the daemon says what to grant', qr/GRANT REPLICATION SLAVE, BINLOG MONITOR ON/);
like($t->command('doctor')->{stdout}, qr/wake.*GRANT REPLICATION SLAVE, BINLOG MONITOR ON/,
    'and so does helios doctor');
$t->sql("GRANT BINLOG MONITOR ON *.* TO daemon\@localhost");
kill HUP => $daemon->{pid};
$t->wait_for(sub { $t->log_rows(qr/read again/) }, 20, 'HUP to be obeyed');
ok(!(grep { /watching/ } $t->log_rows(qr/^WAKE/)), 'one of the two rights is not enough');
$t->sql("GRANT REPLICATION SLAVE ON *.* TO daemon\@localhost");
kill HUP => $daemon->{pid};
said('both rights: changes are watched', qr/watching the changes/);
$t->watching;
works('a job is seen');

# ---- the log goes on in another file ----
$t->sql('FLUSH BINARY LOGS') for 1 .. 3;
works('a job after three rotations');
$t->sql('PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 HOUR');
works('a job after older files were removed');

# ---- an event that is too large to be read ----
my $watcher = $t->watcher($daemon->{pid});
my ($large) = $t->submit({ large => 'x' x (3 << 20) });
$t->wait_for(sub { !$t->job($large) }, 20, 'a job of three megabytes');
pass('a job of three megabytes is run');
$t->wait_for(sub { ($t->watcher($daemon->{pid}) // $watcher) != $watcher }, 10, 'another watcher');

# ---- altered ----
$t->watching;
$t->sql('ALTER TABLE job ADD COLUMN note_of_ours INT FIRST');
works("a job after the table was altered, $_") for 1 .. 3;

# ---- a row image that leaves out what is needed ----
$t->sql("SET GLOBAL binlog_row_image = 'MINIMAL'");
$t->{dbh} = undef;
$t->watching;
my ($held) = $t->submit_as($t->service, { grabbed_until => int(time) + 3600 }, {});
$t->sql('UPDATE job SET grabbed_until=0 WHERE jobid=?', $held);
$t->wait_for(sub { !$t->job($held) }, 10, 'a job released, without the name of its type');
pass('a job released, without the name of its type');

# ---- the server restarts ----
$watcher = $t->watcher($daemon->{pid});
restart();
$t->wait_for(sub { eval { $t->board('watch_state') == 2 && $t->watcher($daemon->{pid}) != $watcher } },
    40, 'a watcher of the new server');
works('a job after the server was started again');

# ---- an idle daemon ----
# What it does not do is seen beside a daemon of another service that looks every second.
$t->write_ini(global => { %slow, zero_sleep_interval => 1, registration_interval => 60 },
    section => { %section, WORKER_LINGER => 0 });
my $clock = bless { %$t, service => 'Toy::Brief' }, ref $t;
spew($t->ini, slurp($t->ini) . '[' . $clock->service . "]\nWAKE=poll\nuser=root\n");
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');
my $beside = $clock->start;
$daemon = $t->start;
$t->watching;

sub queries {
    return $t->one('SELECT SUM(SELECT_COMMANDS + UPDATE_COMMANDS + OTHER_COMMANDS) '
        . "FROM information_schema.USER_STATISTICS WHERE USER = 'daemon'");
}

# Until the other daemon has looked so often.
sub meanwhile {
    my ($looks) = @_;
    my $end = $clock->board('looks') + $looks;
    $t->wait_for(sub { $clock->board('looks') >= $end }, 20, "$looks looks of the daemon beside it");
    return;
}
$t->wait_for(sub { my $looks = $t->board('looks'); meanwhile(2); $t->board('looks') == $looks }, 20,
    'the looks after the start');
$t->sql('FLUSH USER_STATISTICS');
meanwhile(6);
my $asked = queries() // 0;
cmp_ok($asked, '<=', 6, "an idle daemon asked $asked times, at most for one look and one registration");
is($clock->stop($beside)->{exit}, 0, 'the daemon beside it stops cleanly');
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');
$t->write_ini(global => { %slow, zero_sleep_interval => 1, registration_interval => 60, WAKE => 'poll' },
    section => { %section, WORKER_LINGER => 0 });
$daemon = $t->start;
my $looks = $t->board('looks');
$t->wait_for(sub { $t->board('looks') > $looks }, 10, 'a look');
$t->sql('FLUSH USER_STATISTICS');
$looks = $t->board('looks');
$t->wait_for(sub { $t->board('looks') >= $looks + 5 }, 10, 'five looks');
$asked = queries();
$looks = $t->board('looks') - $looks;
cmp_ok($asked / ($looks + 1), '<=', 3, "polling: $asked questions for $looks looks");
ok(!$t->watcher($daemon->{pid}), 'there is no watcher');
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');

# ---- a log that leaves the database out ----
restart("--binlog-ignore-db=$t->{database}");
$t->write_ini(global => { %slow, registration_interval => 1 }, section => \%section);
$daemon = $t->start;
said('changes that do not appear in the log', qr/do not appear in the server's binary log/);
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');
$t->finish;
