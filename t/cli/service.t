# SPDX-License-Identifier: MIT
# helios service status | list and helios_service_status (158).
use strict;
use warnings;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX qw(strftime);
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $now = time;
sub stamp { return strftime '%a %b %e %H:%M:%S %Y', localtime $_[0] }

for (['Lab::Svc', '1.0', $t->host, $$, 10], ['Lab::Old', '1.0', $t->host, $$, 400], ['Lab::Far', undef, 'far', 125, 20], ['Lab::Empty', '', $t->host, $$, 30]) {
    my ($service, $version, $host, $pid, $age) = @$_;
    $t->sql('INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, worker_version, host, process_id) VALUES (?,?,?,?,?,?)',
        $now - $age, $now - 1000, $service, $version, $host, $pid);
}
sub text {
    my ($service, $version, $host, $pid, $age, $format) = @_;
    return "Service: $service\nVersion: $version\nHost: $host\nPID: $pid\nOnline Since: " . $format->($now - 1000)
        . "\nLast Registered: " . $format->($now - $age) . "\n\n";
}
sub svc   { return text('Lab::Svc',   '1.0',    $t->host, $$, 10, $_[0]) }
sub empty { return text('Lab::Empty', '(none)', $t->host, $$, 30, $_[0]) }
sub far   { return text('Lab::Far',   '(none)', 'far',    125, 20, $_[0]) }
my $epoch = sub { return $_[0] };

my @rows = (
    ['this host, not older than 300 s', [], empty(\&stamp) . svc(\&stamp)],
    ['one service', ['--service', 'Lab::Svc'], svc(\&stamp)],
    ['all hosts', ['-H', '*'], empty(\&stamp) . far(\&stamp) . svc(\&stamp)],
    ['another host', ['--hostname=far'], far(\&stamp)],
    ['Unix seconds', ['--service=Lab::Svc', '--epoch-time'], svc($epoch)],
    ['nothing', ['--service=Lab::None'], ''],
);
for (@rows) {
    my ($name, $options, $out) = @$_;
    says($t, "$name (historical)", ['helios_service_status', @$options], { out => $out });
}
says($t, 'abbreviated (historical)', ['helios_service_status', '-s', 'Lab::Svc', '-e'], { out => svc($epoch) });


# ---- helios: a table ----
$t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)', @$_)
    for ['*', 'Lab::Empty', 'HOLD', 1], ['far', 'Lab::Far', 'HALT', 1], [$t->host, 'Lab::Svc', 'MAX_WORKERS', 4];
$t->submit_as('Lab::Svc', {}, { a => 1 }, { a => 2 });
$t->submit_as('Lab::Svc', { grabbed_until => $now + 3600 }, { a => 3 });

# The lines of a table without its times, which pass.
sub lines {
    my ($text) = @_;
    return join '', map { chomp; my @c = split /\t/, $_, -1; join('|', @c[0 .. 4, 7 .. 11]) . "\n" } $text =~ /(.*\n)/g;
}
my $host = $t->host;
my %line = (
    empty => "Lab::Empty|$host|$$||holding||||0|0\n",
    far   => "Lab::Far|far|125||halting||||0|0\n",
    old   => "Lab::Old|$host|$$|1.0|silent||||0|0\n",
    svc   => "Lab::Svc|$host|$$|1.0|running|||4|1|2\n",
);
my @tables = (
    # name, words, lines
    ['this host',      ['status'],                         [qw(empty old svc)]],
    ['every host',     ['status', '-a'],                   [qw(empty far old svc)]],
    ['a list',         ['list'],                           [qw(empty far old svc)]],
    ['of one host',    ['list', '--host', 'far'],          [qw(far)]],
    ['of one service', ['list', '--service', 'Lab::Svc'],  [qw(svc)]],
    ['of none',        ['list', '--service', 'Lab::None'], []],
);
for (@tables) {
    my ($name, $words, $expect) = @$_;
    my $run = says($t, "table: $name", ['service', @$words], { out => qr/\A/ });
    is(lines($run->{stdout}), join('', @line{@$expect}), "table: $name, as expected");
}
says($t, 'times as Unix seconds', ['service', 'list', '--epoch-time', '--service', 'Lab::Svc'], { out => qr/\t\d+\t@{[ $now - 10 ]}\t\t\t4\t1\t2\n\z/ });
says($t, 'as JSON', ['service', 'list', '--json', '--service', 'Lab::Svc'],
    { out => qr/\A\{"service":"Lab::Svc","host":"\Q$host\E","pid":$$,"version":"1\.0","state":"running","uptime":\d+,"last_seen":@{[ $now - 10 ]},"busy":null,"idle":null,"max_workers":4,"running":1,"waiting":2\}\n\z/ });
