# SPDX-License-Identifier: MIT
# Starting helios_d: what it says, how it ends, and what is left behind when it does not start.
use strict;
use warnings;
use Helios::Test;
use File::Copy qw(copy);
use Test::More;

my $t = Helios::Test->new;
my $class = $t->service;

# ---- arguments; none of these looks at a file or a database ----
{
    my %nowhere = (env => { HELIOS_INI => $t->tmp . '/no.ini' });
    for my $name ('A', '1abc', '_x', 'Foo:Bar', 'A:::B', 'A::', "a'b", '../x') {
        my $run = $t->helios_d($name, {%nowhere});
        is($run->{exit}, 1, "class $name: exit code");
        like($run->{stderr}, qr/^Sorry, requested name is invalid: \Q$name\E$/m,
            "class $name: refused");
    }
    my @table = (
        # name, arguments, exit code, standard output, standard error
        ['no class', [], 1, qr/^(?:.*version.*\n|Helios .*\n)*$/,
            qr/^The name of a service class is required\.$/m],
        ['--version', ['--version'], 0, qr/^Helios \d+\.\d+\.\d+\nhelios_d .*\d+\.\d+\.\d+\n$/,
            qr/^$/],
        ['--help', ['--help'], 0, qr/^Usage: helios_d .*--drain/s, qr/^$/],
        ['unknown option', ['--frobnicate', $class], 64, qr/^$/, qr/--frobnicate/],
        ['a second class', [$class, 'Other'], 64, qr/^$/, qr/Other/],
    );
    for my $case (@table) {
        my ($name, $arguments, $exit, $out, $err) = @$case;
        my $run = $t->helios_d(@$arguments, {%nowhere});
        is($run->{exit}, $exit, "$name: exit code");
        like($run->{stdout}, $out, "$name: standard output");
        like($run->{stderr}, $err, "$name: standard error");
    }
    my $run = $t->helios_d('A', {%nowhere});
    like($run->{stderr}, qr/^A service class has 2 to 64 letters/m, 'a refused class: what one is');
}

# ---- the configuration file ----
{
    my $bad = spew($t->tmp . '/bad.ini', "[global]\ndsn=$t->{dsn}\nthis line is nothing\n");
    my $run = $t->helios_d('--config', $bad, $class);
    is($run->{exit}, 78, 'malformed ini: exit code');
    like($run->{stderr}, qr/\Qbad.ini\E:3: /, 'file and line are named');

    $run = $t->helios_d('--config', $t->tmp . '/missing.ini', $class);
    is($run->{exit}, 78, 'missing ini: exit code');
    like($run->{stderr}, qr/missing\.ini: No such file/, 'and the reason');

    $run = $t->helios_d($class, { env => { HELIOS_INI => '' } });
    is($run->{exit}, 78, 'empty HELIOS_INI: exit code');

    $run = $t->helios_d('--check', $class, { env => { HELIOS_INI => undef }, cwd => $t->tmp });
    is($run->{exit}, 0, './helios.ini is read without HELIOS_INI') or diag $run->{stderr};
    $run = $t->helios_d($class, '--check', '--config', $t->ini,
        { env => { HELIOS_INI => '/nowhere' } });
    is($run->{exit}, 0, '--config goes before HELIOS_INI; options may follow the class')
        or diag $run->{stderr};

    for my $case (['no dsn', undef], ['unknown driver', 'dbi:Oracle:SID'],
        ['no driver', 'nonsense']) {
        my ($name, $dsn) = @$case;
        $t->write_ini(global => { dsn => $dsn });
        $run = $t->helios_d('--foreground', $class);
        is($run->{exit}, 78, "$name: exit code");
        like($run->{stderr}, qr/dsn|dbi/i, "$name: said");
        unlike($run->{stderr}, qr/runtime error|Sanitizer/, "$name: cleanly");
    }
    $t->write_ini;
}

