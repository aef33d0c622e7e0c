# SPDX-License-Identifier: MIT
# Bulk commands on a terminal show progress; interrupted they end between two batches, lose nothing and say how far
# they came.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $now = time;
my $type = $t->funcid('Many');

sub seed {
    my ($table, $columns, $values, $n) = @_;
    my $insert = $t->dbh->prepare("INSERT INTO $table ($columns) VALUES " . join ',', ("($values)") x 100);
    $t->dbh->begin_work;
    $insert->execute for 1 .. $n / 100;
    $t->dbh->commit;
}

# Starts the command, interrupts it once it has changed something, and gives how it ended.
sub interrupted {
    my ($what, $words, $changed) = @_;
    my $run = $t->spawn([$t->program('helios'), @$words]);
    $t->wait_for($changed, 20, "$what to begin");
    kill INT => $run->{pid};
    $t->collect($run);
    is($run->{signal}, 0, "$what: ends by itself");
    return $run;
}

# ---- cleaning ----
seed('helios_log_tb', 'log_time, message', "1, 'x'", 20_000);
my $run = interrupted('log clean', [qw(log clean --batch 1)], sub { $t->count('helios_log_tb') < 20_000 });
is($run->{exit}, 1, 'log clean: exit code');
my ($deleted) = $run->{stderr} =~ /\Ahelios: interrupted: (\d+) rows are deleted, the rest is as it was\n\z/;
is($deleted, 20_000 - $t->count('helios_log_tb'), 'log clean: as many as it says') or diag($run->{stderr});

# ---- jobs ----
seed('job', 'funcid, insert_time, run_after, grabbed_until', "$type, 1, 1, 0", 1100);
$run = interrupted('job cancel', [qw(job cancel --jobtype Many)], sub { $t->count('job') < 1100 });
is($run->{exit}, 1, 'job cancel: exit code');
like($run->{stderr}, qr/\Ahelios: interrupted: the rest is as it was\n\z/, 'job cancel: says so');
my ($cancelled) = $run->{stdout} =~ /\A(\d+) jobs cancelled\n\z/;
is($cancelled, 1100 - $t->count('job'), 'job cancel: as many as it says');
is($t->count('helios_job_history_tb'), $cancelled, 'and each is in the history');
is($t->count('job', 'grabbed_until > 0'), 0, 'no lease is left');

# ---- submitting lines ----
pipe my $from, my $to or die "pipe: $!";
my $pid = fork // die "fork: $!";
if (!$pid) {
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE ALRM);
    open STDIN, '<&', $from;
    close $to;
    open STDOUT, '>', "$t->{tmp}/lines.out";
    open STDERR, '>', "$t->{tmp}/lines.err";
    $ENV{HELIOS_INI} = $t->ini;
    exec $t->program('helios'), 'submit', '--lines', 'Lines' or POSIX::_exit(127);
}
close $from;
my $xml = Helios::Test::xml({ a => 1 });
syswrite $to, "$xml\n" x 700 . substr $xml, 0, 9;
$t->wait_for(sub { my $id = $t->one("SELECT funcid FROM funcmap WHERE funcname='Lines'"); $id && $t->count('job', 'funcid=?', $id) == 500 }, 20, 'the first batch');
$t->wait_for(sub { (slurp("/proc/$pid/wchan") // 'pipe_read') =~ /pipe/ }, 20, 'it to wait for more');
kill INT => $pid;
$t->wait_for(sub { waitpid($pid, POSIX::WNOHANG()) == $pid }, 20, 'submit to end');
is($? >> 8, 1, 'submit --lines: exit code');
is(slurp("$t->{tmp}/lines.out"), "700 jobs submitted\n", 'submit --lines: whole lines that were read are jobs');
is(slurp("$t->{tmp}/lines.err"), "helios: interrupted: go on with line 701\n", 'and it says where to go on');
is($t->count('job', "funcid=(SELECT funcid FROM funcmap WHERE funcname='Lines')"), 700, 'as many as it says');

# ---- progress ----
SKIP: {
    my $screen = on_terminal($t, 80, [qw(job cancel --jobtype Many)], '')->{screen};
    like($screen, qr/\r\033\[K\d+ of \d+ jobs cancelled/, 'progress on a terminal');
    like($screen, qr/\r\033\[K\d+ jobs cancelled\r\n\z/, 'which goes at the end');
    $screen = on_terminal($t, 80, [qw(log clean --batch 5000)], '')->{screen};
    like($screen, qr/\r\033\[K\d+ rows deleted/, 'of cleaning too');
}
$t->finish;
