# SPDX-License-Identifier: MIT
# helios job list | retry | cancel | hold | requeue | wait.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $now = time;

sub attempt {
    my ($id, $type, $age, $status, $message, $arg, $key) = @_;
    my $funcid = $t->funcid($type);
    $t->sql('INSERT INTO helios_job_history_tb (jobid, funcid, arg, uniqkey, insert_time, run_after, grabbed_until, priority, complete_time, exitstatus) VALUES (?,?,?,?,?,?,?,?,?,?)',
        $id, $funcid, $arg // '<job><params><a>h</a></params></job>', $key, $now - 9000, 1, 1, 7, $now - $age, $status);
    $t->sql('INSERT INTO error (error_time, jobid, message, funcid) VALUES (?,?,?,?)', $now - $age, $id, $message, $funcid) if defined $message;
}
sub ids { return join ' ', map { (split /\t/)[0] } split /\n/, $_[0] }
sub list {
    my ($name, $options, $expect) = @_;
    my $run = says($t, "list: $name", ['job', 'list', @$options], { out => qr/\A/ });
    is(ids($run->{stdout}), join(' ', @$expect), "list: $name, the jobs");
}

my ($w1, $w2) = $t->submit_as('A', { run_after => $now - 50 }, { n => 1 }, { n => 2 });
my ($d)       = $t->submit_as('A', { run_after => $now + 3600 }, { n => 3 });
my ($r)       = $t->submit_as('A', { run_after => $now - 60, grabbed_until => $now + 3600 }, { n => 4 });
my ($b)       = $t->submit_as('B', { insert_time => $now - 8000 }, { n => 5 });
attempt(901, 'A', 100, 1, 'disk full');
attempt(901, 'A', 90,  3, "disk full\033[2J again");
attempt(902, 'B', 80,  1, 'no such file');
attempt(903, 'A', 70,  1, 'disk full');
attempt(903, 'A', 60,  0);
attempt(904, 'A', 9000, 1, 'disk full');
attempt($w2, 'A', 30, 1, 'first try');    # waits for its second attempt

list('the queue',        [],                                        [$r, $w1, $w2, $d, $b]);
list('waiting',          [qw(--state waiting)],                     [$w1, $w2, $b]);
list('delayed',          [qw(--state delayed)],                     [$d]);
list('running',          [qw(--state running)],                     [$r]);
list('of a type',        [qw(--jobtype B)],                         [$b]);
list('failed',           [qw(--state failed)],                      [902, 901, 904]);
list('failed, a type',   [qw(--state failed --jobtype B)],          [902]);
list('failed, lately',   [qw(--state failed --since 1h)],           [902, 901]);
list('failed, why',      [qw(--state failed --error), 'disk full'], [901, 904]);
list('done',             [qw(--state done)],                        [903]);
list('submitted lately', [qw(--since 2h)],                          [$r, $w1, $w2, $d]);
list('by error, queued', [qw(--error try)],                         [$w2]);
says($t, 'a limit', [qw(job list --limit 2)], { out => qr/\A(?:[^\n]+\n){2}\z/, err => "helios: there may be more than these 2: --limit N shows more\n" });
my $run = says($t, 'JSON', [qw(job list --state failed --since 1h --jobtype A --json)], { out => qr/\A\{"jobid":901,"jobtype":"A","state":"failed","submitted":\d+,"run_after":null,"ended":\d+,"exitstatus":3,"error":"disk full\\u001b\[2J again"\}\n\z/ });
says($t, 'escaped', [qw(job list --state failed --since 1h --jobtype A)], { out => qr/\tdisk full\\x1b\[2J again\n\z/ });

# ---- hold and requeue ----
says($t, 'hold two', ['job', 'hold', $w1, $d], { out => "2 jobs held\n" });
list('held', [qw(--state held)], [$w1, $d]);
says($t, 'hold a running one', ['job', 'hold', $r], { out => "0 jobs held\n", err => "helios: job $r is not held: it is running\n", exit => 1 });
says($t, 'what would be requeued', [qw(job requeue --state held --dry-run)], { out => qr/\A$w1\tA\theld\t[^\n]*\n$d\tA\theld\t[^\n]*\n\z/ });
list('nothing has changed', [qw(--state held)], [$w1, $d]);
says($t, 'requeue', [qw(job requeue --state held)], { out => "2 jobs requeued\n" });
list('they wait again', [qw(--state waiting --jobtype A)], [$w2, $w1, $d]);

# ---- cancel ----
says($t, 'cancel by type', [qw(job cancel --jobtype B --all)], { out => "1 jobs cancelled\n" });
says($t, 'cancel one that runs', ['job', 'cancel', $r, $w1], { out => "1 jobs cancelled\n", err => "helios: job $r is not cancelled: it is running\n", exit => 1 });
ok($t->job($r), 'what runs is left alone');
ok(!$t->job($w1), 'the other one is gone');
is(($t->history($w1))[0]{exitstatus}, 1, 'with a row in the history');
is(($t->errors($w1))[0], 'cancelled by an operator', 'and the reason');
says($t, 'it has failed', ['job', 'status', $w1], { out => "failed\n" });

# ---- retry ----
says($t, 'retry by error', ['job', 'retry', '--error', 'disk full', '--since', '1h'], { out => "1 jobs retried\n" });
is(stored_text($t, 901), '<job><params><a>h</a></params></job>', 'with its arguments, as Perl stores them');
is($t->job(901)->{priority}, 7, 'and its priority');
is(join(';', $t->errors(901)), '', 'its failures are forgotten, so it has all its retries');
says($t, 'retry again', [qw(job retry 901)], { out => "0 jobs retried\n", err => "helios: job 901 is not retried: it waits\n", exit => 1 });
says($t, 'what is cancelled comes back', ['job', 'retry', $w1], { out => "1 jobs retried\n" });
is(stored_text($t, $w1), '<job><params><n>1</n></params></job>', 'with what was submitted');
says($t, 'a job that is done', [qw(job retry 903)], { out => "0 jobs retried\n", err => "helios: job 903 is not retried: it is done\n", exit => 1 });
attempt(905, 'B', 10, 2, 'x', 'plain text', 'key');
attempt(906, 'B', 10, 2, 'x', '<job><params/></job>', 'key');
says($t, 'a key that is taken', [qw(job retry 905 906)], { out => "1 jobs retried\n", err => "helios: job 906 is not retried: it has failed, and another job has its key\n", exit => 1 });
is($t->job(905)->{arg}, 'plain text', 'raw bytes come back as they are');

# ---- which were not as they must be, and why ----
my @why = (
    # words, how many are done, what is said, exit code
    [['cancel', 77777, $r], 0, "job 77777 is not known\nhelios: job $r is not cancelled: it is running", EX_NOINPUT],
    [['hold', $d, 77777], 1, 'job 77777 is not known', EX_NOINPUT],
    [['hold', $d], 0, "job $d is not held: it is held already", 1],
    [['requeue', $d, $w2], 1, "job $w2 is not requeued: it waits", 1],
    [['cancel', 70001 .. 70012], 0, join("\nhelios: ", map({ "job $_ is not known" } 70001 .. 70010), 'and 2 more'), EX_NOINPUT],
);
my %done = (cancel => 'cancelled', hold => 'held', requeue => 'requeued');
for (@why) {
    my ($words, $n, $err, $exit) = @$_;
    says($t, "@$words: why not", ['job', @$words], { out => "$n jobs $done{$words->[0]}\n", err => "helios: $err\n", exit => $exit });
}

# ---- many ----
attempt($_, 'Many', 5, 1, 'all of them') for 2000 .. 2600;
says($t, 'many', [qw(job retry --jobtype Many)], { out => "601 jobs retried\n" });
is($t->count('job', 'jobid BETWEEN 2000 AND 2600'), 601, 'all are in the queue');
says($t, 'hold them all', [qw(job hold --jobtype Many)], { out => "601 jobs held\n" });

# ---- wait ----
says($t, 'wait: done', [qw(job wait 903)], {});
says($t, 'wait: failed', [qw(job wait 902)], { exit => 1 });
attempt(907, 'B', 10, 300, 'x');
says($t, 'wait: a status that is too large', [qw(job wait 907)], { exit => 255 });
says($t, 'wait: in vain', ['job', 'wait', '--timeout', 0, $r], { err => "helios: job $r has not ended within 0 s\n", exit => 124 });
says($t, 'wait: unknown', [qw(job wait 99999)], { err => "helios: job 99999 is not known\n", exit => EX_NOINPUT });
my $waiting = $t->spawn([$t->program('helios'), qw(job wait --timeout 20), $r]);
attempt($r, 'A', 0, 4, 'x');
$t->sql('DELETE FROM job WHERE jobid=?', $r);
is($t->collect($waiting)->{exit}, 4, 'wait ends with the exit status of the job');

# ---- what makes no sense ----
my @wrong = (
    [[qw(job retry)],                     qr/which jobs\? /],
    [[qw(job retry 1 --all)],             qr/not both/],
    [[qw(job retry x)],                   qr/'x' is not the number of a job/],
    [[qw(job retry --state waiting)],     qr/jobs that are waiting cannot be chosen for 'helios job retry'/],
    [[qw(job cancel --state running)],    qr/jobs that are running cannot be chosen/],
    [[qw(job list --state lost)],         qr/--state lost: the states are /],
    [[qw(job list --since yesterday)],    qr/--since yesterday: a time is /],
    [[qw(job list --limit 0)],            qr/--limit must be from 1 /],
    [[qw(job wait --timeout -1 1)],       qr/--timeout -1 is not a number of seconds/],
);
says($t, "wrong: @{ $_->[0] }", $_->[0], { err => qr/\Ahelios: [^\n]*(?:$_->[1])[^\n]*\n\z/, exit => EX_USAGE }) for @wrong;
says($t, 'no such jobtype', [qw(job list --jobtype None)], { err => "helios: there is no jobtype 'None'\n", exit => EX_NOINPUT });

# ---- a deadlock behind the lease that a cancel takes ----
my ($deadlocked) = $t->submit({});
says($t, 'cancel after a deadlock', ['job', 'cancel', $deadlocked], { out => "1 jobs cancelled\n",
    err => qr/\AHELIOS_FAULT: fail\.before_commit:retry [^\n]*\n\z/, env => { HELIOS_FAULT => 'fail.before_commit:retry' } });
is($t->job($deadlocked), undef, 'and the job has left the queue');

$t->finish;
