# SPDX-License-Identifier: MIT
# Services that misbehave without dying: their jobs are completed all the same, once, and the daemon
# goes on and stops in time.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
my $daemon = $t->start;
for my $action (qw(close_fds chdir block_signals fork leak_fd read_stdin write_stdin)) {
    my $ran = $t->tmp . "/$action";
    my ($id, $next) = $t->submit({ action => $action, append => $ran }, {});
    $t->wait_for(sub { !$t->job($id) && !$t->job($next) }, 15, "the job that does $action and the next one");
    is_deeply([map { $_->{exitstatus} } $t->history($id), $t->history($next)], [0, 0], "$action: both are completed");
    is(scalar(split /\n/, slurp($ran)), 1, "$action: it ran once");
}
like(slurp($daemon->{err}), qr/closed descriptors that are not its own/, 'the closed descriptors are said');
is(scalar $t->log_rows(qr/lease lost/), 0, 'no lease was lost');
is($t->stop($daemon, 10)->{exit}, 0, 'the daemon stops cleanly');
ok(!-e $t->pid_file, 'the PID file is gone');
$t->finish;
