# SPDX-License-Identifier: MIT
# Jobs that kill their worker each time, first in the queue: under the retry rules they end as failed
# for good with the cause in their errors, and all others are done meanwhile.
use strict;
use warnings;
use Helios::Test;
use Test::More;

# Four retries, without an interval.
my $t = Helios::Test->new(service => 'Toy::Storm',
    section => { OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic' });
my %poison = (crash => qr/killed by signal 11 \(Segmentation fault\)/, exit => qr/exited with code 7/);
my %id = map { ($_ => ($t->submit_as('Toy::Storm', { run_after => 1000 }, { action => $_, status => 7 }))[0]) } sort keys %poison;
my @others = $t->submit(map { {} } 1 .. 200);
my $daemon = $t->start({ asan => ['handle_segv=0'] });
my %left;
$t->wait_for(sub {
    $left{ $t->count('job', 'jobid IN (?,?)', values %id) } = 1 if $t->count('helios_job_history_tb', 'exitstatus=0') == @others;
    return $t->count('job') == 0;
}, 40, 'every job to be accounted for');
is($t->count('helios_job_history_tb', 'exitstatus=0'), @others, 'the others are completed');
ok($left{2}, 'while neither of the deadly ones had been tried to the end');
for my $kind (sort keys %poison) {
    my @errors = $t->errors($id{$kind});
    is(scalar @errors, 5, "$kind: tried as often as the rules say");
    is(scalar(grep { /$poison{$kind}/ } @errors), 5, "$kind: with the cause in each error");
    is($t->one('SELECT status FROM exitstatus WHERE jobid=?', $id{$kind}), 1, "$kind: failed for good");
}
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
my ($trail) = map { $_->{message} } $t->rows("SELECT message FROM helios_log_tb WHERE jobid=? AND message LIKE 'The last events%'", $id{crash});
like($trail, qr/start, .*connected, .*claimed \d+, .*\d run $id{crash}$/, 'the last events of the worker are logged with the job');
$t->finish;
