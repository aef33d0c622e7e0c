# SPDX-License-Identifier: MIT
# What a daemon asks its server that has nothing to do: one statement for each look, which sees a
# parameter that has changed and a job that has come.
use strict;
use warnings;
use Helios::Server;
use Helios::Test;
use Test::More;

my $server = Helios::Server->new;
$ENV{HELIOS_TEST_SOCKET} = $server->socket;
my $t = Helios::Test->new(service => 'Toy::Service',
    section => { WAKE => 'poll', MAX_WORKERS => 1, registration_interval => 3600 });
$t->funcid($t->service);
my $daemon = $t->start;

# Questions of the server as of a look, and its number: no look came while it was asked.
my $asked = 0;
sub questions {
    while (1) {
        my $look = $t->board('looks');
        my $n    = $t->row(q{SHOW GLOBAL STATUS LIKE 'Questions'})->{Value} - ++$asked;
        return ($look, $n) if $t->board('looks') == $look;
    }
}

# The first looks also register and clean up.
$t->wait_for(sub { $t->board('looks') >= 3 }, 30, 'the daemon to have looked three times');
my ($first, $before) = questions();
$t->wait_for(sub { $t->board('looks') >= $first + 4 }, 30, 'four more looks');
my ($last, $after) = questions();
is($after - $before, $last - $first, 'an idle daemon that polls asks one statement for each look');

$t->submit({});
$t->wait_for(sub { $t->count('job') == 0 }, 20, 'the job to be done');
pass('such a look finds a job');
$t->set_param(HOLD => 1);
my $seen = $t->board('looks');
$t->wait_for(sub { $t->board('looks') > $seen + 1 }, 20, 'a look at the row HOLD');
$t->submit({});
$seen = $t->board('looks');
$t->wait_for(sub { $t->board('looks') > $seen + 1 }, 20, 'a look at the job that waits');
is($t->count('job'), 1, 'such a look finds a HOLD row: the job stays');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
