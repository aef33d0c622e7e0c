# SPDX-License-Identifier: MIT
# Four Perl workers and four of ours on one queue, and an effect that must happen exactly once.
use strict;
use warnings;
use Helios::Test;
use Helios::Schwartz;
use Test::More;

# On SQLite each transaction is a file's, and a Perl worker opens the file for each of them.
my $t = Helios::Test->new(service => 'Toy::Keep', section => { OVERDRIVE => 1, MAX_WORKERS => 4 });
my $jobs = $t->sqlite ? 600 : 5000;
my $bad = $jobs / 50;
$t->sql('CREATE TABLE toy_effect (jobid BIGINT, pid INTEGER, at INTEGER)'
    . ($t->sqlite ? '' : ' ENGINE=InnoDB'));

my @ids = $t->submit(map { $_ % 50 ? { effect => 1 } : { action => 'fail_no_retry', status => 7, message => 'bad luck' } } 1 .. $jobs);
my $mine = $t->tmp . '/perl';
my $db;
$Helios::Schwartz::work = sub {
    my ($job) = @_;
    append_line($mine, $job->jobid);
    if ($job->arg->[0] =~ /fail_no_retry/) {
        $job->permanent_failure('bad luck', 7);
        return;
    }
    $db //= $t->connect_database;
    $db->do('INSERT INTO toy_effect (jobid, pid, at) VALUES (?, ?, ?)', undef, $job->jobid, $$, int time);
    $job->completed;
};
my @perl = map { perl_process($t, sub { $_[0]->work_until_done }) } 1 .. 4;
my $daemon = $t->start;
$t->wait_for(sub { $t->count('job') == 0 }, 70, 'the queue to be empty');
$t->collect($_, 30) for @perl;
is(join(' ', map { $_->{exit} } @perl), '0 0 0 0', 'the Perl workers have ended');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');

my @theirs = split /\n/, slurp($mine) // '';
my %theirs = map { $_ => 1 } @theirs;
my $ours = $t->count('helios_job_history_tb');
is(scalar(keys %theirs), @theirs, 'Perl ran no job twice');
is(@theirs + $ours, $jobs, "Perl ran @{[scalar @theirs]} jobs and we $ours: all");
cmp_ok(scalar @theirs, '>', 0, 'Perl had its share');
cmp_ok($ours, '>', 0, 'we had ours');
is($t->count('toy_effect'), $jobs - $bad, 'there are as many effects as good jobs');
is($t->one('SELECT COUNT(DISTINCT jobid) FROM toy_effect'), $jobs - $bad, 'one of each');
is($t->count('error', "message='bad luck'"), $bad, 'an error row for each bad job');
is($t->count('error'), $bad, 'and no other');
is($t->count('exitstatus', 'status=7'), $bad, 'an exit status for each bad job');
is($t->count('exitstatus', 'status=0'), $jobs - $bad, 'and for each good one');
is($t->count('exitstatus', 'delete_after=completion_time+3600'), $jobs, 'kept for an hour by both');
$t->finish;