# ---- --check ----
{
    my $run = $t->helios_d('--check', $class);
    is($run->{exit}, 0, '--check: exit code') or diag $run->{stderr};
    like($run->{stdout}, qr/^Attempting to load \Q$class\E\.\.\.\n\Q$class\E 1\.0 loaded\.\n/m,
        '--check: the messages of a start');
    like($run->{stdout}, qr/ready/, '--check: says that all is well');
    ok(!-e $t->pid_file, '--check: no PID file');

    $t->write_ini(global => { loggers => 'stderr,parrot', MAX_WORKERS => 'many', options => 'a=>1' });
    $run = $t->helios_d('--check', $class);
    is($run->{exit}, 0, '--check with odd values: exit code');
    is(scalar(() = $run->{stderr} =~ $_->[1]), 1, "--check: what is odd is said once: $_->[0]")
        for ['loggers', qr/'parrot'/], ['MAX_WORKERS', qr/'many'/], ['options', qr/for Perl programs/];
    $t->write_ini;
}

# ---- into the background ----
{
    my $run = $t->helios_d($class);
    is($run->{exit}, 0, 'background: the command ends with 0') or diag $run->{stderr};
    like($run->{stdout}, qr/^Attempting to load \Q$class\E\.\.\.\n\Q$class\E 1\.0 loaded\.\nConnected to collective database: /m, 'with the messages of helios.pl');
    my $pid = Helios::Test::pid_of($t->pid_file);
    ok(alive($pid), 'when it returns the PID file names a running process');
    like((slurp("/proc/$pid/cmdline") // '') =~ tr/\0/ /r, qr/^helios_d: master \Q$class\E/,
        'with a title');
    is(readlink("/proc/$pid/cwd"), '/', 'in /');
    is(readlink("/proc/$pid/fd/$_"), '/dev/null', "with descriptor $_ on /dev/null") for 0 .. 2;
    my $poller = $t->poller($pid);
    is(readlink("/proc/$poller/fd/$_"), '/dev/null', "and so is descriptor $_ of the poller") for 0 .. 2;
    isnt(getppid(), $pid, 'not our parent');
    is((slurp("/proc/$pid/stat") =~ /\) \S \d+ \d+ (\d+)/)[0] == $$ ? 1 : 0, 0,
        'in a session of its own');
    $t->wait_for(sub { $t->count('helios_worker_registry_tb') }, 5, 'the registration');
    my $row = $t->row('SELECT * FROM helios_worker_registry_tb');
    is($row->{process_id}, $pid, 'registered by pid');
    is($row->{worker_class}, $class, 'registered by class');
    is($row->{worker_version}, '1.0', 'registered by version');
    is($row->{host}, $t->host, 'registered by host');
    my ($id) = $t->submit({});
    $t->wait_for(sub { !$t->job($id) }, 10, 'a job');
    is(($t->history($id))[0]{exitstatus}, 0, 'it works');
    my @workers = map { $_->{title} } children($pid);
    ok((grep { /^helios_d: poller \Q$class\E/ } @workers), 'the poller has its title')
        or diag "@workers";
    kill TERM => $pid;
    $t->wait_for(sub { !alive($pid) }, 10, 'TERM to end it');
    ok(!-e $t->pid_file, 'nothing is left in pid_path: the PID file');
    is_deeply([glob $t->tmp . '/run/*'], [], 'nothing is left in pid_path at all');
}

# ---- --jobtypes ----
{
    my $run = $t->helios_d('--check', '--jobtypes', 'Toy::None', $class);
    is($run->{exit}, 66, '--jobtypes with an unknown one: exit code');
    like($run->{stderr}, qr/jobtype Toy::None cannot be found .*`helios jobtype add Toy::None`/, 'and what to do');
}

