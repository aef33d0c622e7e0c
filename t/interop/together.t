# SPDX-License-Identifier: MIT
# Jobs that a worker claims while it runs one, by their coalesce value: the same scenario done by a
# Perl worker and by ours, then what only ours promises.
use strict;
use warnings;
use Helios::Test;
use Helios::Schwartz;
use Test::More;

my $t = Helios::Test->new(service => 'Toy::Keep', section => { MAX_WORKERS => 1 });
my $client = perl_client($t);
$client->can_do('Toy::Other');
my $seen = $t->tmp . '/seen';
$t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');

sub put {
    my ($args, %column) = @_;
    my $type = delete $column{type} // $t->service;
    my $xml = Helios::Test::xml({ append => $seen, %$args });
    my $handle = $client->insert(TheSchwartz::Job->new(funcname => $type, arg => [$xml], %column));
    return $handle // die 'not inserted';
}

# The numbers of the jobs that the worker of `main` has run, in order of number.
sub group_of {
    my ($main) = @_;
    my %pid = map { split } split /\n/, slurp($seen) // '';
    return [sort { $a <=> $b } grep { $pid{$_} eq $pid{$main} } keys %pid];
}

sub our_turn {
    my ($main, @options) = @_;
    unlink $seen;
    my $run = $t->helios_d('--foreground', '--drain', @options, $t->service);
    ok(!$run->{signal} && $run->{exit} <= 1, 'drained') or diag $run->{stderr};
    return group_of($main->jobid);
}

# Until none is left, those that are tried again included.
sub work_off {
    my $daemon = $t->start;
    $t->wait_for(sub { $t->count('job') == 0 }, 20, 'all jobs to have ended');
    is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
    return;
}

# The Perl worker runs the main job, and what it finds through it.
sub perl_turn {
    my ($main, $find, $value) = @_;
    unlink $seen;
    my $worker = $t->collect(perl_process($t, sub {
        my ($client) = @_;
        $client->can_do('Toy::Other');
        $Helios::Schwartz::work = sub {
            my ($job) = @_;
            while (my $other = $client->$find($job->funcname, $value)) {
                append_line($seen, $other->jobid . " $$");
                if ($other->arg->[0] =~ /never/) { $other->permanent_failure('never', 6) }
                else                             { $other->completed }
            }
            append_line($seen, $job->jobid . " $$");
            $job->completed;
        };
        $client->grab_and_work_on($main->as_string);
    }), 30);
    is($worker->{exit}, 0, 'the Perl worker has ended');
    return group_of($main->jobid);
}

# ---- value and prefix, by both ----
for my $by ('value', 'prefix') {
    my $method = "find_job_with_coalescing_$by";
    my $key = $by eq 'value' ? 'host1' : 'host';
    my %result;
    for my $who ('Perl', 'ours') {
        my $past = time - 60;
        my %job;
        $job{main} = put({ "claim_$by" => $key, action => 'complete' }, coalesce => 'host1', run_after => $past);
        $job{same} = put({ action => 'complete' }, coalesce => 'host1');
        $job{fails} = put({ action => 'fail_no_retry', message => 'never', status => 6 }, coalesce => 'host1');
        $job{longer} = put({ action => 'complete' }, coalesce => 'host10');
        $job{other_case} = put({ action => 'complete' }, coalesce => 'HOST1');
        $job{none} = put({ action => 'complete' });
        $job{other_type} = put({ action => 'complete' }, coalesce => 'host1', type => 'Toy::Other');
        $job{later} = put({ action => 'complete' }, coalesce => 'host1', run_after => time + 3600);
        $job{held} = put({ action => 'complete' }, coalesce => 'host1', grabbed_until => time + 3600);
        my %name = map { $job{$_}->jobid => $_ } keys %job;
        my $group = $who eq 'Perl' ? perl_turn($job{main}, $method, $key) : our_turn($job{main});
        $result{$who}{group} = join ' ', sort map { $name{$_} } @$group;
        $result{$who}{$_} = join ',', $job{$_}->is_pending, $job{$_}->failures, $job{$_}->exit_status // '-'
            for qw(main same fails later held other_type);
        $t->sql('DELETE FROM job');
    }
    like($result{ours}{group}, qr/^fails (longer )?main .*same$/, "$by: ours took what belongs together");
    is_deeply($result{ours}, $result{Perl}, "$by: the same jobs with the same ends as under Perl");
}

