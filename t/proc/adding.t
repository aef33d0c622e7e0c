# SPDX-License-Identifier: MIT
# Jobs that a running job submits are there if and only if it completes.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
$t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');

sub others { return $t->count('job', 'funcid=?', $t->funcid($_[0] // 'Other::Type')) }

# Runs one job to its end; gives its number and the jobs that it says it has submitted.
sub runs {
    my (%args) = @_;
    $t->sql('DELETE FROM helios_log_tb');
    my ($id) = $t->submit({ submit_type => 'Other::Type', %args });
    my $daemon = $t->start;
    $t->wait_for(sub { $t->history($id) || ($t->job($id) && $t->errors($id)) || $t->log_rows(qr/^deferred/) }, 20, 'the job to have run');
    is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
    my ($ids) = $t->log_rows(qr/^submitted/);
    return ($id, ($ids // '') =~ /(\d+)/g);
}

# ---- the job completes: they are there ----
my ($id, @added) = runs(action => 'submit,submit,complete', effect => 1);
is(others(), 4, 'completed: what it submitted by two calls is there');
is(scalar @added, 2, 'with the numbers that it was told');
is_deeply([map { $t->job($_)->{funcid} } @added], [($t->funcid('Other::Type')) x 2], 'and of the jobtype that was asked for, which is new');
is($t->job($added[0])->{grabbed_until}, 0, 'free');
is($t->count('toy_effect', 'jobid=?', $id), 1, "in one transaction with the job's own effect");
is($t->job($id), undef, 'the job is done');
$t->sql('DELETE FROM job');

# ---- it does not: they are not ----
for my $end ('fail', 'fail_no_retry', 'none', 'crash', 'defer_until') {
    ($id, @added) = runs(action => "submit,$end");
    is(scalar @added, 2, "$end: submitted");
    is(others(), 0, "$end: and undone with the job");
    $t->sql('DELETE FROM job');
}

# ---- what cannot be submitted: none of the call, and the job goes on ----
$t->submit_as('Other::Type', { uniqkey => 'taken' }, {});
($id, @added) = runs(action => 'submit,complete', effect => 1, key => 'taken');
is(others(), 1, 'a uniqkey that is taken: none of the two is there');
like(($t->log_rows(qr/^not submitted/))[0], qr/^not submitted: duplicate: .*taken/, 'and the service is told');
is($t->count('toy_effect', 'jobid=?', $id), 1, 'what it did before stands');
is(($t->history($id))[-1]{exitstatus}, 0, 'and it completes');
$t->sql('DELETE FROM job');

# ---- after the verdict it is too late ----
($id) = runs(action => 'complete_then_submit');
is(others(), 0, 'after the verdict nothing is submitted');
like(($t->log_rows(qr/^not submitted/))[0], qr/^not submitted: invalid: .*verdict/, 'and the service is told');

# ---- an idempotent service, whose completions are grouped, and the daemon that runs them at once ----
my $idem = Helios::Test->new(service => 'Toy::Idem', section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
$idem->submit(map { +{ action => 'submit,complete' } } 1 .. 20);
is($idem->helios_d('--foreground', '--drain', 'Toy::Idem')->{exit}, 0, 'drained');
is(scalar($idem->log_rows(qr/^in its place$/)), 40, 'each of the jobs that were added has run');
is($idem->count('job'), 0, 'none is left');
is($idem->sanitizer_reports, '', 'the sanitizers reported nothing');
$t->finish;