# ---- relative paths in the ini, from another folder, in the background, after a HUP ----
{
    my $folder = $t->tmp . '/plugins';
    mkdir $folder or die "$folder: $!";
    copy("$ENV{HELIOS_BUILD}/t/plugins/$_", $folder) or die "$_: $!" for 'toy__service.so';
    $t->write_ini(global => { pid_path => 'run', service_path => 'nowhere:plugins' });
    my $run = $t->helios_d($class, { cwd => '/' });
    is($run->{exit}, 0, 'relative paths begin in the folder of helios.ini') or diag $run->{stderr};
    my $pid = Helios::Test::pid_of($t->pid_file);
    $t->sql('DELETE FROM helios_log_tb');
    kill HUP => $pid;
    $t->wait_for(sub { grep { /^Received HUP/ } $t->log_rows }, 10, 'the answer to a HUP');
    is_deeply([grep { /could not be loaded/ } $t->log_rows], [], 'and still do when the daemon is in /');
    my ($id) = $t->submit({});
    $t->wait_for(sub { !$t->job($id) }, 10, 'a job');
    kill TERM => $pid;
    $t->wait_for(sub { !alive($pid) }, 10, 'TERM to end it');
    ok(!-e $t->pid_file, 'no PID file is left');
    $t->write_ini;
}

