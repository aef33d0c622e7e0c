# SPDX-License-Identifier: MIT
# What Perl's workers and drivers do to rows that we share with them, and what becomes of it.
use strict;
use warnings;
use Helios::Test;
use Helios::Schwartz;
use Storable qw(freeze nfreeze thaw);
use Test::More;

# Both sides wait an hour before they try again: a test that wants one attempt gets one, however
# slow the machine.
my $t = Helios::Test->new(service => 'Toy::Hour', section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
$Helios::Schwartz::retry_delay = 3600;
my $gates = 0;

sub drain {
    my ($what) = @_;
    my $run = $t->helios_d('--foreground', '--drain', $t->service);
    ok($run->{exit} <= 1 && !$run->{signal}, "$what: drained") or diag $run->{stderr};
    return;
}
sub due   { return $t->sql('UPDATE job SET run_after=1, grabbed_until=0') }
sub fails { my ($job) = @_; return $job->failed('not in Perl either') }

# What one failure left behind: seconds until the next attempt, and the number of error rows.
sub mark {
    my ($id) = @_;
    my $row = $t->job($id) // return 'gone';
    my $last = $t->one('SELECT MAX(error_time) FROM error WHERE jobid=?', $id);
    my $slack = $row->{run_after} - $last - 3600;
    return join ' ', $row->{grabbed_until} ? 'held' : 'free', $slack >= 0 && $slack <= 1 ? 'in 1 h' : "off by $slack", $t->count('error', 'jobid=?', $id);
}

# ---- failures are counted together: two retries, whoever tries ----
for my $case (['Perl fails twice, then we do', 1, 1, 0], ['we fail twice, then Perl does', 0, 0, 1],
    ['by turns', 1, 0, 1]) {
    my ($what, @perl) = @$case;
    my ($id) = $t->submit({ action => 'fail', message => 'not here' });
    my @marks;
    local $Helios::Schwartz::work = \&fails;
    for my $perl (@perl) {
        due();
        if ($perl) { perl_client($t)->work_once }
        else       { $t->sql('UPDATE job SET run_after=1') && drain_once($id) }
        push @marks, mark($id);
    }
    is_deeply(\@marks, ['free in 1 h 1', 'free in 1 h 2', 'gone'], "$what: times and counts agree");
    is($t->count('error', 'jobid=?', $id), 3, "$what: three error rows");
}

# One attempt of ours: a drain would wait for the last.
sub drain_once {
    my ($id) = @_;
    my $before = $t->count('error', 'jobid=?', $id);
    my $daemon = $t->start;
    $t->wait_for(sub { $t->count('error', 'jobid=?', $id) > $before }, 10, 'the failure');
    my $stopped = $t->stop($daemon);
    is($stopped->{exit}, 0, 'the daemon has stopped');
    return;
}

# ---- a job of ours ends under a Perl program that does not look at the lease ----
sub held_by_us {
    my ($what, $perl, $check) = @_;
    my $gate = $t->tmp . '/gate' . $gates++;
    my ($id) = $t->submit({ $t->gated($gate), action => 'complete' });
    my $daemon = $t->start;
    $t->wait_for(sub { -e "$gate.up" }, 10, 'the job to run');
    my $lease = $t->job($id)->{grabbed_until};
    ok(!perl_client($t)->find_job_for_workers, "$what: Perl does not take what we hold");
    my $client = perl_client($t);
    my ($job) = $client->list_jobs({ funcname => $t->service });
    is($job->jobid, $id, "$what: Perl sees the job");
    $perl->($job);
    spew($gate, '');
    $t->wait_for(sub { $t->board('lost') == 1 }, 10, 'the loss to be counted');
    is($t->board('completed'), 0, "$what: it is not counted as completed");
    is($t->board('failed') + $t->board('failed_final'), 0, "$what: nor as failed");
    is($t->stop($daemon)->{exit}, 0, "$what: the daemon has stopped");
    is(scalar(grep { /^lease lost: / } $t->log_rows), 1, "$what: said once");
    is_deeply([$t->history($id)], [], "$what: no history row of ours");
    $check->($id, $lease);
    $t->sql('DELETE FROM job');
    $t->sql('DELETE FROM error');
    $t->sql('DELETE FROM helios_log_tb');
    return;
}
held_by_us('completed by Perl', sub { $_[0]->completed }, sub {
    my ($id) = @_;
    is($t->job($id), undef, 'the job is gone');
});
held_by_us('failed by Perl', sub { $_[0]->failed('taken away') }, sub {
    my ($id) = @_;
    is($t->job($id)->{grabbed_until}, 0, 'the job is as Perl left it');
    cmp_ok($t->job($id)->{run_after}, '>', time + 3000, 'to be tried in an hour');
    is_deeply([$t->errors($id)], ['taken away'], 'with the error of Perl alone');
});
held_by_us('failed by Perl and taken again', sub { my ($job) = @_; $job->failed('taken away'); due(); perl_client($t)->find_job_for_workers }, sub {
    my ($id, $lease) = @_;
    isnt($t->job($id)->{grabbed_until}, $lease, 'the lease is that of Perl');
    cmp_ok($t->job($id)->{grabbed_until}, '>', time + 3000, 'and stays');
});

# ---- a Perl worker that read the row before we failed it takes it all the same ----
{
    my ($id) = $t->submit({ action => 'fail', message => 'first' });
    my $client = perl_client($t);
    local $TheSchwartz::T_AFTER_GRAB_SELECT_BEFORE_UPDATE = sub {
        drain_once($id);
        $t->sql('UPDATE job SET run_after=? WHERE jobid=?', time + 3600, $id);
    };
    my $job = $client->find_job_for_workers;
    is($job && $job->jobid, $id, 'Perl compares grabbed_until alone');
    cmp_ok($t->job($id)->{run_after}, '<=', time, 'and has written back the run_after that it had read');
    my $daemon = $t->start;
    $t->wait_for(sub { $t->board('looks') >= 1 }, 10, 'a look');
    is($t->board('waiting'), 0, 'for us the job is taken');
    is($t->stop($daemon)->{exit}, 0, 'the daemon has stopped');
    is($job->failures, 1, 'Perl knows of our failure');
    $job->completed;
    is($t->job($id), undef, 'and completes the job');
}

# ---- arguments that a Perl grab has written again ----
{
    my %stored = (native => freeze(['<job><params><log>native</log></params></job>']), text => 'a=1', cut => substr(nfreeze(['x' x 50]), 0, 20));
    my %id = map { $_ => ($t->submit(\$stored{$_}))[0] } sort keys %stored;
    my $client = perl_client($t);
    for (1 .. keys %id) { ok($client->find_job_for_workers, 'Perl takes one and dies') }
    isnt($t->job($id{native})->{arg}, $stored{native}, 'the native image was written anew');
    is($t->job($id{text})->{arg}, $stored{text}, 'the text was not');
    is($t->job($id{cut})->{arg}, undef, 'a truncated image has become NULL');
    due();
    drain('written again');
    is_deeply([map { $_->{exitstatus} } $t->history($id{$_})], [0], "$_: completed") for sort keys %id;
    is(scalar(grep { $_ eq 'native' } $t->log_rows), 1, 'with the argument that was submitted');
}

# ---- jobs that Helios skips for ever ----
{
    my %bytes = (text => 'plain text', xml => '<job><params><log>bare</log></params></job>', empty => '', zero => '0', number => nfreeze(\7), hash => nfreeze({ log => 'hash' }));
    my %id = map { $_ => ($t->submit(\$bytes{$_}))[0] } sort keys %bytes;
    ($id{null}) = $t->submit(\'');
    $t->sql('UPDATE job SET arg=NULL WHERE jobid=?', $id{null});
    ($id{damaged}) = $t->submit(\('' . substr nfreeze(['x' x 50]), 0, 20));
    drain('skipped by Helios');
    is($t->count('job'), 0, 'nothing is left');
    for my $name (sort keys %id) {
        my @status = map { $_->{exitstatus} } $t->history($id{$name});
        is(scalar @status, 1, "$name: one history row");
        is($status[0] ? 1 : 0, $name eq 'damaged' ? 1 : 0, "$name: " . ($status[0] ? 'failed' : 'completed'));
    }
    is(scalar($t->errors($id{damaged})), 1, 'the damaged one says why');
}

# ---- a driver that encodes the argument as text ----
SKIP: {
    my $xml = "<job><params><log>caf\xc3\xa9 " . 'x' x 150 . '</log></params></job>';
    if (!$t->sqlite) {
        skip 'needs DBD::MariaDB', 3 if !eval { require DBD::MariaDB; 1 };
        ok(perl_client($t, driver => 'MariaDB')->insert($t->service, [$xml]), 'inserted by DBD::MariaDB');
    } else {
        my $image = nfreeze([$xml]);
        utf8::encode($image);
        $t->submit(\$image);
    }
    my ($stored) = map { $_->{arg} } $t->rows('SELECT arg FROM job');
    isnt($stored, nfreeze([$xml]), 'the image is not what Perl wrote');
    drain('encoded twice');
    is(scalar(grep { $_ =~ /^caf(\xc3\xa9|\x{e9}) x{150}$/ } $t->log_rows), 1, 'the service sees what was submitted');
}
$t->finish;
