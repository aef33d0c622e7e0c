# SPDX-License-Identifier: MIT
# Two collectives of one host that share a PID folder by mistake: neither settles, shows or hides what
# is the other's, and a daemon stays with its database.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
my $class = $t->service;
$t->command_ok('schema', 'init', '--config', other_ini());

# The same file with a dsn of its own.
sub other_ini {
    my $name = $t->tmp . '/other.ini';
    my $text = slurp($t->ini);
    my $other = 'dbi:SQLite:dbname=' . $t->tmp . '/other.db';
    $text =~ s/^dsn=.*$/dsn=$other/m or die 'no dsn';
    spew($name, $text);
    chmod 0600, $name;
    return $name;
}
my %other = (env => { HELIOS_INI => other_ini() });

# ---- a daemon that is killed with its worker, and one of the other collective after it ----
my $daemon = $t->start;
my ($id) = $t->submit({ action => 'hang', append => $t->tmp . '/ran' });
$t->wait_for(sub { -e $t->tmp . '/ran' }, 20, 'the job to run');
my $refused = $t->helios_d('--foreground', $class, {%other});
is($refused->{exit}, 1, 'while it runs, one of the other collective is refused');
like($refused->{stderr}, qr/already running.*\n.*another database.*pid_path/, 'and is told why');
is($t->command('service', 'status', {%other})->{stdout}, '', 'nor do the tools show it there');
my ($doctor) = grep { /scoreboards/ } split /\n/, $t->command('doctor', {%other})->{stdout};
like($doctor, qr/daemons of another database have this pid_path/, 'doctor warns');

my @all = ($daemon->{pid}, $t->poller($daemon->{pid}), $t->workers($daemon->{pid}));
kill STOP => $_ for @all;
kill KILL => $_ for @all;
$t->collect($daemon);
my $drained = $t->helios_d('--foreground', '--drain', $class, {%other});
is($drained->{exit}, 0, 'the other collective drains') or diag($drained->{stderr});
is($t->count('job', 'grabbed_until > 0'), 1, 'the job is still held');
$daemon = $t->start;
$t->wait_for(sub { $t->count('error') }, 20, 'the next daemon to settle it');
like(($t->errors($id))[0], qr/ended while running this job/, 'as what it was');
$t->stop($daemon);
is_deeply([glob $t->tmp . '/run/*'], [], 'no scoreboard is left');

# ---- HUP with another database ----
$t->sql('DELETE FROM job');
$daemon = $t->start;
my $mine = slurp($t->ini);
spew($t->ini, slurp(other_ini()));
kill HUP => $daemon->{pid};
$t->wait_for(sub { $t->log_rows(qr/the configuration stays as it is: dsn or table_prefix names another database/) }, 20, 'the HUP to be refused');
pass('HUP with another database: refused');
spew($t->ini, $mine);
my ($next) = $t->submit({});
$t->wait_for(sub { !$t->job($next) }, 20, 'a job');
kill HUP => $daemon->{pid};
$t->wait_for(sub { $t->log_rows(qr/the configuration has been read again/) }, 20, 'a HUP with its own');
if (!$t->sqlite) {
    my $link = $t->tmp . '/socket';
    symlink $ENV{HELIOS_TEST_SOCKET}, $link or die;
    (my $moved = $mine) =~ s/^(dsn=.*mysql_socket=).*$/$1$link/m or die;
    spew($t->ini, $moved);
    $t->sql("DELETE FROM helios_log_tb WHERE message LIKE '%read again%'");
    kill HUP => $daemon->{pid};
    $t->wait_for(sub { $t->log_rows(qr/the configuration has been read again/) }, 20, 'a HUP with another address of it');
    ($next) = $t->submit({});
    $t->wait_for(sub { !$t->job($next) }, 20, 'a job there');
    pass('HUP with another address of the same database');
}
$t->stop($daemon);
is_deeply([glob $t->tmp . '/run/*'], [], 'no scoreboard is left then either');
$t->finish;
