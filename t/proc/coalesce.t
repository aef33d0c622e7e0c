# SPDX-License-Identifier: MIT
# A job that claims what has its own coalesce takes only that, and nothing if it has none.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { MAX_WORKERS => 1, OVERDRIVE => 1 });

# Runs the jobs in the queue; gives how many others each job has claimed.
sub claimed {
    $t->sql('DELETE FROM helios_log_tb');
    my $run = $t->helios_d('--foreground', '--drain', $t->service);
    is($run->{exit}, 0, 'drained') or diag $run->{stderr};
    return [map { /^claimed (\d+)$/ } $t->log_rows];
}

for my $how ('value', 'prefix') {
    # More than a worker claims at first, so that some are in its batch and some in the table.
    my @ids = $t->submit(map { +{ claim_like => $how, action => 'complete' } } 1 .. 40);
    is_deeply(claimed(), [(0) x 40], "$how: jobs without coalesce are alone");
    is_deeply([map { $_->{exitstatus} } map { $t->history($_) } @ids], [(0) x 40], "$how: and completed");

    $t->submit_as($t->service, { coalesce => 'a' }, { claim_like => $how }, {}, {});
    $t->submit({});
    is_deeply(claimed(), [2], "$how: those with the same are taken");
    is($t->count('job'), 0, "$how: no job is left");
}
$t->finish;