# ---- only ours: no character of a prefix is special ----
{
    my $main = put({ claim_prefix => '50%_|' }, coalesce => '50%_|a', run_after => time - 60);
    my $match = put({}, coalesce => '50%_|b');
    put({}, coalesce => '50 x|c');
    is_deeply(our_turn($main), [sort { $a <=> $b } map { $_->jobid } $main, $match], 'a prefix is literal');
    is($t->count('job'), 0, 'the others have run alone');
}

# ---- those that wait in the worker's own batch are found as well ----
{
    $t->write_ini(section => { MAX_WORKERS => 1, OVERDRIVE => 1 });
    put({}) for 1 .. 20;    # teaches the worker to claim many
    my $main = put({ claim_value => 'batch' }, coalesce => 'batch');
    my @same = map { my $n = $_; put({}) if $n % 3 == 0; put({ action => $n == 5 ? 'fail' : 'complete' }, coalesce => 'batch') } 1 .. 12;
    unlink $seen;
    work_off();
    my %times;
    $times{$_}++ for map { (split)[0] } split /\n/, slurp($seen);
    is($times{ $_->jobid }, 1, 'claimed together, run once') for grep { $_->jobid != $same[4]->jobid } $main, @same;
    is($times{ $same[4]->jobid }, 3, 'the one that fails is tried again, alone');
    is($same[4]->failures, 3, 'with three failures');
    is((grep { /^claimed (1[012])$/ } $t->log_rows), 1, 'in one go');
    $t->sql('DELETE FROM error');
}

# ---- one transaction for all: every one of them completed, or none ----
{
    $t->write_ini(section => { MAX_WORKERS => 1 });
    my $past = time - 60;
    my %effect = (effect => 1);
    my $main = put({ %effect, claim_value => 'tx' }, coalesce => 'tx', run_after => $past);
    my @same = map { put({%effect}, coalesce => 'tx') } 1 .. 5;
    our_turn($main);
    is($t->count('toy_effect'), 6, 'the effects of six jobs are there');
    is($_->exit_status, 0, 'completed') for $main, @same;
    is($t->one('SELECT COUNT(DISTINCT pid) FROM toy_effect'), 1, 'by one worker');
    $t->sql('DELETE FROM toy_effect');

    $main = put({ %effect, claim_value => 'tx' }, coalesce => 'tx', run_after => $past);
    @same = map { put({ %effect, action => $_ == 2 ? 'fail_no_retry' : 'complete' }, coalesce => 'tx') } 1 .. 3;
    work_off();
    is($t->count('toy_effect', 'jobid=?', $same[1]->jobid), 0, 'the job that failed has no effect');
    is($t->count('toy_effect', 'jobid=?', $_->jobid), 1, 'each other has one, after it was run again') for $main, @same[0, 2];
    is($same[1]->failures, 1, 'it has failed');
    is($_->failures, 0, 'the others have not') for $main, @same[0, 2];
    $t->sql('DELETE FROM error');
}

