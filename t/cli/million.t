# SPDX-License-Identifier: MIT
# A million jobs in the queue, and history, log and errors to match: every command that looks reads a bounded part of
# them, whatever there is, and waits for nobody's lock.
use strict;
use warnings;
use POSIX ();
use Test::More;
use Helios::Test;
use Helios::Cli;

use constant { JOBS => 1_000_000, ENDED => 300_000, LOGGED => 200_000 };

my $t = Helios::Test->new;
my $type = $t->funcid('Big::Type');
my $now = time;

# ---- seeding: in one statement a table ----
sub numbers {
    my ($n, $columns) = @_;
    return "SELECT $columns FROM seq_1_to_$n" if !$t->sqlite;
    return "WITH RECURSIVE s(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s LIMIT $n) SELECT $columns FROM s";
}
$t->sql('SET SESSION unique_checks=0, foreign_key_checks=0') if !$t->sqlite;
# every eleventh is delayed, every hundredth runs
$t->sql('INSERT INTO job (funcid, arg, insert_time, run_after, grabbed_until) ' . numbers(JOBS, "$type, NULL, $now - 9000, $now - 9000 + seq % 8000"
        . " + CASE WHEN seq % 11 = 0 THEN 90000 ELSE 0 END, CASE WHEN seq % 100 = 0 THEN $now + 9000 ELSE 0 END"));
$t->sql('INSERT INTO helios_job_history_tb (jobid, funcid, arg, insert_time, run_after, grabbed_until, complete_time, exitstatus) '
        . numbers(ENDED, "seq + 5000000, $type, NULL, 1, 1, 1, $now - seq % 40000, CASE WHEN seq % 7 = 0 THEN 1 ELSE 0 END"));
$t->sql('INSERT INTO error (error_time, jobid, message, funcid) ' . numbers(int(ENDED / 7), "$now - seq, seq * 7 + 5000000, 'disk full', $type"));
$t->sql('INSERT INTO helios_log_tb (log_time, host, process_id, jobid, funcid, job_class, priority, message) '
        . numbers(LOGGED, "$now - seq / 10, 'vm', 1, seq + 5000000, $type, 'Big::Type', 6, 'a message'"));
$t->sql('INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, worker_version, host, process_id) VALUES (?,?,?,?,?,?)',
    $now, $now, 'Big::Type', '1', $t->host, 1);
is($t->count('job'), JOBS, 'a million jobs');
my ($waiting) = $t->one("SELECT jobid FROM job WHERE run_after < $now AND grabbed_until = 0 LIMIT 1");

# ---- how much a command reads ----
# MariaDB counts rows by user. What a program reads of an SQLite file is counted with the reads of its parent, once it
# has been waited for: each page is read once at least.
my ($most, $what, $read);
if ($t->sqlite) {
    $t->sql('PRAGMA wal_checkpoint(TRUNCATE)');
    ($most, $what) = (int((-s "$t->{tmp}/collective.db") / 6), 'bytes');
    $read = sub { return (slurp('/proc/self/io') // '') =~ /^rchar: (\d+)$/m ? $1 : undef };
} else {
    my $user = "million_$$";
    ($most, $what) = (100_000, 'rows');
    $t->{admin}->do('SET GLOBAL userstat=1');
    $t->{admin}->do("CREATE USER $user\@localhost");
    $t->{admin}->do("GRANT ALL ON $t->{database}.* TO $user\@localhost");
    $t->write_ini(global => { user => $user });
    # What a connection has read is added when the server has seen its end.
    my $open = sub { $t->{admin}->selectrow_array('SELECT COUNT(*) FROM information_schema.processlist WHERE user=?', undef, $user) };
    $read = sub {
        $t->wait_for(sub { $open->() == 0 }, 10, 'the server to see the end of a connection');
        return ($t->{admin}->selectrow_array('SELECT rows_read FROM information_schema.user_statistics WHERE user=?', undef, $user))[0] // 0;
    };
}

# Processor time of the programs that have ended and of the server (of all who use it), in milliseconds.
sub cpu {
    my (undef, undef, $user, $system) = times;
    my $server = 0;
    if (!$t->sqlite) {
        my $pid = slurp($ENV{HELIOS_TEST_SOCKET} =~ s{[^/]+\z}{pid}r) // 0;
        my @stat = split ' ', (slurp('/proc/' . int($pid) . '/stat') // '') =~ s/.*\)//sr;
        $server = @stat ? ($stat[11] + $stat[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK()) : 0;
    }
    return 1000 * ($user + $system + $server);
}

my @looks = (
    # words, [exit code]
    [['queue']],
    [[qw(queue --jobtype Big::Type)]],
    [[qw(job list)]],
    [[qw(job list --state waiting)]],
    [[qw(job list --state delayed)]],
    [[qw(job list --state running)]],
    [[qw(job list --state held)]],
    [[qw(job list --state failed)]],
    [[qw(job list --state done --since 1h)]],
    [[qw(job list --jobtype Big::Type --error), 'no such text']],
    [[qw(job info --args), $waiting]],
    [[qw(job info), 5000007]],
    [[qw(job status), $waiting]],
    [[qw(job status), 5000007]],
    [[qw(service list)]],
    [[qw(service status)]],
    [[qw(config list)]],
    [[qw(jobtype list)]],
    [[qw(log)]],
    [[qw(log --service Nobody)]],
    [[qw(log --jobid 5000007)]],
    [[qw(schema status)]],
    [[qw(schema check)]],
    [['doctor']],
);

# A worker at work: rows of all kinds changed and not committed.
my $worker = $t->connect_database;
$worker->begin_work;
$worker->do("UPDATE job SET grabbed_until = $now + 1 WHERE jobid IN (SELECT jobid FROM (SELECT jobid FROM job ORDER BY run_after LIMIT 20000) AS oldest)");
$worker->do("UPDATE helios_job_history_tb SET exitstatus = 3 WHERE jobid = 5000007");
$worker->do("INSERT INTO error (error_time, jobid, message, funcid) VALUES ($now, 1, 'x', $type)");
for (@looks) {
    my ($words) = @$_;
    my $before = $read->();
    my ($start, $start_cpu) = (now(), cpu());
    my $run = $t->command(@$words, { seconds => 20 });
    my ($ms, $cpu_ms) = (1000 * (now() - $start), cpu() - $start_cpu);
    my $after = $read->();
    is($run->{exit}, 0, "@$words, while a worker has rows locked") or diag($run->{stderr});
    SKIP: {
        skip('what programs read is not counted here', 1) if !defined $before;
        cmp_ok($after - $before, '<', $most, "@$words reads less than $most $what");
        note(sprintf '%s: %d %s, %d ms, of the processors %d ms', "@$words", $after - $before, $what, $ms, $cpu_ms);
    }
}
$worker->rollback;
$worker->disconnect;

# ---- what is counted no further says so ----
like($t->command_ok(qw(queue --jobtype Big::Type)), qr/\ABig::Type\t>10000\t>10000\t/, 'counts that ended are marked');
like($t->command_ok(qw(queue --json)), qr/"waiting":10000,"waiting_more":true,"delayed":10000,"delayed_more":true/, 'in JSON too');
like($t->command('job', 'list', '--error', 'no such text')->{stderr}, qr/\Ahelios: only the first 5000 jobs were looked at: --all looks at more\n\z/, 'a look that ended says so');
like($t->command(qw(log --service Nobody))->{stderr}, qr/\Ahelios: only the last 20000 messages were looked at\n\z/, 'of the log too');

$t->{admin}->do("DROP USER million_$$\@localhost") if !$t->sqlite;
$t->finish;
