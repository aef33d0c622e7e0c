# SPDX-License-Identifier: MIT
# helios schema check and helios doctor: each fault is found, and said what to do about.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $host = $t->host;

sub findings {
    my ($words, $exit, %option) = @_;
    my $run = says($t, "@$words", [@$words, '--json'], { out => qr/\A/, exit => $exit, %option });
    return map { decode_json($_) } split /\n/, $run->{stdout};
}
sub texts { return join ';', map { "$_->{state} $_->{subject}: $_->{finding}" } @_ }
sub has {
    my ($name, $pattern, @found) = @_;
    my ($hit) = grep { texts($_) =~ $pattern } @found;
    ok($hit, "$name is found") or diag(texts(@found));
    isnt($hit->{advice}, '', "$name: what to do") if $hit;
}

sub has_ok {
    my ($name, $pattern, @found) = @_;
    ok((grep { texts($_) =~ $pattern } @found), "$name is said") or diag(texts(@found));
    return;
}

# ---- all is well ----
is(texts(findings([qw(schema check)], 0)), 'ok schema: the tables are as they should be', 'nothing is wrong');
# That daemons run as the user of the tests is worth a warning where that is root.
my $account = $> == 0 ? 'warning' : 'ok';
is(join(' ', map { "$_->{state}:$_->{subject}" } findings(['doctor'], 0)),
    "ok:configuration $account:account ok:pid_path ok:scoreboards " . ($t->sqlite ? 'ok:permissions ' : '')
        . 'ok:connection ok:schema ok:clock ok:wake ok:daemons ok:leases', 'doctor: nothing is wrong');

SKIP: {
    my $screen = on_terminal($t, 80, ['doctor'], '', NO_COLOR => 1)->{screen};
    unlike($screen, qr/~/, 'nothing is cut on 80 columns');
    is(join('', grep { length > 80 } split /\r?\n/, $screen), '', 'and nothing is wider');
    like($screen =~ s/\s+/ /gr, qr/schema the tables are as they - should be ok clock/, 'findings go on in the next line');
}

# ---- rows that are odd ----
$t->sql("INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES ('*', 'S', 'HOLD', ?)", $_) for 0, 1;
$t->sql('INSERT INTO job (funcid, arg, insert_time, run_after, grabbed_until) VALUES (777, NULL, 0, 1, 0)');
$t->submit_as('Dead', { run_after => 5, grabbed_until => time - 1000 }, { n => 1 }, { n => 2 });
for (['Lost::Svc', $host, 10], ['Toy::Service', $host, 10], ['Old::Svc', 'far', 4000]) {
    my ($service, $on, $age) = @$_;
    $t->sql('INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, worker_version, host, process_id) VALUES (?,?,?,?,?,?)',
        time - $age, time - 5000, $service, '1', $on, 12);
}
my @check = findings([qw(schema check)], 0);
has('a parameter set twice', qr/^warning schema: HOLD of S is set more than once for host \*$/, @check);
has('a jobtype that is gone', qr/^warning schema: jobs have jobtype number 777,/, @check);
my @doctor = findings(['doctor'], 0);
has('the same by doctor', qr/^warning schema: HOLD of S is set more than once/, @doctor);
has('a lease that ran out', qr/^warning leases: 2 jobs of Dead have a lease that ran out$/, @doctor);
has('a silent daemon', qr/^warning daemons: Old::Svc on far, pid 12: no sign of life for \d+ s$/, @doctor);
has('a missing plugin', qr/^warning plugin: lost__svc\.so of Lost::Svc is in no folder/, @doctor);
unlike(texts(@doctor), qr/toy__service/, 'a plugin that is there is no finding');

# ---- parameters that are odd ----
sub odd { return map { "$_->{state} $_->{finding}" } grep { $_->{subject} eq 'parameters' } @_ }
is(join("\n", odd(@doctor)), '', 'no parameter is odd');
my $ini = $t->ini;
my $plain = slurp($ini);
spew($ini, $plain . "OVERDRIVE=yes\nMAX_WORKER=4\nown_thing=x\n[Other::Svc]\nMAX_WORKERS=lots\nzero_sleep_interval=2.5\n[Svc|far]\nHOLD=on\n[Dead]\nMAX_WORKERS=5 # five\nSMTP_HOST=x\n");
$t->sql('DELETE FROM helios_params_tb');
$t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)', @$_)
    for ['*', 'Dead', 'MAX_WORKERS', 9999], [$host, 'Dead', 'HOLD', 'on'], ['far', 'Old::Svc', 'MAX_WORKER', 3],
        ['far', 'Old::Svc', 'WAKE', 'maybe'], ['*', 'Old::Svc', 'password', 'geheim'], ['*', 'Toy::Servcie', 'HOLD', 1], ['*', 'Toy::Service', 'HOLD', 1];
