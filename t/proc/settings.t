# SPDX-License-Identifier: MIT
# Whom parameters concern and when they take effect.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { greeting => 'hello' });
my $class = $t->service;

sub row {
    my ($service, $host, $param, $value) = @_;
    $t->sql('INSERT INTO helios_params_tb (worker_class, host, param, value) VALUES (?,?,?,?)', $service, $host, $param, $value);
    return;
}

# Waits until a change of the table is known to the workers of the daemon.
sub known {
    my ($what, $change) = @_;
    my $before = $t->board('params_seq');
    $change->();
    $t->wait_for(sub { $t->board('params_seq') != $before }, 10, "$what to be seen");
    return;
}

# ---- rows of others ----
for my $other (['another host', $class, 'elsewhere'], ['another service', 'Other::Service', '*'], ['a service *', '*', '*']) {
    my ($name, @whom) = @$other;
    row(@whom, HOLD => 1);
    row(@whom, MAX_WORKERS => 0);
    my ($id) = $t->submit({});
    is($t->helios_d('--foreground', '--drain', $class)->{exit}, 0, "rows of $name: drained");
    is($t->job($id), undef, "rows of $name concern nobody here");
    $t->sql('DELETE FROM helios_params_tb');
}
SKIP: {
    skip 'the database tells the cases apart', 1 if $t->sqlite;
    row(uc $class, uc $t->host, greeting => 'in capitals');
    $t->submit({ log_param => 'greeting' });
    $t->helios_d('--foreground', '--drain', $class);
    is($t->count('helios_log_tb', "message='greeting=in capitals'"), 1, 'a row in another case, as the collation matches it');
    $t->sql('DELETE FROM helios_params_tb');
}

# ---- HOLD that is set to 0, and an ini that was changed ----
{
    $t->sql('DELETE FROM helios_log_tb');
    $t->set_param(HOLD => 1);
    my $daemon = $t->start;
    my ($id) = $t->submit({ log_param => 'greeting' });
    $t->write_ini(section => { greeting => 'changed' });
    $t->wait_for(sub { grep { / HOLDING$/ } $t->log_rows }, 10, 'HOLD');
    $t->sql("UPDATE helios_params_tb SET value='0'");
    $t->wait_for(sub { !$t->job($id) }, 10, 'the job to run after HOLD was set to 0');
    pass('HOLD=0 ends a HOLD');
    $t->wait_for(sub { $t->log_rows(qr/^greeting=/) }, 10, 'the parameter in the log');
    is_deeply([$t->log_rows(qr/^greeting=/)], ['greeting=hello'], 'an ini that is changed is not seen without a HUP');
    $t->stop($daemon);
    $t->sql('DELETE FROM helios_params_tb');
}

# ---- WORKER_LAUNCH_PATTERN while the daemon runs ----
{
    $t->write_ini(section => { MAX_WORKERS => 5 });
    $t->sql('DELETE FROM helios_log_tb');
    my $daemon = $t->start;
    known('the pattern', sub { $t->set_param(WORKER_LAUNCH_PATTERN => 'optimistic') });
    my $gate = $t->tmp . '/gate';
    # Held back until all are there, so that one look sees the three.
    $t->set_param(HOLD => 1);
    $t->wait_for(sub { grep { / HOLDING$/ } $t->log_rows }, 10, 'HOLD');
    $t->submit(map { +{ $t->gated($gate) } } 1 .. 3);
    $t->set_param(HOLD => 0);
    $t->wait_for(sub { $t->workers($daemon->{pid}) == 3 }, 10, 'three workers');
    $t->wait_for(sub { grep { /launching/ } $t->log_rows }, 10, 'the line about launching');
    ok((grep { $_ eq '3 jobs waiting; 0 workers running; launching 3 workers' } $t->log_rows), 'a changed WORKER_LAUNCH_PATTERN applies at the next look');
    spew($gate, '');
    $t->stop($daemon);
    $t->sql("DELETE FROM $_") for qw(job helios_params_tb);
}

# ---- between the jobs of one worker ----
# The parameter is changed while the first of 24 jobs runs; gives what each job saw.
sub seen {
    my (%section) = @_;
    $t->sql('DELETE FROM helios_log_tb');
    $t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 1, greeting => 'old', %section });
    my $gate = $t->tmp . '/between' . ++$t->{gates};
    my $daemon = $t->start;
    my @ids = $t->submit({ $t->gated($gate), log_param => 'greeting' }, map { { log_param => 'greeting' } } 2 .. 24);
    $t->wait_for(sub { -e "$gate.up" }, 10, 'the first job');
    known('the greeting', sub { $t->set_param(greeting => 'new') });
    spew($gate, '');
    $t->wait_for(sub { $t->log_rows(qr/^greeting=/) == 24 }, 20, '24 jobs');
    $t->stop($daemon);
    $t->del_param('greeting');
    my %row = map { $_->{jobid} => $_ } $t->rows("SELECT jobid, process_id, message FROM helios_log_tb WHERE message LIKE 'greeting=%'");
    is(scalar(keys %{ { map { $_->{process_id} => 1 } values %row } }), 1, 'all by one worker');
    return map { $row{$_}{message} =~ s/^greeting=//r } @ids;
}
my @every = seen();
is($every[1], 'new', 'a parameter that changes during a job is known to the next');
my @lazy = seen(LAZY_CONFIG_UPDATE => 1);
is_deeply(\@lazy, [('old') x 10, ('new') x 14], 'LAZY_CONFIG_UPDATE: read before the 1st, 11th and 21st job only');
$t->finish;
