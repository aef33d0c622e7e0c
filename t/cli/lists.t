# SPDX-License-Identifier: MIT
# helios config list, jobtype list, log, history clean.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $now = time;
my $host = $t->host;

# ---- config list, jobtype list ----
$t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)', @$_)
    for ['*', 'S', 'HOLD', 1], ['far', 'S', 'db_password', 'Tr0ub4dor'], ['*', 'T', 'X', undef];
my @params = ("S\t*\tHOLD\t1\n", "S\tfar\tdb_password\t(hidden)\n", "T\t*\tX\t\n");
says($t, 'config list', [qw(config list)], { out => join '', @params });
says($t, 'config list of a service', [qw(config list S)], { out => join '', @params[0, 1] });
says($t, 'config list of a host', [qw(config list --host *)], { out => join '', @params[0, 2] });
says($t, 'config list as JSON', [qw(config list --json T)], { out => qq({"service":"T","host":"*","param":"X","value":null}\n) });
my $a = $t->funcid('A::One');
my $b = $t->funcid('B::Two');
says($t, 'jobtype list', [qw(jobtype list)], { out => "$a\tA::One\n$b\tB::Two\n" });
says($t, 'jobtype list as JSON', [qw(jobtype list --json)], { out => qq({"jobtypeid":$a,"name":"A::One"}\n{"jobtypeid":$b,"name":"B::Two"}\n) });

