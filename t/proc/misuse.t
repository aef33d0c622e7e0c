# SPDX-License-Identifier: MIT
# A service that begins or ends transactions by SQL, and looks at no result: its job has failed, nothing
# of its transaction is in the database, and the daemon goes on.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my %section = (OVERDRIVE => 1, MAX_WORKERS => 1);
my $t = Helios::Test->new(service => 'Toy::Hour', section => \%section);
$t->sql('CREATE TABLE toy_effect (jobid BIGINT, pid INTEGER, at INTEGER)' . ($t->sqlite ? '' : ' ENGINE=InnoDB'));
my $why = qr/SQL must not begin or end a transaction/;

sub drained {
    my $run = $t->helios_d('--foreground', '--drain', $t->service);
    is($run->{exit}, 0, 'the daemon drains');
    return $run->{stderr} . $run->{stdout};
}

# It waits for its next attempt.
sub has_failed {
    my ($id, $what) = @_;
    my @errors = $t->errors($id);
    is(scalar @errors, 1, "$what: one failure");
    like($errors[0] // '', $why, "$what: it says why");
    my $job = $t->job($id);
    ok($job && $job->{grabbed_until} == 0 && $job->{run_after} > time + 3000, "$what: the job is to be tried again");
    is(scalar(grep { $_->{exitstatus} == 0 } $t->history($id)), 0, "$what: it was not completed");
    return;
}

# ---- in the job's transaction ----
my @sql = ('COMMIT', 'ROLLBACK', '/* a new one */ BEGIN', 'CREATE TABLE toy_more (a INTEGER)', 'SET autocommit=0');
push @sql, 'CALL toy_commit()', 'SET @@session.autocommit=0' if !$t->sqlite;
$t->sql('CREATE PROCEDURE toy_commit() COMMIT') if !$t->sqlite;
my @ids = $t->submit(map { { effect => 1, action => 'sql', sql => $_ } } @sql);
my ($fine) = $t->submit({ effect => 1 });
drained();
has_failed($ids[$_], $sql[$_]) for 0 .. $#sql;
is_deeply([map { $_->{exitstatus} } $t->history($fine)], [0], 'the next job is completed');
# What a procedure has committed is beyond recall.
is($t->count('toy_effect', 'jobid<>?', $fine), $t->sqlite ? 0 : 1, 'nothing that could be undone is there');
is($t->count('toy_effect', 'jobid=?', $fine), 1, 'the effect of the next job is');
is(scalar $t->log_rows($why), scalar @sql, 'each is logged');
is(scalar $t->log_rows(qr/lease lost|given back/), 0, 'and nothing else is said of them');

# ---- of jobs done together ----
$t->sql("DELETE FROM $_") for qw(job error toy_effect);
my ($main) = $t->submit_as($t->service, { run_after => time - 60 }, { effect => 1, claim_value => 'tx' });
my @same = $t->submit_as($t->service, { coalesce => 'tx' }, { effect => 1 }, { effect => 1, action => 'sql', sql => 'COMMIT' });
drained();
has_failed($_, 'done together') for $main, @same;
is($t->count('toy_effect'), 0, 'none of them has an effect');

# ---- on the connection that was for prep ----
$t->sql("DELETE FROM $_") for qw(job error);
my ($kept) = $t->submit({ action => 'kept_sql', kept_sql => 'BEGIN' });
($fine) = $t->submit({});
drained();
has_failed($kept, 'kept');
is_deeply([map { $_->{exitstatus} } $t->history($fine)], [0], 'the next job is completed');

# ---- in prep ----
$t->sql("DELETE FROM $_") for qw(job error helios_log_tb);
$t->write_ini(section => { %section, toy_prep_sql => 'BEGIN' });
($fine) = $t->submit({});
drained();
is_deeply([map { $_->{exitstatus} } $t->history($fine)], [0], 'after a BEGIN in prep, which is undone, the job is completed');
is(scalar $t->log_rows(qr/^prep of Toy::Hour: $why/), 1, 'prep is named');
$t->finish;
