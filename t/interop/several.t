# SPDX-License-Identifier: MIT
# Handles, table prefixes and several databases, as TheSchwartz has them: a Perl client and ours on
# the same tables.
use strict;
use warnings;
use Helios::Test;
use Helios::Schwartz;
use Test::More;

my %drain = (section => { MAX_WORKERS => 1, OVERDRIVE => 1 });
my $one = Helios::Test->new(%drain);
my $two = Helios::Test->new(%drain);
my $class = $one->service;

# What Perl is told of a database, and its number of a job for it.
sub database {
    my ($t, %option) = @_;
    return { dsn => $t->{dsn}, user => $t->sqlite ? '' : 'root', pass => '', %option };
}
sub client {
    my (@databases) = @_;
    my $client = TheSchwartz->new(verbose => 0, databases => \@databases);
    $client->can_do($class);
    return $client;
}
sub job { return TheSchwartz::Job->new(funcname => $class, arg => [Helios::Test::xml({ action => 'complete', @_ })]) }

# ---- a handle of Perl's is taken here, one of ours there ----
{
    my $perl = client(database($one));
    my $handle = $perl->insert(job())->as_string;
    is($one->command_ok('job', 'status', $handle), "waiting\n", 'the handle that Perl gave names the job');
    like($one->command_ok('job', 'info', $handle), qr/^Jobtype: \Q$class\E$/m, 'helios job info takes it');
    my ($ours) = split /\n/, $one->command_ok('submit', '--handle', $class, 'action=complete');
    like($ours, qr/^[0-9a-f]{32}-\d+$/, 'helios submit gives one');
    my $seen = $perl->lookup_job($ours);
    is($seen && $seen->funcname, $class, 'which Perl takes');
    is($perl->handle_from_string($ours)->is_pending, 1, 'the job is pending');
    my $dbh = $one->connect_database;
    require Data::ObjectDriver::Driver::DBI;
    my $driver = Data::ObjectDriver::Driver::DBI->new(dbh => $dbh,
        username => $one->sqlite ? '' : 'root');
    my $by_driver = eval { TheSchwartz->new(databases => [{ driver => $driver }])->insert($class, 'x') };
  SKIP: {
        skip 'this TheSchwartz takes no driver: ' . ($@ // ''), 1 if !$by_driver;
        is($one->command_ok('job', 'status', $by_driver->as_string), "waiting\n", 'so does the handle by a driver object');
    }
    my $unknown = $one->command('job', 'status', '0' x 32 . '-1');
    is($unknown->{exit}, 66, 'a handle of another database is refused') or diag $unknown->{stderr};
    like($unknown->{stderr}, qr/the handle is of another database/, 'with the reason');
    for my $bad ('x', '-1', "$handle-", '0', 'a' x 31 . '-1', substr($handle, 0, 33), '99999999999999999999999') {
        my $run = $one->command('job', 'status', $bad);
        like($run->{stderr}, qr/is not the number of a job, nor its handle|is not an option/i, "'$bad' is no handle");
        isnt($run->{exit}, 0, 'which is refused');
    }
    is($one->helios_d('--foreground', '--drain', $class)->{exit} <= 1, 1, 'drained');
    is($one->command('job', 'wait', $ours)->{exit}, 0, 'helios job wait takes a handle');
    $one->sql('DELETE FROM job');
}

# ---- a prefix: Perl's tables and ours are the same ----
{
    my $t = Helios::Test->new(%drain, schema => 0, global => { table_prefix => 'ts_' });
    $t->command_ok('schema', 'init');
    my $names = join ' ', sort map { $_->{name} } $t->rows($t->sqlite
        ? "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'"
        : 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema=DATABASE()');
    is($names, 'helios_class_map helios_job_history_tb helios_log_tb helios_params_tb helios_worker_registry_tb '
        . 'ts_error ts_exitstatus ts_funcmap ts_helios_schema_tb ts_job ts_note', 'schema init makes tables with the prefix');
    is($t->command('schema', 'check')->{exit}, 0, 'schema check finds them');
    is($t->command('doctor')->{stdout} =~ /fault/i ? 1 : 0, 0, 'and so does doctor');
    my $perl = client(database($t, prefix => 'ts_'));
    my $handle = $perl->insert(job());
    my $failing = $perl->insert(job(action => 'fail_no_retry', message => 'with a prefix'));
    is($t->count('ts_job'), 2, 'Perl inserts into ts_job');
    my $run = $t->helios_d('--foreground', '--drain', $class);
    ok($run->{exit} <= 1, 'helios_d drains it') or diag $run->{stderr};
    ok(!$handle->is_pending, 'the job is done');
    is_deeply([$failing->failure_log], ['with a prefix'], 'Perl reads our error row');
    my $given = $t->command_ok('submit', '--handle', $class, 'action=complete');
    chomp $given;
    my $worker = fork // die "fork: $!";
    if (!$worker) { client(database($t, prefix => 'ts_'))->work_until_done; POSIX::_exit(0) }
    waitpid $worker, 0;
    is($t->count('ts_job'), 0, 'and Perl does our job');
    is($t->command('schema', 'upgrade')->{exit}, 0, 'upgrade has nothing to do');
    # stock tables beside them are left alone
    $t->write_ini(%drain);
    $t->command_ok('schema', 'init');
    $t->command_ok('submit', $class, 'action=complete');
    is($t->count('job') . $t->count('ts_job'), '10', 'without the prefix they are other tables');
    for my $bad ('1x_', 'a-b', 'a b', 'x' x 33, "a'b") {
        $t->write_ini(%drain, global => { table_prefix => $bad });
        my $refused = $t->command('queue');
        is($refused->{exit}, 78, "table_prefix=$bad is refused");
        like($refused->{stderr}, qr/table_prefix must be a name/, 'with the reason');
    }
    is($t->sanitizer_reports, '', 'nothing of the sanitizers');
}

# ---- two databases ----
# The second one is reached by a name that can be taken away.
my $way = $two->tmp . ($two->sqlite ? '/way.db' : '/way');
if ($two->sqlite) { rename $two->tmp . '/collective.db', $way or die; $two->{dsn} = "dbi:SQLite:dbname=$way" }
else {
    symlink $ENV{HELIOS_TEST_SOCKET}, $way or die;
    $two->{dsn} =~ s/mysql_socket=.*/mysql_socket=$way/;
}
$two->write_ini(%drain);
delete $two->{dbh};
sub take_away { return rename $way, "$way.away" }
sub bring_back { return rename "$way.away", $way }
sub submit_lines {
    my ($n, @options) = @_;
    # one transaction each: --lines would put all into one database
    my @handles;
    for (1 .. $n) {
        my $run = $one->command('submit', '--handle', @options, $class, 'action=complete');
        is($run->{exit}, 0, 'submitted') or diag $run->{stderr};
        push @handles, split /\n/, $run->{stdout};
    }
    return @handles;
}
$one->write_ini(%drain, global => { queue_databases => $two->ini });
{
    my $batch = join '', map { "{\"args\":{\"n\":\"$_\"}}\n" } 1 .. 50;
    $one->command_ok('submit', '--lines', $class, { stdin => $batch });
    my @n = sort { $a <=> $b } map { $_->count('job') } $one, $two;
    is_deeply(\@n, [0, 50], 'one transaction goes into one database');
    $_->sql('DELETE FROM job') for $one, $two;

    my $ended = $one->count('helios_job_history_tb');
    my @handles = submit_lines(24);
    my ($in_one, $in_two) = map { $_->count('job') } $one, $two;
    is($in_one + $in_two, 24, 'each job is in one of the two');
    cmp_ok($_, '>=', 3, 'and each has some') for $in_one, $in_two;
    my $perl = client(database($one), database($two));
    is(scalar(grep { $perl->handle_from_string($_)->is_pending } @handles), 24, 'Perl finds each by its handle');
    my @theirs = map { $perl->insert(job())->as_string } 1 .. 20;
    is(scalar(grep { $one->command_ok('job', 'status', $_) eq "waiting\n" } @theirs[0 .. 5]), 6, 'and we those of Perl');
    is($_->helios_d('--foreground', '--drain', $class)->{exit}, 0, 'the daemon of each database drains it') for $one, $two;
    is($one->count('job') + $two->count('job'), 0, 'none is left');
    is($one->count('helios_job_history_tb') + $two->count('helios_job_history_tb') - $ended, 44, 'each has an end in its own database');
    is($one->command_ok('job', 'status', $theirs[0]), "done\n", 'found there by its handle');
}

# ---- one is away ----
{
    my $before = $one->count('job');
    my $perl = client(database($one), database($two));
    $two->{dbh}->disconnect if $two->{dbh};
    delete $two->{dbh};
    ok(take_away(), 'the second database is away');
    submit_lines(6);
    is($one->count('job') - $before, 6, 'all jobs go into the first');
    my @theirs = grep { defined } map { $perl->insert(job()) } 1 .. 4;
    ok(bring_back(), 'it is back');
    my $later = submit_lines(12);
    cmp_ok($two->count('job'), '>=', 1, 'and takes jobs again');
    $one->sql('DELETE FROM job');
    $two->sql('DELETE FROM job');
    ok(take_away(), 'away again');
    submit_lines(1, '--uniqkey', 'K' . $_) for 1 .. 4;
    is($one->count('job'), 4, 'jobs with a key go where they can');
    bring_back();
    $one->sql('DELETE FROM job');
    delete $two->{dbh};
    submit_lines(1, '--uniqkey', 'only once');
    is($one->command('submit', '--uniqkey', 'only once', $class, 'a=1')->{exit}, 65, 'a key is in one of the databases only') for 1 .. 6;
    is($one->count('job') + $two->count('job'), 1, 'one job of that key');
}

# ---- the second one refuses to be written: its client goes on (SQLite: fault.sqlite.readonly) ----
if (!$one->sqlite) {
    my $looker = "looker$$";
    $_->sql('DELETE FROM job') for $one, $two;
    $two->sql("CREATE USER $looker\@localhost");
    $two->sql("GRANT SELECT ON $two->{database}.* TO $looker\@localhost");
    $two->write_ini(%drain, global => { user => $looker });
    submit_lines(6);
    is($one->count('job'), 6, 'jobs go where they may be written');
    $two->write_ini(%drain);
    $two->sql("DROP USER $looker\@localhost");
    $_->sql('DELETE FROM job') for $one, $two;
}

# ---- the first one is away: its client goes on ----
if ($one->sqlite) {
    $_->disconnect for grep { $_ } delete $one->{dbh};
    rename $one->tmp . '/collective.db', $one->tmp . '/gone.db' or die;
    $two->sql('DELETE FROM job');
    submit_lines(2);
    is($two->count('job'), 2, 'jobs go into the second');
    rename $one->tmp . '/gone.db', $one->tmp . '/collective.db' or die;
    $two->sql('DELETE FROM job');
}
{
    take_away();
    $one->write_ini(%drain, global => { dsn => $two->{dsn} , queue_databases => ''});
    my $none = $one->command('submit', $class, 'a=1');
    is($none->{exit}, $one->sqlite ? 78 : 69, 'without any database it says so') or diag $none->{stderr};
    bring_back();
    $one->write_ini(%drain, global => { queue_databases => $one->ini });
    like($one->command('queue')->{stderr}, qr/name one database/, 'a file that names the same database is refused');
    $one->write_ini(%drain, global => { queue_databases => '/nonexistent.ini' });
    like($one->command('queue')->{stderr}, qr{queue_databases: /nonexistent\.ini}, 'and one that is not there');
}
is($_->sanitizer_reports, '', 'nothing of the sanitizers') for $one, $two;
$one->finish;
