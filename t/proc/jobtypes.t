# SPDX-License-Identifier: MIT
# Jobs of several types in one service, and a type that does not exist yet.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
my $class = $t->service;

# ---- a service whose type nobody has submitted yet ----
{
    my $daemon = $t->start;
    $t->wait_for(sub { $t->log_rows(qr/^0 workers running, 0 in queue\.  SLEEPING$/) }, 10, 'the daemon to idle');
    my ($id) = $t->submit({});
    $t->wait_for(sub { !$t->job($id) }, 10, 'the first job of a new type');
    pass('a first job runs without a restart');
    my ($other) = $t->submit_as('Somebody::Else', {}, {});
    my $looks = $t->board('looks');
    $t->wait_for(sub { $t->board('looks') > $looks + 1 }, 10, 'two looks');
    is($t->job($other)->{grabbed_until}, 0, 'a job of another type is left alone');
    is(scalar($t->workers($daemon->{pid})), 0, 'and no worker is launched for it');
    $t->stop($daemon);
    $t->sql("DELETE FROM $_") for qw(job helios_log_tb);
}

# ---- alternate jobtypes ----
my $refused = $t->helios_d('--foreground', '--jobtypes=No::Such', $class);
isnt($refused->{exit}, 0, 'a jobtype that does not exist: refused');
like($refused->{stderr}, qr/\bNo::Such cannot be found in collective database/, 'and named');

my @types = ($class, 'A::One', 'A::Two');
for my $options (['--jobtypes=A::One,A::Two'], ['--jobtype=A::One', '--jobtype=A::Two'], ['--jobtypes', 'A::One', '--jobtypes', 'A::Two']) {
    $t->sql("DELETE FROM $_") for qw(job error helios_job_history_tb helios_log_tb);
    my %id = map { $_ => [$t->submit_as($_, {}, { log => 'here' }, { action => 'fail_no_retry', message => 'no' })] } @types;
    my ($other) = $t->submit_as('A::Three', {}, {});
    my $run = $t->helios_d('--foreground', '--drain', @$options, $class);
    like($run->{stdout}, qr/^Servicing jobtypes: \Q@types\E$/m, "@$options: the types are named");
    is($t->count('job'), 1, 'jobs of all three types were run');
    ok($t->job($other), 'and no others');
    for my $type (@types) {
        my ($done, $failed) = @{ $id{$type} };
        my $funcid = $t->funcid($type);
        is(($t->history($done))[0]{funcid}, $funcid, "$type: the history has the job's own type");
        is($t->one('SELECT funcid FROM error WHERE jobid=?', $failed), $funcid, "$type: so has the error");
        my $log = $t->row("SELECT funcid, job_class FROM helios_log_tb WHERE jobid=? AND message='here'", $done);
        is_deeply($log, { funcid => $funcid, job_class => $class }, "$type: so has the log, with the class of the service");
    }
}
$t->finish;