# ---- HELIOS_DEBUG ----
{
    $t->write_ini(global => { password => 'se;cr#et' }) if $t->sqlite;
    my $run = $t->helios_d('--drain', $class, { env => { HELIOS_DEBUG => 1 } });
    is($run->{exit}, 0, 'HELIOS_DEBUG=1 stays in the foreground') or diag $run->{stderr};
    like($run->{stdout}, qr/^Debug Mode enabled\.$/m, 'and says so');
    like($run->{stdout}, qr/^--INITIAL PARAMS--$/m, 'and shows the parameters');
    like($run->{stdout}, qr/^ZERO LAUNCH INTERVAL: 1$/m, 'and the intervals that the rows left in force');
    unlike($run->{stdout} . $run->{stderr}, qr/cr#et/, 'but not the password');
    $t->submit({});
    $t->helios_d('--drain', $class, { env => { HELIOS_DEBUG => 1 } });
    ok((grep { /^\Q$class\E process \d+ launched$/ } $t->log_rows), 'a launch is logged');
    $t->write_ini;
}

# ---- HALT ----
{
    my $run = $t->helios_d('--clear-halt');
    is($run->{exit}, 0, '--clear-halt without a class: exit code');
    $t->set_param(HALT => 1, '*');
    $run = $t->helios_d('--clear-halt');
    like($run->{stdout}, qr/^\Q$class\E is halted on every host: helios .*\n\z/m, 'a HALT of all hosts is shown');
    my ($advice) = $run->{stdout} =~ /: helios (.*)$/m;
    $advice =~ tr/'//d;
    is($t->command(split(' ', $advice), '--yes')->{exit}, 0, 'and the command that it says works') or diag $advice;
    is($t->count('helios_params_tb'), 0, 'and clears it');
    $t->set_param(HALT => 1, $t->host);
    $run = $t->helios_d('--clear-halt');
    like($run->{stdout}, qr/\Q$class\E.*--clear-halt \Q$class\E/,
        'says what is halted and what to type');
    $run = $t->helios_d($class);
    is($run->{exit}, 1, 'HALT: exit code');
    is($run->{stderr}, "HALT is set for this service class.\nPlease clear it and try again.\n$class HALTED.\nHALT is '1' (row for host " . $t->host . "); helios_d --clear-halt $class clears it.\n", 'HALT: the three lines, and whose row it is');
    ok(!-e $t->pid_file, 'HALT: no PID file');
    $t->del_param('HALT', $t->host);

    # Left by a crash of ours: recognised, cleared, said.
    my $gone = fork // die "fork: $!";
    POSIX::_exit(0) if !$gone;
    waitpid $gone, 0;
    $t->set_param(HALT => 'helios_d:' . $t->host . ":$gone", $t->host);
    $run = $t->helios_d('--foreground', '--drain', $class);
    is($run->{exit}, 0, 'a HALT row of a dead daemon does not stop a start') or diag $run->{stderr};
    like($run->{stderr} . join("\n", $t->log_rows), qr/HALT/, 'and its removal is said');
    is($t->count('helios_params_tb'), 0, 'the row is gone');

    # Its pid is now that of another service's daemon.
    my $other = $t->spawn([$t->program('helios_d'), '--foreground', 'NoopService']);
    $t->wait_for(sub { $t->poller($other->{pid}) }, 20, 'the other daemon to be up');
    $t->set_param(HALT => 'helios_d:' . $t->host . ":$other->{pid}", $t->host);
    $run = $t->helios_d('--foreground', '--drain', $class);
    is($run->{exit}, 0, 'a reused pid does not keep a service halted') or diag $run->{stderr};
    is($t->count('helios_params_tb', "worker_class = '$class'"), 0, 'and the row is gone');
    $t->stop($other);

    # It is our own, as in a container that is started again.
    SKIP: {
        my @container = qw(unshare --pid --fork --mount-proc);
        skip 'no namespace of processes may be made here', 2 if $t->run([@container, 'true'])->{exit};
        $t->set_param(HALT => 'helios_d:' . $t->host . ':1', $t->host);
        $run = $t->run([@container, $t->program('helios_d'), '--foreground', '--drain', $class]);
        is($run->{exit}, 0, 'nor does our own') or diag $run->{stderr};
        is($t->count('helios_params_tb', "worker_class = '$class'"), 0, 'and the row is gone');
    }
}

# ---- pid_path ----
{
    $t->write_ini(global => { pid_path => $t->tmp . '/nowhere' });
    for my $arguments ([], ['--foreground'], ['--check']) {
        my $run = $t->helios_d(@$arguments, $class);
        is($run->{exit}, 73, "missing PID folder (@$arguments): exit code");
        like($run->{stderr}, qr{/nowhere.*No such file}, 'and the reason');
    }
    SKIP: {
        skip 'root may write anywhere', 2 if $> == 0;
        mkdir $t->tmp . '/closed', 0500;
        $t->write_ini(global => { pid_path => $t->tmp . '/closed' });
        my $run = $t->helios_d($class);
        is($run->{exit}, 73, 'PID folder not writable: exit code');
        like($run->{stderr}, qr{/closed.*Permission denied}, 'and the reason');
    }
    $t->write_ini;
}

# ---- the database ----
{
    my $away = $t->sqlite ? "dbi:SQLite:dbname=$t->{tmp}/no/such/folder.db"
        : "dbi:mysql:database=none;mysql_socket=$t->{tmp}/no.socket";
    $t->write_ini(global => { dsn => $away });
    # Nobody waits for the time-out of a connection.
    my $run = $t->helios_d($class, { seconds => 4 });
    is($run->{exit}, $t->sqlite ? 78 : 69,
        'database away: EX_UNAVAILABLE, or EX_CONFIG for a missing file') or diag $run->{stderr};
    like($run->{stderr}, qr/^FAILED to get configuration: /m, 'and says so');
    ok(!-e $t->pid_file, 'and no PID file is left');
    is_deeply([$t->users], [], 'nor a process');

    if (!$t->sqlite) {
        $t->{admin}->do("CREATE USER 'locked'\@'localhost' IDENTIFIED BY 'right'");
        $t->write_ini(global => { user => 'locked', password => 'wr0ng-passw0rd' });
        $run = $t->helios_d($class);
        $t->{admin}->do("DROP USER 'locked'\@'localhost'");
        is($run->{exit}, 77, 'wrong password: EX_NOPERM') or diag $run->{stderr};
        like($run->{stderr}, qr/locked/, 'the user is named');
        unlike($run->{stderr} . $run->{stdout}, qr/wr0ng/, 'the password is not');
    }

    my $empty = Helios::Test->new(schema => 0);
    DBI->connect($empty->{dsn}, '', '') if $empty->sqlite;    # an empty database
    $run = $empty->helios_d($class);
    is($run->{exit}, 78, 'no schema: EX_CONFIG') or diag $run->{stderr};
    like($run->{stderr}, qr/helios schema init/, 'and what to do');
}
$t->finish;
