# SPDX-License-Identifier: MIT
# A database that is away for many times longer than anybody waits for it: an SQLite file that another
# program keeps locked, a server that is stopped, one that is shut down. What ran meanwhile is recorded
# when it is back, what died meanwhile is accounted for, nothing is done twice, and the log says once
# that it is away and once that it is back.
#
#   HELIOS_TEST_SECONDS=60   for how long
use strict;
use warnings;
use Helios::Server;
use Helios::Test;
use Test::More;

my $sqlite = ($ENV{HELIOS_TEST_STORE} // 'sqlite') eq 'sqlite';
# SQLite's writers wait for 5 s, and what fails for 10 s is said; a server is waited for as the DSN says.
my $seconds = $ENV{HELIOS_TEST_SECONDS} // ($sqlite ? 16 : 8);
my $WAIT = 2;
my $server;
if (!$sqlite) {
    $server = Helios::Server->new;
    $ENV{HELIOS_TEST_SOCKET} = $server->socket;
}

sub said {
    my ($t, $daemon, $pattern) = @_;
    return scalar grep { $_ =~ $pattern } $t->log_rows, split /\n/, slurp($daemon->{err});
}

sub absent {
    my ($what, $leave, $return) = @_;
    my %section = (OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic');
    # Its leases are of an hour: what dies is settled by the daemon or stays locked.
    my $t = Helios::Test->new(service => 'Toy::Retry', section => \%section);
    my $dsn = $t->{dsn} . ($sqlite ? '' : join '', map { ";mysql_${_}_timeout=$WAIT" } qw(connect read write));
    $t->write_ini(global => { dsn => $dsn }, section => \%section);
    my ($ran, $gate) = map { $t->tmp . "/$_" } qw(ran gate);
    my ($flying, $victim) = $t->submit({ append => $ran, wait_for => $gate }, { append => $ran, wait_for => $gate });
    my @waiting = $t->submit(map { { append => $ran } } 1 .. 20);
    my $daemon = $t->start;
    my $runs = sub { my ($id) = @_; return scalar(() = (slurp($ran) // '') =~ /^$id /mg) };
    my $pid = $t->wait_for(sub { $runs->($flying) && (slurp($ran) // '') =~ /^$victim (\d+)$/m && $1 }, 20, 'both jobs to run');
    my $begun = now;
    $leave->($t);
    kill KILL => $pid;
    spew($gate, '');
    $t->wait_for(sub { slurp($daemon->{err}) =~ /SAFE MODE: the database is away/ }, 30, "$what: a word about it");
    $t->wait_for(sub { now > $begun + $seconds }, $seconds, "$what: $seconds s to pass");
    ok(alive($daemon->{pid}), "$what: the daemon lives");
    my $lines = () = slurp($daemon->{err}) =~ /\n/g;
    cmp_ok($lines, '<', 20, "$what: it has said $lines lines meanwhile");
    $return->($t);
    $t->wait_for(sub { $t->count('job') == 0 }, 60, "$what: every job to be accounted for");
    is_deeply([map { $_->{exitstatus} } $t->history($flying)], [0], "$what: the job that ended meanwhile is completed once");
    is($runs->($flying), 1, "$what: and ran once");
    like(($t->errors($victim))[0] // '', qr/killed by signal 9/, "$what: the one that died meanwhile has failed with its signal");
    is($t->count('helios_job_history_tb', 'exitstatus=0'), 22, "$what: each is completed once");
    is($t->count('job', 'grabbed_until<>0'), 0, "$what: nothing stays leased");
    is($t->stop($daemon)->{exit}, 0, "$what: the daemon stops cleanly");
    is(said($t, $daemon, qr/SAFE MODE: the database is away/), 1, "$what: the log says once that it is away");
    is(said($t, $daemon, qr/Exiting SAFE MODE/), 1, "$what: and once that it is back");
    is(said($t, $daemon, qr/has not answered for/), 0, "$what: nobody was thought to hang");
    is($t->sanitizer_reports, '', "$what: the sanitizers reported nothing");
    $t->destroy;
    return;
}

if ($sqlite) {
    absent('locked', sub { $_[0]->dbh->do('BEGIN IMMEDIATE') }, sub { $_[0]->dbh->do('ROLLBACK') });
} else {
    my $reconnect = sub {
        my ($t) = @_;
        $t->{dbh} = undef;
        $t->wait_for(sub { eval { $t->dbh } }, 40, 'the server to answer again');
    };
    absent('stopped', sub { kill STOP => $server->pid }, sub { kill CONT => $server->pid; $reconnect->(@_) });
    absent('shut down', sub { $server->shut_down }, sub { $server->start or die 'no start'; $reconnect->(@_) });
}
done_testing();