my @found = findings(['doctor'], 0);
my @odd = (
    qr/^warning MAX_WORKER \(\[Toy::Service\] line \d+ of \S+\) is no parameter of the daemon; did you mean MAX_WORKERS\?$/,
    qr/^warning OVERDRIVE of Toy::Service: 'yes' \(\[Toy::Service\] line \d+ of \S+\) is not the number 1; it counts as off$/,
    qr/^warning zero_sleep_interval of Other::Svc: '2\.5' \(\[Other::Svc\] line \d+ of \S+\) is not a whole number; 10 stays in force$/,
    qr/^warning MAX_WORKERS of Other::Svc: 'lots' \(\[Other::Svc\] line \d+ of \S+\) is not a whole number; 1 stays in force$/,
    qr/^warning MAX_WORKERS of Dead: '5 # five' \(\[Dead\] line \d+ of \S+\) is not a whole number; 1 stays in force$/,
    qr/^warning MAX_WORKERS of Dead: '9999' \(row for host \*\) is outside 0 to \d+; \d+ is used$/,
    qr/^warning HOLD of Dead: 'on' \(row for host \Q$host\E\) is not the number 1; it counts as off$/,
    qr/^warning MAX_WORKER of Old::Svc \(row for host far\) is no parameter of the daemon; did you mean MAX_WORKERS\?$/,
    qr/^warning WAKE of Old::Svc: 'maybe' \(row for host far\) is none of /,
    qr/^warning row \(Old::Svc, \*, password\) of helios_params_tb is not obeyed: only helios\.ini can set this; delete the row$/,
    qr/^warning rows of Toy::Servcie: no daemon, jobtype or section of that name is known; did you mean Toy::Service\?$/,
);
for my $pattern (@odd) {
    is(scalar(grep { $_ =~ $pattern } odd(@found)), 1, "found once: $pattern") or diag(join "\n", odd(@found));
}
is(scalar(odd(@found)), scalar(@odd), 'and nothing else') or diag(join "\n", odd(@found));
is(scalar(grep { $_->{subject} eq 'parameters' && $_->{advice} eq '' } @found), 0, 'each with what to do');
unlike(texts(@found), qr/geheim/, 'no secret is told');
$t->write_ini(section => { loggers => 'syslog, stderr' });
is(scalar(grep { /^warning loggers of Toy::Service: 'syslog, stderr' \(\S+ line \d+ of \S+\) names stderr, where a daemon in the background is not heard: / } odd(findings(['doctor'], 0))), 1, 'a logger that only the foreground has');
$t->write_ini(global => { MAX_WORKERS => 'many' });
is(scalar(grep { /^warning MAX_WORKERS of \[global\]: 'many' / } odd(findings(['doctor'], 0))), 1, 'what [global] says is told once');
$t->sql('DELETE FROM helios_params_tb');
$t->write_ini;

# ---- jobs that nobody runs ----
sub jobs_of { return grep { $_->{subject} eq 'jobs' } @_ }
$t->submit_as('Fresh', { run_after => time - 100 }, { n => 1 });
$t->submit_as('Nobodys', { run_after => time - 4000 }, map { { n => $_ } } 1 .. 3);
$t->submit_as('Nobodys', { run_after => time + 4000 }, { n => 4 });
my $nobodys = $t->one("SELECT funcid FROM funcmap WHERE funcname='Nobodys'");
has('jobs that nobody runs', qr/^warning jobs: 3 jobs of Nobodys wait, the first since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, and no daemon that is registered serves it$/, jobs_of(@found = findings(['doctor'], 0)));
unlike(texts(@found), qr/jobs of Fresh/, 'jobs that are new are no finding');
my @serving = (
    ['a daemon of that name', 'INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, host, process_id) VALUES (1, 1, ?, ?, 7)', ['Nobodys', 'far'], "DELETE FROM helios_worker_registry_tb WHERE worker_class = 'Nobodys'"],
    ['a job that has ended within the hour', 'INSERT INTO helios_job_history_tb (jobid, funcid, run_after, grabbed_until, complete_time, exitstatus) VALUES (99999, ?, 1, 1, ?, 0)', [$nobodys, time - 60], 'DELETE FROM helios_job_history_tb WHERE jobid = 99999'],
    ['a job that runs', 'INSERT INTO job (funcid, arg, insert_time, run_after, grabbed_until) VALUES (?, NULL, 1, 1, ?)', [$nobodys, time + 3600], 'DELETE FROM job WHERE arg IS NULL AND funcid <> 777'],
);
for (@serving) {
    my ($name, $sql, $values, $undo) = @$_;
    $t->sql($sql, @$values);
    is(texts(grep { $_->{finding} =~ /Nobodys/ } jobs_of(findings(['doctor'], 0))), '', "$name: somebody takes them");
    $t->sql($undo);
}
has('the same jobs again', qr/^warning jobs: 3 jobs of Nobodys /, jobs_of(findings(['doctor'], 0)));
$t->sql("DELETE FROM job WHERE funcid IN (SELECT funcid FROM funcmap WHERE funcname IN ('Nobodys', 'Fresh'))");

