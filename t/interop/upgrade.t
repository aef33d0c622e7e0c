# SPDX-License-Identifier: MIT
# Databases made by the stock schemas, with waiting, locked, failed and finished jobs, are taken
# over by `helios schema upgrade` and worked off; Perl programs still work on them afterwards.
use strict;
use warnings;
use Helios::Test;
use Helios::Schwartz;
use Storable qw(nfreeze);
use Test::More;

# Runs a script of several statements, as it stands.
sub load {
    my ($t, $what) = @_;
    my $kind = $t->sqlite ? 'sqlite' : 'mysql';
    my $script = slurp("$Helios::Test::SOURCE/t/data/stock_$what.$kind.sql");
    $script =~ s/^--.*\n//mg;
    $t->sql($_) for grep { /\S/ } split /;\s*\n/, $script;
    return;
}

my $last;
for my $what (qw(helios theschwartz)) {
    my $t = $last = Helios::Test->new(schema => 0, section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
    # A daemon asks for the tables; SQLite for the file too.
    $t->sql('SELECT 1');
    # Old databases have narrow tables; arguments are bytes, messages must fit.
    $t->sql('ALTER DATABASE CHARACTER SET latin1') if !$t->sqlite && $what eq 'theschwartz';
    load($t, $what);
    my $before = $t->count('job');
    my $now = int time;
    my $log = sub { return { log => $_[0] } };
    my ($waiting) = $t->submit($log->('waiting'));
    my ($failed)  = $t->submit({ action => 'fail', message => "third \xe2\x98\xba", log => "\xe2\x98\xba", status => 4 });
    my ($locked)  = $t->submit_as($t->service, { grabbed_until => $now + 3600 }, $log->('locked'));
    my ($expired) = $t->submit_as($t->service, { grabbed_until => $now - 5, uniqkey => 'u' }, $log->('expired'));
    my ($delayed) = $t->submit_as($t->service, { run_after => $now + 3600, insert_time => undef }, $log->('delayed'));
    my $funcid = $t->funcid($t->service);
    $t->sql('INSERT INTO error (error_time, jobid, message, funcid) VALUES (?, ?, ?, ?)', $now - 60, $failed, $_, $funcid) for 'first', 'second';
    $t->sql('INSERT INTO note (jobid, notekey, value) VALUES (?, ?, ?)', $waiting, 'k', 'v') if $what eq 'helios' || !$t->sqlite;
    my $finished = $t->row('SELECT * FROM exitstatus WHERE jobid=99');

    $t->command_ok('schema', 'upgrade');
    like($t->command_ok('schema', 'status'), qr/up to date/, "$what: the schema is up to date");
    is($t->count('job'), $before + 5, "$what: all jobs are there");
    is_deeply($t->row('SELECT * FROM exitstatus WHERE jobid=99'), $finished, "$what: so is what had finished");

    my $daemon = $t->start;
    $t->wait_for(sub { $t->count('job', 'jobid IN (?, ?, ?)', $waiting, $failed, $expired) == 0 }, 15, 'the due jobs');
    is($t->stop($daemon)->{exit}, 0, "$what: worked off");
    my %logged = map { $_ => 1 } $t->log_rows;
    ok($logged{waiting} && $logged{expired}, "$what: what waited, or whose worker had died, has run");
    ok(!$logged{locked} && !$logged{delayed}, "$what: what another holds, or is not due, has not");
    is($t->job($locked)->{grabbed_until}, $now + 3600, "$what: its lock is untouched");
    my @errors = sort $t->errors($failed);
    like(pop @errors, qr/\Athird (?:\?|\xe2\x98\xba|\x{263a})\z/, "$what: the message is stored as its column can");
    is_deeply(\@errors, [qw(first second)], "$what: earlier failures counted, and the third was the last");
    is_deeply([map { $_->{exitstatus} } $t->history($failed)], [4], "$what: with its history");
    is($t->job($_) ? 1 : 0, 1, "$what: job $_ of another service is left alone") for 100, 101;
    is($t->count('note'), 0, "$what: the note of a completed job is gone") if $what eq 'helios' || !$t->sqlite;

    # ---- and Perl goes on with the rest ----
    my $file = $t->tmp . '/perl';
    local $Helios::Schwartz::work = sub { append_line($file, $_[0]->arg->[0]); $_[0]->completed };
    $t->sql('UPDATE job SET run_after=1, grabbed_until=0 WHERE jobid IN (?, ?)', $locked, $delayed);
    my $handle = perl_client($t)->insert(TheSchwartz::Job->new(funcname => $t->service, arg => ['<job><params><log>new</log></params></job>'], uniqkey => 'u'));
    ok($handle, "$what: Perl inserts, also under the key of a completed job");
    perl_drain($t);
    is(scalar(() = slurp($file) =~ /<log>(?:locked|delayed|new)<\/log>/g), 3, "$what: a Perl worker did the others");
    is($t->count('job'), $before, "$what: none of this service is left");
    is($t->sanitizer_reports, '', "$what: nothing of the sanitizers");
}
$last->finish;
