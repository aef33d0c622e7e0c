# SPDX-License-Identifier: MIT
# run_as_user: what root starts runs as an ordinary account, in all its processes and for good.
use strict;
use warnings;
use Fcntl qw(:mode);
use Helios::Test;
use Test::More;

if ($> != 0) {
    print "1..0 # SKIP only root can become another user\n";
    Test::More->builder->no_ending(1);
    exit 77;
}
my ($name, $uid, $gid) = (getpwnam 'nobody')[0, 2, 3];
my $t = Helios::Test->new(section => { MAX_WORKERS => 1 });
my $run = $t->tmp . '/run';
chmod 01777, $t->tmp . '/sanitizer' or die;

# What the account must reach of what root has made: the SQLite file and its folder.
sub share {
    return if !$t->sqlite;
    chown $uid, $gid, glob $t->tmp . '/collective.db*';
    chmod 01777, $t->tmp;
    return;
}
sub status_of {
    my ($pid) = @_;
    my %status = (slurp("/proc/$pid/status") // '') =~ /^(\w+):\s*(.*)$/mg;
    return \%status;
}
my @as = ($t->program('helios_d'), '--check', $t->service);
my @ordinary = ('setpriv', "--reuid=$uid", "--regid=$gid", '--clear-groups', '--');
share();

# ---- a folder that is not there yet, then a daemon in it ----
rmdir $run or die "$run: $!";
$t->write_ini(global => { run_as_user => $name });
my $check = $t->run([@as]);
is($check->{exit}, 0, '--check by root') or diag($check->{stderr});
like($check->{stdout}, qr/^Running as user $uid, group $gid \(run_as_user\)\.$/m, 'says as whom it would run');
like($check->{stderr}, qr/^helios_d: user $uid \(run_as_user\) cannot read .*helios\.ini: HUP/m, 'and that HUP could not read the file');
ok(!-e $run, 'and makes no folder');
chown 0, $gid, $t->ini or die;
chmod 0640, $t->ini or die;

my $made = $t->tmp . '/sanitizer/made';
my $gate = $t->tmp . '/sanitizer/gate';
my $daemon = $t->start;
is($daemon->{err} && slurp($daemon->{err}), '', 'a file that the account may read draws no warning');
my ($id) = $t->submit({ touch => $made, wait_for => $gate });
$t->wait_for(sub { -e $made }, 15, 'the job to run');
for my $path ($run, $t->pid_file, $t->pid_file('board'), $made) {
    my @st = stat $path;
    is("$st[4]:$st[5]", "$uid:$gid", "$path belongs to the account");
}
my %process = (master => $daemon->{pid}, poller => $t->poller($daemon->{pid}), worker => ($t->workers($daemon->{pid}))[0]);
for my $role (sort keys %process) {
    my $is = status_of($process{$role});
    is($is->{Uid} =~ tr/\t/ /r, "$uid $uid $uid $uid", "$role: every user id");
    is($is->{Gid} =~ tr/\t/ /r, "$gid $gid $gid $gid", "$role: every group id");
    is($is->{Groups} =~ s/\s+$//r, $gid, "$role: no group of root");
    like(join(' ', map { $is->{"Cap$_"} } qw(Inh Prm Eff Bnd Amb)), qr/^[0 ]+$/, "$role: no capability in any set");
    is($is->{NoNewPrivs}, 1, "$role: no_new_privs");
}
spew($gate, '');
$t->wait_for(sub { !$t->job($id) }, 15, 'the job to end');
is(($t->history($id))[0]{exitstatus}, 0, 'the job has completed');
kill HUP => $daemon->{pid};
$t->wait_for(sub { $t->log_rows(qr/^Received HUP signal; the configuration has been read again/) }, 15, 'HUP');
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');
ok(!-e $t->pid_file, 'and removes its files');

# ---- what an earlier daemon of root has left ----
chown 0, 0, $run or die;
chmod 0755, $run or die;
spew($t->pid_file, "999999\n");
spew("$run/other__service.pid", "1\n");
$daemon = $t->start;
is((stat $run)[4], $uid, 'a folder of root with PID files alone is handed over');
is((stat $t->pid_file)[4], $uid, 'and the PID file of this service');
is((stat "$run/other__service.pid")[4], 0, 'that of another service stays');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
unlink "$run/other__service.pid";

# A second name of another file must not be given away with the folder.
my $precious = spew($t->tmp . '/precious', 'x');
link $precious, $t->pid_file or die;
my $refused = $t->helios_d($t->service);
is((stat $precious)[4], 0, 'a hard link of the PID file\'s name changes no hands');
isnt($refused->{exit}, 0, 'and the start is refused');
unlink $t->pid_file;

chown 0, 0, $run or die;
spew("$run/somebody", '');
$refused = $t->helios_d($t->service);
is($refused->{exit}, 71, 'a folder of root with other things is not handed over');
like($refused->{stderr}, qr/^helios_d: PID folder \Q$run\E is not writable for user $uid \(run_as_user\).*chown/, 'with the reason');
is((stat $run)[4], 0, 'it stays');
unlink "$run/somebody";

# ---- below a folder of the account root does nothing: what the account puts there could be a link ----
mkdir $_ or die "$_: $!" for my ($home, $victim) = map { $t->tmp . "/$_" } qw(home victim);
chown $uid, $gid, $home;
$t->write_ini(global => { run_as_user => $name, pid_path => "$home/run" });
symlink $victim, "$home/run" or die;
$refused = $t->helios_d($t->service);
is($refused->{exit}, 71, 'a link to a folder of root: refused') or diag($refused->{stderr});
is((stat $victim)[4], 0, 'and the folder stays root\'s');
unlink "$home/run";
is($t->helios_d('--drain', $t->service)->{exit}, 0, 'one that is missing there');
is((stat "$home/run")[4], $uid, 'is made by the account');
symlink $victim, $t->tmp . '/link' or die;
$t->write_ini(global => { run_as_user => $name, pid_path => $t->tmp . '/link' });
is($t->helios_d('--drain', $t->service)->{exit}, 0, 'by a link of root\'s');
is((stat $victim)[4], $uid, 'the folder is handed over');
$t->write_ini(global => { run_as_user => $name });

# ---- who is not root, and what is no account ----
chmod 0644, $t->ini or die;
chown $uid, $gid, $run or die;
$check = $t->run([@ordinary, @as]);
is($check->{exit}, 0, 'the account itself may start it') or diag($check->{stderr});
for my $case (
    [{ run_as_user => 'daemon' },                              77, qr/this process is user $uid, group $gid and only root can become/, @ordinary],
    [{ run_as_user => 'no-such-user' },                        78, qr/there is no user no-such-user/],
    [{ run_as_user => $name, run_as_group => 'no-such-group' }, 78, qr/there is no group no-such-group/],
    [{ run_as_user => 'root' },                                78, qr/run_as_user names root/],
    [{ run_as_user => '0' },                                   78, qr/run_as_user names root/],
    [{ run_as_user => $name, run_as_group => '0' },            78, qr/the group of run_as_user names root/],
    [{ run_as_user => '4294967295' },                          78, qr/there is no user/],
    [{ run_as_user => '3999999' },                             78, qr/run_as_group must be set too/],
    [{ run_as_group => $name },                                78, qr/run_as_user is not/],
) {
    my ($global, $exit, $pattern, @by) = @$case;
    $t->write_ini(global => $global);
    chmod 0644, $t->ini or die;
    my $run = $t->run([@by, @as]);
    my $what = join ', ', map { "$_=$global->{$_}" } sort keys %$global;
    is($run->{exit}, $exit, "$what: refused");
    like($run->{stderr}, $pattern, "$what: with the reason");
}
$t->write_ini(global => { run_as_user => $uid, run_as_group => $gid });
is($t->run([@as])->{exit}, 0, 'numbers will do');
$t->write_ini;
like($t->run([@as])->{stdout}, qr/^Plugin and workers run as root: set run_as_user/m, 'without it --check says so');

# ---- an SQLite file: made as the account, looked at as the account ----
if ($t->sqlite) {
    mkdir $_ or die "$_: $!" for my ($theirs, $roots) = map { $t->tmp . "/$_" } qw(theirs roots);
    chown $uid, $gid, $theirs;
    chmod 0755, $roots;
    my $file = "$theirs/new.db";
    my $use = sub { $t->write_ini(global => { run_as_user => $name, dsn => "dbi:SQLite:dbname=$_[0]" }); chmod 0644, $t->ini or die };
    my $helios = sub { $t->run([$t->program('helios'), @_]) };
    $use->($file);
    my $init = $helios->('schema', 'init');
    is($init->{exit}, 0, 'schema init by root') or diag($init->{stderr});
    like($init->{stdout}, qr/^helios schema init: created \Q$file\E with mode 0640, as its folder allows, for user $name \(run_as_user\)$/m, 'says whose the file is');
    for my $made (glob "$file*") {
        my @st = stat $made;
        is("$st[4]:$st[5]", "$uid:$gid", "$made belongs to the account");
    }
    is($t->helios_d('--drain', $t->service)->{exit}, 0, 'a daemon can use it');
    like($helios->('doctor')->{stdout}, qr/^ok\tpermissions\tuser $name \(run_as_user\) may write \Q$file\E\t$/m, 'doctor says so');

    chown 0, 0, $file;
    chmod 0640, $file;
    my $doctor = $helios->('doctor');
    is($doctor->{exit}, 1, 'a file of root: doctor finds a fault');
    like($doctor->{stdout}, qr/^fault\tpermissions\tuser $name \(run_as_user\) cannot write \Q$file\E: Permission denied\tchown $name \Q$file\E$/m, 'and says what to do');
    like($t->helios_d('--drain', $t->service)->{stderr}, qr/the database file \Q$file\E is not readable for user $name: chown $name \Q$file\E/, 'as the daemon does');
    $helios->('schema', 'init');
    is((stat $file)[4], 0, 'a file that was there is not given away');
    chown $uid, $gid, $file;
    chown 0, 0, $theirs;
    chmod 0755, $theirs;
    like($helios->('doctor')->{stdout}, qr/^fault\tpermissions\tuser $name \(run_as_user\) cannot write in the folder \Q$theirs\E: Permission denied\tchown $name \Q$theirs\E$/m, 'a folder of root: doctor says what to do');
    chmod 0700, $theirs;
    like($t->run([@ordinary, $t->program('helios'), 'queue'])->{stderr}, qr/user $name may not enter the folder of the database file \Q$file\E: chown $name/, 'a folder that may not be entered');
    chown $uid, $gid, $theirs;

    $use->("$roots/new.db");
    $init = $helios->('schema', 'init');
    isnt($init->{exit}, 0, 'in a folder of root: refused');
    like($init->{stderr}, qr{^helios: user $name \(run_as_user\) may not make the database \Q$roots\E/new\.db.*: chown $name its folder$}m, 'with what to do');
    # What the account puts into its folder leads root nowhere.
    symlink $roots, "$theirs/link" or die;
    symlink "$roots/file", "$theirs/file.db" or die;
    for my $path ("$theirs/link/new.db", "$theirs/file.db") {
        $use->($path);
        isnt($helios->('schema', 'init')->{exit}, 0, "$path: refused");
    }
    is(join(' ', glob "$roots/*"), '', 'nothing was made behind a link of the account');
    $t->write_ini;
}

# ---- no row of the table can choose the account ----
$t->set_param(run_as_user => 'nobody');
$daemon = $t->start;
is(status_of($daemon->{pid})->{Uid} =~ /^(\d+)/ && $1, 0, 'a row does not choose the account');
is($t->stop($daemon)->{exit}, 0, 'it stops cleanly');
$t->finish;