# ---- a lease that is lost while they are done together ----
for my $effect (0, 1) {
    my $name = $effect ? 'in one transaction' : 'each by itself';
    my $gate = $t->tmp . "/gate$effect";
    my $main = put({ claim_value => 'lost', effect => $effect }, coalesce => 'lost', run_after => time - 60);
    my $same = put({ $t->gated($gate), effect => $effect }, coalesce => 'lost');
    my $daemon = $t->start;
    $t->wait_for(sub { -e "$gate.up" }, 10, 'the other to be claimed');
    my $taken = $t->job($same->jobid)->{grabbed_until};
    cmp_ok($taken, '>', time + 3000, "$name: it is claimed under a lease of its own");
    my $theirs = $taken + 7000;
    $t->sql('UPDATE job SET grabbed_until=? WHERE jobid=?', $theirs, $same->jobid);
    spew($gate, '');
    $t->wait_for(sub { !$main->is_pending }, 10, 'the main job to be done');
    is($t->stop($daemon)->{exit}, 0, 'stopped');
    is($t->job($same->jobid)->{grabbed_until}, $theirs, "$name: the job that others took is left alone");
    is($same->failures, 0, 'it has not failed');
    is($main->exit_status, 0, 'the main job is completed');
    is($t->count('toy_effect', 'jobid=?', $main->jobid), $effect, 'with its effect');
    is($t->count('toy_effect', 'jobid=?', $same->jobid), 0, 'the one that was lost has none');
    $t->sql('DELETE FROM job');
}
is((grep { /^lease lost/ } $t->log_rows), 2, 'both losses are logged');

# ---- the worker dies: all of them have failed, none is lost ----
{
    my $main = put({ claim_value => 'crash', action => 'crash' }, coalesce => 'crash', run_after => time - 60);
    my @same = map { put({}, coalesce => 'crash') } 1 .. 3;
    work_off();
    is($main->failures, 3, 'the job that crashes has failed for good');
    cmp_ok($_->failures, '>=', 1, 'the others have failed with it') for @same;
    ok(!$_->is_pending, 'and have an end') for $main, @same;
    like($_, qr/killed by signal 11/, 'with the reason') for map { ($_->failure_log)[0] } @same;
    $t->sql('DELETE FROM error');
}

# ---- out of turn, by number ----
{
    my $later = put({}, run_after => time + 3600, type => 'Toy::Other');
    my $main = put({ claim_job => $later->jobid });
    is_deeply(our_turn($main), [sort { $a <=> $b } map { $_->jobid } $main, $later], 'a job of the next hour, of another jobtype');
    my $held = put({}, grabbed_until => time + 3600);
    $main = put({ claim_job => $held->jobid });
    is_deeply(our_turn($main), [$main->jobid], 'not one that somebody holds');
    ok($held->is_pending, 'that stays');
    $t->sql('DELETE FROM job');
}

# ---- put off to a time ----
{
    my $until = time + 5000;
    my $handle = put({ action => 'defer_until', until => $until });
    my $worker_handle = put({});
    our_turn($worker_handle);
    my $job = $t->job($handle->jobid);
    is($job->{run_after}, $until, 'run_after is the time that was asked for');
    is($job->{grabbed_until}, 0, 'nobody holds it');
    is($handle->failures, 0, 'it has not failed');
    is($t->count('helios_job_history_tb', 'jobid=?', $handle->jobid), 0, 'and not been finished');
    my $perl = put({});
    $t->collect(perl_process($t, sub {
        $Helios::Schwartz::work = sub { $_[0]->declined($until) };
        $_[0]->grab_and_work_on($perl->as_string);
    }), 30);
    my $other = $t->job($perl->jobid);
    is_deeply([@$other{qw(run_after grabbed_until)}], [@$job{qw(run_after grabbed_until)}], 'as declined($when) leaves it');
    $t->sql('DELETE FROM job');
}

# ---- replaced by others ----
{
    my $handle = put({ action => 'replace' });
    our_turn($handle);
    is($handle->exit_status, 0, 'the job that was replaced is completed');
    is((grep { $_ eq 'in its place' } $t->log_rows), 2, 'both jobs in its place have run');
    my $taken = put({}, uniqkey => 'taken', run_after => time + 3600);
    $handle = put({ action => 'replace', key => 'taken' });
    our_turn($handle);
    is($handle->exit_status, 7, 'a key that is taken is told to the service, which fails the job');
    like(($handle->failure_log)[0], qr/uniqkey taken is in the queue already/, 'with the reason');
    is((grep { $_ eq 'in its place' } $t->log_rows), 2, 'and none was put in');
    is($t->count('job'), 1, 'only the one that had the key');
}
is($t->sanitizer_reports, '', 'nothing of the sanitizers');
$t->finish;
