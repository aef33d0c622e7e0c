# SPDX-License-Identifier: MIT
# What becomes of a job, as rows: every verdict, a crash, an exit, a lost lease.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 2 });

# Toy::Service tries three times, a second apart: every failed attempt leaves an error and a history
# row.
my @table = (
    # name, arguments, exit statuses of the history, error messages
    ['completed', { action => 'complete' }, [0], []],
    ['failed each time', { action => 'fail', status => 7, message => 'no luck' }, [7, 7, 7],
        [('no luck') x 3]],
    ['failed once, then completed', { action => 'fail_once', message => 'not yet' }, [1, 0],
        ['not yet']],
    ['failed for good', { action => 'fail_no_retry', status => 3, message => 'never' }, [3],
        ['never']],
    ['status 0 counts as 1', { action => 'fail_no_retry', status => 0, message => 'zero' }, [1],
        ['zero']],
    ['no verdict', { action => 'none' }, [1, 1, 1],
        [('Job did not explicitly complete, fail, or get replaced') x 3]],
    ['the first verdict decides', { action => 'complete_then_fail', message => 'too late' }, [0],
        []],
    ['a long message', { action => 'fail_no_retry', message => 'x' x 400 }, [1], ['x' x 254]],
);
my $daemon = $t->start;
my @ids = $t->submit(map { $_->[1] } @table);
$t->wait_for(sub { $t->count('job') == 0 }, 30, 'all jobs to have ended');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
for my $i (0 .. $#table) {
    my ($name, undef, $statuses, $messages) = @{ $table[$i] };
    is_deeply([map { $_->{exitstatus} } $t->history($ids[$i])], $statuses, "$name: history");
    is_deeply([$t->errors($ids[$i])], $messages, "$name: errors");
    is($t->job($ids[$i]), undef, "$name: the job is gone");
}
my ($history) = $t->history($ids[0]);
is($history->{arg}, Helios::Test::xml($table[0][1]), 'the history keeps the text of the arguments');
cmp_ok($history->{grabbed_until}, '>', time + 3000, 'and the lease of the attempt');
cmp_ok(abs($history->{complete_time} - time), '<', 60, 'and the time');
is($t->count('exitstatus'), 0, 'no exitstatus row unless the service keeps them');

# ---- deferred: nothing is written, the lease stays ----
my ($deferred) = $t->submit({ action => 'defer' });
$daemon = $t->start;
$t->wait_for(sub { ($t->job($deferred) // {})->{grabbed_until} }, 10,
    'the deferred job to be claimed');
my ($after) = $t->submit({ action => 'complete' });
$t->wait_for(sub { !$t->job($after) }, 10, 'the job behind it to be completed');
cmp_ok($t->job($deferred)->{grabbed_until}, '>', time + 3000, 'deferred: the job stays leased');
is(scalar $t->history($deferred), 0, 'deferred: no history');
is(scalar $t->errors($deferred), 0, 'deferred: no error');
$t->stop($daemon);
$t->sql('DELETE FROM job');

# ---- a worker that ends under its job: failed at once, under the retry rules ----
my @deaths = (
    ['segmentation fault', { action => 'crash' }, qr/signal 11|SIGSEGV/],
    ['exit() in the plugin', { action => 'exit', status => 5 }, qr/exit.* 5/],
);
for my $death (@deaths) {
    my ($name, $args, $pattern) = @$death;
    my ($id) = $t->submit($args);
    $daemon = $t->start({ asan => ['handle_segv=0'] });
    # Not by the lease, which is of an hour.
    $t->wait_for(sub { !$t->job($id) }, 15, "the job of a $name to be accounted for");
    my @errors = $t->errors($id);
    is(scalar @errors, 3, "$name: three attempts, three errors");
    like($errors[0], $pattern, "$name: the error says how it ended");
    is_deeply([map { $_->{exitstatus} != 0 } $t->history($id)], [1, 1, 1],
        "$name: three rows of history");
    ok(alive($daemon->{pid}), "$name: the daemon carries on");
    my ($next) = $t->submit({ action => 'complete' });
    $t->wait_for(sub { !$t->job($next) }, 15, "a job after a $name");
    $t->stop($daemon);
}

# ---- the fence: a lease that somebody else has taken ----
for my $verdict ([complete => {}], [fail => {}], [fail_no_retry => {}]) {
    my ($do) = @$verdict;
    my $gate = $t->tmp . "/gate-$do";
    my ($id) = $t->submit({ action => $do, $t->gated($gate) });
    $daemon = $t->start;
    $t->wait_for(sub { ($t->job($id) // {})->{grabbed_until} && -e "$gate.up" }, 10,
        'the job to run');
    my $theirs = time + 9999;
    $t->sql('UPDATE job SET grabbed_until=? WHERE jobid=?', $theirs, $id);
    spew($gate, '');
    $t->wait_for(sub { $t->count('helios_log_tb', 'jobid=? AND message LIKE ?', $id,
        '%lease lost%') }, 10, 'a log message about the lost lease');
    is($t->job($id)->{grabbed_until}, $theirs,
        "$do after the lease was lost: the row is untouched");
    is(scalar $t->history($id), 0, "$do: no history");
    is(scalar $t->errors($id), 0, "$do: no error row");
    $t->stop($daemon);
    $t->sql('DELETE FROM job');
}
$t->finish;