# ---- claims by priority ----
unlike(texts(@doctor), qr/priorities/, 'nobody takes jobs by priority');
for (['high', 'job_by_priority', 'funcid, priority DESC, run_after'],
    ['low', 'job_by_low_priority', 'funcid, priority, run_after']) {
    my ($order, $index, $columns) = @$_;
    $t->write_ini(section => { PRIORITIZE_JOBS => $order });
    my @found = findings(['doctor'], 0);
    has("no index of priorities, $order", qr/^warning priorities: Toy::Service takes its jobs by priority: /, @found);
    my ($advice) = map { $_->{advice} } grep { $_->{subject} eq 'priorities' } @found;
    is($advice, "where they are many, CREATE INDEX $index ON job ($columns)", "$order: how to make it");
    $t->sql($advice =~ s/^where they are many, //r);
    unlike(texts(findings(['doctor'], 0)), qr/priorities/, "$order: the advice is all that is needed");
    $t->sql("DROP INDEX $index" . ($t->sqlite ? '' : ' ON job'));
}
$t->write_ini;

# ---- this host ----
my $plugins = "$t->{tmp}/plugins";
mkdir $plugins or die "mkdir: $!";
spew("$plugins/lost__svc.so", 'x');
chmod 0666, "$plugins/lost__svc.so";
$t->write_ini(global => { service_path => $plugins });
has('a plugin that others may change', qr/^warning plugin: \S+lost__svc\.so is writable for everybody/, findings(['doctor'], 0));
$t->write_ini;
spew("$t->{tmp}/run/odd.board", 'x');
has('a file that is no scoreboard', qr/^warning scoreboards: \S+odd\.board is not a scoreboard/, findings(['doctor'], 0));
unlink "$t->{tmp}/run/odd.board";
my $daemon = $t->start;
like(texts(findings(['doctor'], 0)), qr/ok scoreboards: every daemon here runs/, 'a daemon that runs');
kill KILL => $daemon->{pid};
$t->collect($daemon);
has('a daemon that was killed', qr/^warning scoreboards: Toy::Service, pid $daemon->{pid}, was killed: /, findings(['doctor'], 0));
if ($t->sqlite) {
    chmod 0644, "$t->{tmp}/collective.db";
    has('a database that all may read', qr/^warning permissions: \S+collective\.db may be read by everybody$/, findings(['doctor'], 0));
    chmod 0640, "$t->{tmp}/collective.db";
}
$t->write_ini(global => { pid_path => '/nonexistent/run' });
has('no folder for PID files', qr{^fault pid_path: /nonexistent/run: }, findings(['doctor'], 1));
$t->write_ini(global => { dsn => $t->sqlite ? 'dbi:SQLite:dbname=/nonexistent/c.db' : 'dbi:mysql:database=x;mysql_socket=/nonexistent/s' });
has('no database', qr{^fault connection: .*/nonexistent/}, findings(['doctor'], 1));
has('no configuration', qr{^fault configuration: .*/nonexistent}, findings(['doctor'], 1, env => { HELIOS_INI => '/nonexistent' }));
$t->write_ini(global => { password => 'Tr0ub4dor' }) if $t->sqlite;
$t->write_ini if !$t->sqlite;
if ($t->sqlite) {
    chmod 0644, $t->ini;
    has('a password that all may read', qr/^warning configuration: helios\.ini holds a password/, findings(['doctor'], 0));
}

$t->write_ini(global => { run_as_user => 'no-such-user' });
has('an account that does not exist', qr/^fault account: run_as_user: there is no user no-such-user/, findings(['doctor'], 1));
$t->write_ini(global => { run_as_user => 'root' });
has('root as the account', qr/^fault account: run_as_user names root/, findings(['doctor'], 1));
if ($> == 0) {
    my $unreached = $t->sqlite ? 1 : 0;    # the file, by that account
    $t->write_ini(global => { run_as_user => 'nobody' });
    has_ok('an account', qr/^ok account: daemons that root starts run as user \d+/, findings(['doctor'], $unreached));
    $t->write_ini(global => { run_as_user => 'nobody', pid_path => $t->tmp . '/later' });
    has_ok('a PID folder that a start will make', qr{^ok pid_path: .*/later is not there yet; a start by root makes}, findings(['doctor'], $unreached));
}
$t->write_ini;

# ---- the tables ----
$t->sql($t->sqlite ? 'DROP INDEX helios_log_time' : 'DROP INDEX log_time ON helios_log_tb');
has('a missing index', qr/^fault schema: helios_log_tb has no index on \(log_time\)$/, findings([qw(schema check)], 1));
$t->sql('DROP TABLE exitstatus');
has('a missing table', qr/^fault schema: .*exitstatus/, findings([qw(schema check)], 1));
ok((grep { $_->{state} eq 'fault' } findings(['doctor'], 1)), 'doctor goes on without it');

$t->finish;
