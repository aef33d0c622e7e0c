# SPDX-License-Identifier: MIT
# The release build over a few jobs under valgrind: every process of the daemon is clean.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $release = "$Helios::Test::SOURCE/build/release";
if (!-x "$release/daemon/helios_d" || !grep { -x "$_/valgrind" } split /:/, $ENV{PATH}) {
    plan skip_all => 'needs valgrind and the release build';
}
$Helios::Test::BUILD = $release;

my $t = Helios::Test->new(service => 'Helios::TestService',
    section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
my @ids = $t->submit(map { { number => $_, text => "\xc3\xa9 & <>" } } 1 .. 20);
my $run = $t->run([
    'valgrind', '-q', '--trace-children=yes', '--leak-check=full',
        '--errors-for-leak-kinds=definite',
    '--error-exitcode=99', '--track-fds=no', "--log-file=" . $t->tmp . '/valgrind.%p',
    $t->program('helios_d'), '--foreground', '--drain', $t->service], seconds => 100);
is($run->{exit}, 0, 'drained') or diag($run->{stderr});
is($t->count('job'), 0, 'no job is left');
is($t->count('helios_job_history_tb', 'exitstatus=0'), 20, 'all are completed');
my @logs = glob $t->tmp . '/valgrind.*';
cmp_ok(scalar @logs, '>=', 3, 'master, poller and a worker ran under valgrind');
is(join('', map { slurp($_) } @logs), '', 'valgrind found nothing');
$t->finish;
