# SPDX-License-Identifier: MIT
# What a database may refuse of an outcome: values, for good, which is then another outcome and no
# second run without end; or everything, until somebody mends it, which is waited for.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $HISTORY = 'helios_job_history_tb';
my $REASON = 'too much for this table';

# Refuses rows with a long argument, and every row of a job of priority 66.
sub strict_history {
    my ($t) = @_;
    my $bad = 'LENGTH(NEW.arg) > 2000 OR NEW.priority = 66';
    $t->sql($t->sqlite
        ? "CREATE TRIGGER refuse BEFORE INSERT ON $HISTORY WHEN $bad BEGIN SELECT RAISE(ABORT, '$REASON'); END"
        : "CREATE TRIGGER refuse BEFORE INSERT ON $HISTORY FOR EACH ROW BEGIN "
            . "IF $bad THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '$REASON'; END IF; END");
    return;
}

sub runs {
    my ($path) = @_;
    return scalar(my @lines = (slurp($path) // '') =~ /\n/g);
}

{
    my $t = Helios::Test->new(section => { OVERDRIVE => 1 });
    $t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');
    strict_history($t);
    my $ran = $t->tmp . '/ran';
    my ($long) = $t->submit({ effect => 1, padding => 'x' x 3000 });
    my ($never) = $t->submit_as('Toy::Service', { priority => 66 }, { effect => 1, append => $ran });
    my ($failing) = $t->submit_as('Toy::Service', { priority => 66 }, { action => 'fail', message => 'its own' });
    my $daemon = $t->start;
    $t->wait_for(sub { $t->count('job') == 0 }, 20, 'every job to be accounted for');
    is_deeply([map { [$_->{exitstatus}, $_->{arg}] } $t->history($long)], [[0, undef]],
        'a job whose argument the history refuses is completed, without it');
    is($t->count('toy_effect', 'jobid=?', $long), 1, 'with its effect');
    is(runs($ran), 1, 'a job whose completion is refused runs once');
    is_deeply([map { /^The database refused the outcome: .*\Q$REASON\E/ ? 1 : $_ } $t->errors($never)], [1],
        'it has failed for good, with the reason');
    is($t->count('toy_effect', 'jobid=?', $never), 0, 'without an effect');
    is_deeply([$t->errors($failing)], [('its own') x 3], 'a failure is recorded and retried where the history refuses it');
    is($t->count($HISTORY), 1, 'the history has what it accepted');
    is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
    is(scalar($t->log_rows(qr/lacks its argument of \d+ bytes/)), 1, 'the lack of the argument is logged');
    is(scalar($t->log_rows(qr/refuses the outcome of this job, which has failed for good: .*\Q$REASON\E/)), 1, 'and the refusal');
    is(scalar($t->log_rows(qr/refused the history row of this failure/)), 4, 'and each missing row');
}
{
    my $t = Helios::Test->new(service => 'Toy::Idem', section => { OVERDRIVE => 1, COMPLETION_DELAY_MS => 200 });
    strict_history($t);
    my $ran = $t->tmp . '/ran';
    my @ids = $t->submit(map { { append => $ran, padding => 'x' x ($_ == 3 ? 3000 : 1) } } 1 .. 6);
    my $daemon = $t->start;
    $t->wait_for(sub { $t->count('job') == 0 }, 20, 'the group to be completed');
    is($t->count($HISTORY, 'exitstatus=0'), 6, 'one that is refused spoils no other of its group');
    is($t->count($HISTORY, 'arg IS NULL'), 1, 'and itself lacks its argument only');
    is(runs($ran), 6, 'each has run once');
    is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
}

# The history away for a while, as after an operator's mistake.
my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic' });
$t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');
my %ran = map { ($_ => $t->tmp . "/$_") } qw(line effect dead);
my $gate = $t->tmp . '/gate';
my ($line, $effect) = $t->submit({ append => $ran{line}, wait_for => $gate },
    { append => $ran{effect}, effect => 1, wait_for => $gate });
my $daemon = $t->start;
$t->wait_for(sub { runs($ran{line}) && runs($ran{effect}) }, 20, 'both jobs to run');
$t->sql("ALTER TABLE $HISTORY RENAME TO elsewhere");
spew($gate, '');
$t->wait_for(sub { $t->log_rows(qr/outcome of this job cannot be written, will try again/) == 2 }, 20,
    'both workers to wait for the history');
my ($dead) = $t->submit({ append => $ran{dead}, action => 'hang' });
$t->set_param(MAX_WORKERS => 3);
my $victim = $t->wait_for(sub { (slurp($ran{dead}) // '') =~ / (\d+)\n/ && $1 }, 20, 'a third job to run');
kill KILL => $victim;
$t->wait_for(sub { $t->log_rows(qr/workers that have ended cannot be settled, will try again/) }, 20,
    'the poller to meet the same');
$t->sql("ALTER TABLE elsewhere RENAME TO $HISTORY");
$t->wait_for(sub { $t->history($line) && $t->history($effect) }, 20, 'the completions to be recorded');
$t->wait_for(sub { $t->errors($dead) }, 20, 'the failure of the killed one to be recorded');
like(($t->errors($dead))[0], qr/killed by signal 9/, 'with its signal');
is(runs($ran{line}), 1, 'a job that had run ran once');
is_deeply([map { $_->{exitstatus} } $t->history($effect)], [0], 'one whose transaction was undone is completed once');
is($t->count('toy_effect'), 1, 'with one effect');
cmp_ok(runs($ran{effect}), '<=', 12, 'and was not run again without pause');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
