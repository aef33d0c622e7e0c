# SPDX-License-Identifier: MIT
# A server whose defaults are not what our statements rely on.
use strict;
use warnings;
use Helios::Test;
use Helios::Server;
use Test::More;

my $server = Helios::Server->new(options => ['--skip-character-set-client-handshake', '--character-set-server=latin1',
    '--completion-type=CHAIN', '--autocommit=0', '--init-connect=SET sql_select_limit=1, sql_safe_updates=1']);
$ENV{HELIOS_TEST_SOCKET} = $server->socket;
my $t = Helios::Test->new(global => { user => 'root' }, section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
$t->sql("CREATE USER daemon\@localhost");
$t->sql("GRANT ALL ON $t->{database}.* TO daemon\@localhost");
$t->sql('COMMIT');
$t->write_ini(global => { user => 'daemon' }, section => { OVERDRIVE => 1, MAX_WORKERS => 1 });

# ---- characters ----
my $run = $t->command('submit', '--uniqkey', "na\xc3\xafve", 'Toy::Text', 'a=1');
is($run->{exit}, 0, 'submitted') or diag($run->{stderr});
my $hex = sub { $t->sql('COMMIT'); $t->one('SELECT HEX(CONVERT(uniqkey USING utf8mb4)) FROM job') };
is($hex->(), '6E61C3AF7665', 'a key is stored in the characters that were given');
$t->sql('DELETE FROM job');
$t->sql('COMMIT');

# ---- each statement of ours is committed ----
my $daemon = $t->start;
my $count = sub { my ($table) = @_; $t->sql('COMMIT'); $t->count($table) };
$t->wait_for(sub { $count->('helios_worker_registry_tb') }, 20, 'the registration to be seen by others');
my $gate = $t->tmp . '/gate';
my ($id) = $t->submit({ append => $t->tmp . '/ran', wait_for => $gate }, map { { append => $t->tmp . '/ran' } } 1 .. 5);
$t->sql('COMMIT');
$t->wait_for(sub { -e $t->tmp . '/ran' }, 20, 'a job to run');
kill TERM => $daemon->{pid};
$t->wait_for(sub { $count->('helios_params_tb') }, 20, 'the HALT row to be seen by others');
spew($gate, '');
is($t->collect($daemon)->{exit}, 0, 'the daemon has stopped');
is($count->('helios_params_tb') + $count->('helios_worker_registry_tb'), 0, 'and its rows are gone');
$t->sql('COMMIT');
is($t->count('job', 'grabbed_until > 0'), 0, 'no job is left leased');
$daemon = $t->helios_d('--drain', $t->service);
is($daemon->{exit}, 0, 'the rest is done') or diag($daemon->{stderr});
is($count->('job'), 0, 'all of it');
is($t->count('helios_job_history_tb', 'exitstatus = 0'), 6, 'each once');
$t->finish;
