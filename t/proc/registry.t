# SPDX-License-Identifier: MIT
# The row of a daemon in the worker registry, from its first look to its end.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(service => 'Toy::Plain', global => { registration_interval => 1 });
my ($class, $host) = ($t->service, $t->host);

sub registered { return $t->rows('SELECT * FROM helios_worker_registry_tb WHERE worker_class=? AND host=?', $class, $host) }

for (['old', $host], ['old', $host], ['far', 'elsewhere']) {
    my ($version, $on) = @$_;
    $t->sql('INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, worker_version, host, process_id) VALUES (1,1,?,?,?,1)', $class, $version, $on);
}
sub far { return $t->count('helios_worker_registry_tb', "host='elsewhere' AND register_time=1 AND worker_version='far'") }

my $daemon = $t->start;
$t->wait_for(sub { grep { $_->{process_id} == $daemon->{pid} } registered() }, 10, 'the registration');
my ($first, @more) = registered();
is(scalar @more, 0, 'one row, whatever a crash had left');
is($first->{worker_version}, undef, 'a service without a version: NULL');
like(slurp($daemon->{out}), qr/^\Q$class\E loaded\.$/m, 'and none at the start');
cmp_ok(abs($first->{start_time} - time), '<', 30, 'the time of the start');

sub advances {
    my ($what) = @_;
    my ($before) = registered();
    $t->wait_for(sub { (registered())[0]{register_time} > $before->{register_time} }, 10, "register_time to advance $what");
    is((registered())[0]{start_time}, $first->{start_time}, "register_time advances $what, start_time stays");
    return;
}
advances('while idle');
$t->set_param(HOLD => 1);
$t->wait_for(sub { $t->log_rows(qr/ HOLDING$/) }, 10, 'HOLD');
advances('under HOLD');

is($t->stop($daemon)->{exit}, 0, 'a clean stop');
is(scalar(registered()), 0, 'takes the row away');
is(far(), 1, 'and not that of another host');

$daemon = $t->start;
$t->wait_for(sub { registered() }, 10, 'the registration');
kill KILL => $daemon->{pid};
$t->collect($daemon);
is(scalar(registered()), 1, 'SIGKILL leaves the row');
$t->kill_all;

# ---- two starts at once: one runs, whoever was first ----
my @two = map { $t->spawn([$t->program('helios_d'), '--foreground', $class]) } 1 .. 2;
$t->wait_for(sub { grep { $t->ended($_) } @two }, 20, 'one of two daemons to end');
my ($loser, $winner) = $t->ended($two[0]) ? @two : reverse @two;
is($loser->{exit}, 1, 'two starts at once: one is refused');
$t->wait_for(sub { (registered())[0] && (registered())[0]{process_id} == $winner->{pid} }, 10, 'the other one to register');
pass('and the other one runs');
is($t->stop($winner)->{exit}, 0, 'and stops cleanly');
$t->finish;
