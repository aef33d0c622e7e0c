# SPDX-License-Identifier: MIT
# A host that stands still for longer than a lease: its daemon and worker are stopped in the middle of
# a job. Another host takes the job when the lease has run out; the first wakes and must not commit.
use strict;
use warnings;
use Helios::Test;
use Test::More;

# Leases of four seconds.
my $t = Helios::Test->new(service => 'Toy::Brief');
$t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');
my ($ran, $gate) = map { $t->tmp . "/$_" } qw(ran gate);
my ($id) = $t->submit({ append => $ran, wait_for => $gate, effect => 1 });

# The second host: the same database, files of its own.
my $other_ini = slurp($t->ini) =~ s{^pid_path=.*$}{'pid_path=' . $t->tmp . '/other'}mer;
mkdir $t->tmp . '/other' or die $!;
spew($t->tmp . '/other.ini', $other_ini);
chmod 0600, $t->tmp . '/other.ini';

my $first = $t->start;
my $worker = $t->wait_for(sub { (slurp($ran) // '') =~ /^$id (\d+)$/m && $1 }, 20, 'the first host to run the job');
my @frozen = ($first->{pid}, map { $_->{pid} } children($first->{pid}));
kill STOP => @frozen;
my $second = $t->spawn([$t->program('helios_d'), '--foreground', $t->service], env => { HELIOS_INI => $t->tmp . '/other.ini' });
$t->wait_for(sub { (slurp($ran) // '') =~ /\n$id (\d+)\n/ && $1 != $worker }, 30, 'the second host to run the job when the lease has run out');
spew($gate, '');
$t->wait_for(sub { $t->history($id) == 1 }, 20, 'the second host to complete it');
kill CONT => @frozen;
$t->wait_for(sub { !alive($worker) }, 30, 'the frozen worker to wake and leave');
is_deeply([map { $_->{exitstatus} } $t->history($id)], [0], 'the job is completed once');
is($t->count('toy_effect'), 1, 'its effect is there once');
is($t->one('SELECT COUNT(*) FROM toy_effect WHERE pid=?', $worker), 0, 'and not of the worker that was frozen');
is($t->errors($id), 0, 'nobody has failed');
is($t->stop($first)->{exit}, 0, 'the first daemon stops cleanly');
is($t->stop($second)->{exit}, 0, 'and the second');
is(scalar($t->log_rows(qr/lease lost/)), 1, 'the loss of the lease is logged');
$t->finish;