says($t, 'two kinds of host', ['service', 'status', '-a', '-H', 'x'], { err => "helios: --host and --all-hosts exclude each other\n", exit => EX_USAGE });

# ---- what the scoreboard of a daemon on this host adds ----
sub told {
    my ($line) = map { decode_json($_) } $t->command_ok(qw(service status --json --service Toy::Service));
    return $line;
}
$t->set_param(MAX_WORKERS => 3);
my $gate = "$t->{tmp}/gate";
$t->submit({ $t->gated($gate) });
my $daemon = $t->start;
# A second one, launched for the same job before the first had claimed it, leaves again.
my $status = $t->wait_for(sub { my $s = told(); -e "$gate.up" && "$s->{busy} $s->{idle}" eq '1 0' && $s }, 20, 'one worker, which is busy');
pass('one worker, which is busy');
is($status->{max_workers}, 3, 'MAX_WORKERS as the daemon has it');
is($status->{pid}, $daemon->{pid}, 'its pid');
$t->set_param(HOLD => 1);
$t->wait_for(sub { told()->{state} eq 'holding' }, 20, 'the daemon to hold');
kill KILL => $daemon->{pid};
$t->collect($daemon);
is(told()->{state}, 'dead', 'a daemon that was killed is not taken for one that is silent');

# ---- without the database ----
# Registered in the database, which is away; the scoreboard of this host is not.
my $socket = "$t->{tmp}/silent.socket";
my @away = ([$t->sqlite ? EX_CONFIG : EX_UNAVAILABLE, $t->sqlite ? 'dbi:SQLite:dbname=/nonexistent/c.db' : "dbi:mysql:database=x;mysql_socket=/nonexistent/s"]);
my $listener;
$t->board_of_any_database;
if (!$t->sqlite) {
    # It takes connections, as the kernel does for a server that is stopped, and says nothing.
    $listener = IO::Socket::UNIX->new(Local => $socket, Listen => 8) or die "$socket: $!";
    push @away, [EX_UNAVAILABLE, "dbi:mysql:database=x;mysql_socket=$socket"];
}
for (@away) {
    my ($exit, $dsn) = @$_;
    $t->write_ini(global => { dsn => $dsn });
    my $begun = now();
    my $run = says($t, "a list without $dsn", [qw(service status --json)], { out => qr/\A\{[^\n]*\}\n\z/, err => qr/\Ahelios: [^\n]+\n\z/, exit => $exit });
    my $line = decode_json($run->{stdout} || '{}');
    is(join('|', map { $line->{$_} // 'null' } qw(service host pid state busy max_workers running waiting)), "Toy::Service|$host|$daemon->{pid}|dead|1|3|null|null", 'what the scoreboard says');
    cmp_ok(now() - $begun, '<', 20, 'soon');
    says($t, 'of another host nothing is known', [qw(service list --host far)], { err => qr/\Ahelios: [^\n]+\n\z/, exit => $exit }) if $dsn !~ /silent/;
}
$t->write_ini;
unlink glob "$t->{tmp}/run/*.board";
is(told()->{state}, 'gone', 'registered, without a process and a scoreboard');
like($t->command_ok(qw(service list --service Lab::Svc)), qr/\trunning\t/, 'a process without a scoreboard is not gone');
spew($gate, '');

$t->finish;
