# SPDX-License-Identifier: MIT
# Whoever may write to the database writes texts that operators read: nothing of them reaches a
# terminal as an order, and what is printed as JSON is JSON.
use strict;
use warnings;
use JSON::PP;
use Storable qw(nfreeze);
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
# Colours, a title, the beginning of a control sequence in one byte, line ends, invalid UTF-8.
my $evil = "\e[2J\e]0;owned\a\x9b31m\r\nfault: all is lost\t\x7f\xc2\x9b\xff\xe2\x80\xae";
my $text = $evil;
$text = "\e[2J\e]0;owned\a\r\nfault: all is lost\t\x7f\xc2\x9b\xe2\x80\xae" if !$t->sqlite;    # a server takes no text that is none
my $now = time;
my ($id) = $t->submit_as($t->service, {}, \nfreeze(["<job><params><a>&#10;$text</a></params></job>" =~ s/[\x00-\x08\x0b-\x1f]//gr]));
my ($raw) = $t->submit_as($t->service, {}, \$evil);
my ($other) = $t->submit_as("Evil$text", { run_after => $now - 5 }, {});
my $funcid = $t->funcid($t->service);
$t->sql('INSERT INTO error (error_time, jobid, message, funcid) VALUES (?,?,?,?)', $now, $id, $text, $funcid);
$t->sql('INSERT INTO helios_job_history_tb (jobid, funcid, arg, uniqkey, insert_time, run_after, grabbed_until, complete_time, exitstatus) VALUES (?,?,?,?,?,?,?,?,?)',
    $_->[0], $funcid, $text, $text, $now, $now, 0, $now, $_->[1]) for [$id, 1], [999, 1];
$t->sql('INSERT INTO error (error_time, jobid, message, funcid) VALUES (?,?,?,?)', $now, 999, $text, $funcid);
$t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)', @$_)
    for ['*', $t->service, "p$text", $text], [$t->host, $t->service, 'MAX_WORKERS', $text], ["h$text", $t->service, 'HALT', $text], ['*', "Evil$text", 'HALT', $text];
$t->sql('INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, worker_version, host, process_id) VALUES (?,?,?,?,?,?)',
    $now, $now, $_, substr($text, 0, 6), "h$text", 7) for "Svc$text", $t->service;
$t->sql('INSERT INTO helios_log_tb (log_time, host, process_id, jobid, funcid, job_class, priority, message) VALUES (?,?,?,?,?,?,?,?)',
    $now, "h$text", 7, $id, $funcid, "c$text", 3, $text);

my @commands = (
    ['queue'], ['jobtype', 'list'], ['jobtype', 'info', $t->service], ['config', 'list'], ['config', 'list', $t->service], ['config', 'explain', $t->service], ['service', 'list'],
    ['service', 'status'], ['service', 'status', $t->service], ['job', 'list'], ['job', 'list', '--state=failed'],
    ['job', 'status', $id], ['log'], ['doctor'], ['schema', 'check'],
    ['job', 'info', '999'], ['job', 'retry', '999'], ['helios_d', '--clear-halt'],
);
for my $words (@commands) {
    my $run = $words->[0] eq 'helios_d' ? $t->helios_d(@$words[1 .. $#$words]) : $t->command(@$words, { env => { TERM => 'xterm' } });
    for my $stream (qw(stdout stderr)) {
        # Tabs divide columns. One byte above 0x80 may be of a character, so the stream is read as UTF-8.
        my $shown = $run->{$stream};
        my $valid = utf8::decode($shown);
        ok($valid, "@$words: $stream is UTF-8");
        unlike($shown, qr/[\x00-\x08\x0b-\x1f\x7f\x{80}-\x{9f}\x{202a}-\x{202e}]/, "@$words: $stream has nothing that a terminal obeys");
    }
    cmp_ok($run->{signal}, '==', 0, "@$words: ended by itself");
}
for my $words (grep { "@$_" =~ /^(?:queue|jobtype list|config list|service (?:list|status)|job list|log|doctor|schema check)/ } @commands) {
    my $run = $t->command(@$words, '--json');
    my $wrong = join '', grep { !eval { JSON::PP->new->utf8->decode($_); 1 } } split /\n/, $run->{stdout};
    is($wrong, '', "@$words --json: each line is JSON");
}
# What gives a program the text as it was stored gives a terminal no orders.
my @as_stored = (['config', 'get', $t->service, 'MAX_WORKERS'], ['job', 'info', '--args', '--logs', $id], ['job', 'info', '--args', $raw],
    ['job', 'info', $other]);
is($t->command(@{ $as_stored[0] })->{stdout}, "$text\n", 'config get: a program gets what is stored');
SKIP: {
    for my $words (@as_stored) {
        my $screen = on_terminal($t, 200, $words, '')->{screen};
        like($screen, qr/owned/, "@$words on a terminal: is shown");
        unlike($screen, qr/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\x9b|\xe2\x80\xae/, "@$words on a terminal: and obeyed in nothing");
    }
}
$t->finish;