# ---- log ----
sub message {
    my ($age, $service, $level, $text, $jobid, $on) = @_;
    $t->sql('INSERT INTO helios_log_tb (log_time, host, process_id, jobid, funcid, job_class, priority, message) VALUES (?,?,?,?,?,?,?,?)',
        $now - $age, $on // 'vm', 17, $jobid, undef, $service, $level, $text);
}
message(9000, 'S', 6, 'oldest');
message(100,  'S', 6, 'started');
message(90,   'T', 3, "broken\033[2J", 4711);
message(80,   'S', 4, 'careful', undef, 'far');
message(0,    'S', 6, 'last');
sub texts { return join ' ', map { (split /\t/)[-1] } split /\n/, $_[0] }
my @log = (
    ['all',          [],                         'oldest started broken\x1b[2J careful last'],
    ['the last two', [qw(-n 2)],                 'careful last'],
    ['since',        [qw(--since 1h)],           'started broken\x1b[2J careful last'],
    ['of a service', [qw(--service T)],          'broken\x1b[2J'],
    ['of a host',    [qw(--host far)],           'careful'],
    ['of a job',     [qw(--jobid 4711)],         'broken\x1b[2J'],
    ['by level',     [qw(--level warning)],      'broken\x1b[2J careful'],
    ['by text',      [qw(--text art)],           'started'],
);
is(texts(says($t, "log: $_->[0]", ['log', @{ $_->[1] }], { out => qr/\A/ })->{stdout}), $_->[2], "log: $_->[0], the messages") for @log;
says($t, 'log as JSON', [qw(log --jobid 4711 --json)], { out => sprintf(qq({"time":%d,"host":"vm","pid":17,"service":"T","jobid":4711,"level":"err","message":"broken\\u001b[2J"}\n), $now - 90) });
says($t, 'log in Unix seconds', [qw(log --epoch-time -n 1)], { out => "$now\tvm\t17\tS\t\tinfo\tlast\n" });
SKIP: {
    my $screen = on_terminal($t, 200, [qw(log --jobid 4711)], '')->{screen};
    like($screen, qr/\Q vm[17] T err job 4711: broken\x1b[2J\E/, 'a line on a terminal');
    unlike($screen, qr/\033/, 'escaped there too');
}

# ---- the messages of one second, of few rows and of many ----
for my $others (0, 3000) {
    my $second = $now - 50;
    $t->sql('DELETE FROM helios_log_tb WHERE message LIKE ?', $_) for 'step %', 'other %';
    $t->dbh->begin_work;
    message(60, 'S', 6, "other $_") for 1 .. $others;
    message(50, 'S', 6, "step $_", 4712) for 1 .. 30;
    $t->dbh->commit;
    my $steps = join "\n", map { "step $_" } 1 .. 30;
    my %of = ('log' => [qw(log --text step)], 'log of a job' => [qw(log --jobid 4712)], 'the last of the log' => [qw(log -n 30 --text step)]);
    for my $name (sort keys %of) {
        my $run = says($t, "$name, beside $others", $of{$name}, { out => qr/\A/ });
        is(join("\n", map { (split /\t/)[-1] } split /\n/, $run->{stdout}), $steps, "$name, beside $others: in their order");
    }
    my ($id) = $t->submit_as('Logged', { insert_time => $second - 5 }, { n => 1 });
    $t->sql('UPDATE helios_log_tb SET jobid = ? WHERE jobid = 4712', $id);
    my $run = says($t, "job info --logs, beside $others", ['job', 'info', '--logs', $id], { out => qr/\A/ });
    is(join("\n", $run->{stdout} =~ /(step \d+)/g), $steps, "job info --logs, beside $others: in their order");
}
$t->sql('DELETE FROM helios_log_tb WHERE message LIKE ?', $_) for 'step %', 'other %';
if (!$t->sqlite) {
    $t->sql('ALTER TABLE helios_log_tb DROP INDEX log_time, ADD INDEX by_another_name (log_time)');
    is(texts(says($t, 'log: an index of another name', [qw(log -n 2)], { out => qr/\A/ })->{stdout}), 'careful last', 'log: an index of another name, the messages');
    $t->sql('ALTER TABLE helios_log_tb DROP INDEX by_another_name, ADD INDEX (log_time)');
}

# ---- lists on terminals of usual widths ----
SKIP: {
    $t->sql('INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, worker_version, host, process_id) VALUES (?,?,?,?,?,?)',
        $now - 5, $now - 7384, $_, '2.83', 'batch1.example.com', 4194300) for 'Helios::TestService', 'Helios::TestServic';
    my %of = map {
        my $width = $_;
        ($width => { map { ("@$_" => on_terminal($t, $width, $_, '', NO_COLOR => 1)->{screen}) } [qw(service list)], [qw(service list --wide)], ['queue'], [qw(job list)] })
    } 80, 130;
    my $narrow = $of{80}{'service list'};
    like($narrow, qr/^Helios:\S*~\S*Service +\S+ +4194300 +running /m, 'names keep head and tail, numbers are whole');
    my %names = map { ($_ => 1) } $narrow =~ /^(Helios\S+)/mg;
    is(scalar keys %names, 2, 'names that differ at their end differ');
    like($narrow, qr/^left out: VERSION\b[^\n]*; --wide shows\s+all/m, 'what is left out is said');
    is(join('', grep { length > 80 } split /\r?\n/, $narrow), '', 'the list fits');
    my $wide = qr/^Helios::TestService +batch1\.example\.com +4194300 +2\.83 +running +2h \d+m +\d{4}-\d\d-\d\d [\d:]+ /m;
    like($of{80}{'service list --wide'}, $wide, '--wide shows all');
    unlike($of{80}{'service list --wide'}, qr/left out/, 'and leaves nothing out');
    for my $list ('service list', 'queue', 'job list') {
        unlike($of{130}{$list}, qr/left out|~/, "$list: everything is there on 130 columns");
    }
    like($of{80}{queue}, qr/^JOBTYPE +WAITING +DELAYED +RUNNING +DONE\/M +FAIL\/M .*OLDEST/m, 'queue: headings are abbreviated');
    says($t, 'a pipe has all, with --wide or without', [qw(service list --service Helios::TestServic), @$_], { out => qr/\AHelios::TestServic\tbatch1\.example\.com\t4194300\t2\.83\trunning\t\d+\t\d{4}-[^\n]*\n\z/ }) for [], ['--wide'];
}

my $follow = $t->spawn([$t->program('helios'), qw(log -f -n 2 --service S)]);
$t->wait_for(sub { (slurp($follow->{out}) // '') =~ /last\n/ }, 10, 'the last messages');
$now = time;
message(2, 'S', 6, 'late');
message(0, 'T', 6, 'not asked for');
message(0, 'S', 6, 'twin') for 1, 2;
$t->wait_for(sub { slurp($follow->{out}) =~ /twin\n.*twin\n/s }, 10, 'new messages');
if (!$t->sqlite) {
    my ($id) = $t->{admin}->selectrow_array('SELECT id FROM information_schema.processlist WHERE db=? AND id<>? ORDER BY id DESC LIMIT 1',
        undef, $t->{database}, $t->dbh->{mysql_thread_id});
    $t->{admin}->do("KILL $id");
    $t->wait_for(sub { slurp($follow->{err}) =~ /\Ahelios: [^\n]+; trying again\nhelios: the database answers again\n\z/ }, 10, 'a lost connection to be made again');
}
message(0, 'S', 6, 'end');
$t->wait_for(sub { slurp($follow->{out}) =~ /end\n/ }, 10, 'another one');
kill TERM => $follow->{pid};
is(texts($t->collect($follow)->{stdout}), 'careful last late twin twin end', 'each message once, late ones too');

# ---- history clean ----
my $row = 'INSERT INTO helios_job_history_tb (jobid, funcid, run_after, grabbed_until, complete_time, exitstatus) VALUES (1,1,1,1,?,0)';
$t->sql($row, $now - 86400 * 2) for 1 .. 7;
$t->sql($row, $now);
says($t, 'history clean by batches', [qw(history clean --days 1 --batch 3)], { out => "7 rows deleted\n" });
is($t->count('helios_job_history_tb'), 1, 'what is younger stays');
is($t->count('helios_log_tb'), 10, 'the log stays');
says($t, 'log clean by batches', [qw(log clean --days 1 --batch 2 --silent)], {});

# ---- what makes no sense ----
my @wrong = (
    [[qw(history clean --batch 0)],    qr/--batch must be from 1 to 100000/],
    [[qw(log -n 0)],                   qr/--lines must be from 1 /],
    [[qw(log --level loud)],           qr/--level loud: the levels are /],
    [[qw(log --since soon)],           qr/--since soon: a time is /],
);
says($t, "wrong: @{ $_->[0] }", $_->[0], { err => qr/\Ahelios: [^\n]*(?:$_->[1])[^\n]*\n\z/, exit => EX_USAGE }) for @wrong;

$t->finish;
