# SPDX-License-Identifier: MIT
# The server goes away under a running daemon and comes back: nothing is lost, nothing hangs.
use strict;
use warnings;
use Helios::Test;
use Helios::Server;
use Test::More;

my $server = Helios::Server->new;
$ENV{HELIOS_TEST_SOCKET} = $server->socket;

my $t = Helios::Test->new(
    service => 'Toy::Retry',
    section => { OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic' },
);
$t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');

sub reconnect {
    $t->{dbh} = undef;
    $t->wait_for(sub { eval { $t->dbh } }, 40, 'the server to answer again');
    return;
}

# ---- killed while jobs run, started again ----
my $jobs = 2000;
my @ids = $t->submit(map { { effect => 1, sleep_ms => 1 } } 1 .. $jobs);
my $daemon = $t->start;
for my $round (1 .. 3) {
    $t->wait_for(sub { $t->count('job') < $jobs * (1 - $round / 5) }, 30, 'jobs to run');
    $server->crash;
    $t->wait_for(sub { slurp($daemon->{err}) =~ /(?:database|connection|server).*/i }, 10,
        'a message about the database on standard error');
    ok(alive($daemon->{pid}), "round $round: the daemon lives without the database");
    $server->start or die 'the server does not start again';
    reconnect();
}
$t->wait_for(sub { $t->count('job') == 0 }, 60, 'the queue to be empty');
is($t->count('toy_effect'), $jobs, 'each job had its effect');
is($t->one('SELECT COUNT(DISTINCT jobid) FROM toy_effect'), $jobs, 'and each only once');
is($t->count('helios_job_history_tb', 'exitstatus=0'), $jobs,
    'each is completed once in the history');

# ---- TERM while it is away ----
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
# A grace period of two hours, of which nothing is waited for.
$t->write_ini(global => { zero_launch_interval => 3600 }, section => { OVERDRIVE => 1 });
$daemon = $t->start;
$t->wait_for(sub { $t->board('looks') }, 10, 'the daemon to be up');
$server->crash;
$t->wait_for(sub { slurp($daemon->{err}) =~ /SAFE MODE/ }, 20, 'the daemon to miss it');
my $ended = $t->stop($daemon, 20);
is($ended->{exit}, 0, 'TERM while the database is away: exit code 0');
ok(!-e $t->pid_file, 'the PID file is gone');
like($ended->{stderr}, qr/HALTED/, 'the last message is on standard error');

# ---- started while it is away ----
# Nobody waits for the time-out of a connection.
my $refused = $t->helios_d($t->service, { seconds => 4 });
is($refused->{exit}, 69, 'a start while it is away: EX_UNAVAILABLE') or diag $refused->{stderr};
$server->start or die 'the server does not start again';
reconnect();
$daemon = $t->start;
my ($id) = $t->submit({});
$t->wait_for(sub { !$t->job($id) }, 10, 'a job after all that');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
