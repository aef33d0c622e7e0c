# SPDX-License-Identifier: MIT
# helios submit --lines: many jobs.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;

sub xml { return "<job><params><n>$_[0]</n></params></job>" }

sub numbers {
    return join ' ', map { stored_text($t, $_->{jobid}) =~ /<n>(\d+)/ ? $1 : '?' } $t->rows('SELECT jobid FROM job ORDER BY jobid');
}

says($t, 'three lines', ['submit', '--lines', 'T'], { stdin => join('', map { xml($_) . "\n" } 1 .. 3), out => "3 jobs submitted\n" });
is(numbers(), '1 2 3', 'in the order of the lines');

says($t, 'empty lines, CR LF and no newline at the end', ['submit', '--lines', '--verbose', 'T'],
    { stdin => "\n" . xml(4) . "\r\n\n" . xml(5), out => qr/\AJobid: \d+\nJobid: \d+\n2 jobs submitted\n\z/ });
is(numbers(), '1 2 3 4 5', 'the jobs are there');
is(stored_text($t, $t->one('SELECT MIN(jobid) FROM job') + 3), xml(4), 'the line end is not stored');

says($t, 'nothing', ['submit', '--lines', 'T'], { out => "0 jobs submitted\n" });
says($t, 'priority for all', ['submit', '--lines', '--priority', 3, 'P'], { stdin => xml(1) . "\n" . xml(2) . "\n", out => "2 jobs submitted\n" });
is($t->count('job', 'priority=3'), 2, 'all have it');
says($t, 'raw lines', ['submit', '--lines', '--raw', 'R'], { stdin => "hello\nworld\n", out => "2 jobs submitted\n" });
is(join(' ', map { $_->{arg} } $t->rows('SELECT arg FROM job ORDER BY jobid DESC LIMIT 2')), 'world hello', 'raw lines are stored as they are');

# ---- a bad line: the good ones before it are in the queue ----
$t->sql('DELETE FROM job');
my @lines = map { xml($_) } 1 .. 1200;
$lines[1100] = '<job>';
says($t, 'line 1101 is bad', ['submit', '--lines', 'T'],
    { stdin => join("\n", @lines), err => qr/\Ahelios: 1100 jobs submitted; line 1101: [^\n]+\n\z/, exit => EX_DATAERR });
is($t->count('job'), 1100, 'the lines before it are submitted');
$lines[1100] = xml(1101);
says($t, 'going on at that line', ['submit', '--lines', 'T'], { stdin => join("\n", @lines[1100 .. $#lines]), out => "100 jobs submitted\n" });
is($t->count('job'), 1200, 'all are there');
is(numbers(), join(' ', 1 .. 1200), 'each once, in order');

# ---- what makes no sense ----
says($t, 'words with --lines', ['submit', '--lines', 'T', 'a=1'], { err => qr/\Ahelios: with --lines the arguments come from standard input/, exit => EX_USAGE });
says($t, 'a uniqkey with --lines', ['submit', '--lines', '--uniqkey', 'k', 'T'], { err => qr/\Ahelios: --uniqkey cannot be given with --lines/, exit => EX_USAGE });

# ---- the database fails in between: says how far it came ----
$t->sql('DELETE FROM job');
my $refuse = $t->sqlite
    ? "CREATE TRIGGER no_more BEFORE INSERT ON job WHEN (SELECT COUNT(*) FROM job) >= 600 BEGIN SELECT RAISE(ABORT, 'no more'); END"
    : "CREATE TRIGGER no_more BEFORE INSERT ON job FOR EACH ROW BEGIN IF (SELECT COUNT(*) FROM job) >= 600 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT='no more'; END IF; END";
$t->sql($refuse);
says($t, 'the second batch fails', ['submit', '--lines', 'T'],
    { stdin => join("\n", @lines), err => qr/\Ahelios: 500 jobs submitted; line 501: [^\n]*no more[^\n]*\n\z/, exit => EX_DATAERR });
is($t->count('job'), 500, 'a batch is in the queue whole or not at all');

# ---- the server ends the connection between two batches: nobody notices ----
if (!$t->sqlite) {
    $t->sql('DROP TRIGGER no_more');
    $t->sql('DELETE FROM job');
    my $fifo = $t->tmp . '/fifo';
    POSIX::mkfifo($fifo, 0600) or die "mkfifo: $!";
    my $run = $t->spawn(['sh', '-c', 'exec "$0" submit --lines T <"$1"', $t->program('helios'), $fifo]);
    open my $to, '>', $fifo or die "$fifo: $!";
    $to->autoflush(1);
    print $to map { xml($_) . "\n" } 1 .. 500;
    $t->wait_for(sub { $t->count('job') == 500 }, 20, 'the first batch');
    my ($id) = $t->{admin}->selectrow_array('SELECT id FROM information_schema.processlist WHERE db=? AND id<>? ORDER BY id DESC LIMIT 1',
        undef, $t->{database}, $t->dbh->{mysql_thread_id});
    $t->{admin}->do("KILL $id");
    print $to map { xml($_) . "\n" } 501 .. 1100;
    close $to;
    $t->collect($run);
    is("$run->{exit} $run->{stdout}$run->{stderr}", "0 1100 jobs submitted\n", 'with a connection that was lost');
    is(numbers(), join(' ', 1 .. 1100), 'each once, in order');
}

says($t, 'pairs', ['submit', '--lines', 'T'], { stdin => "a=1 b=2\n", err => "helios: 0 jobs submitted; line 1: pairs NAME=VALUE are for words of the command line: a line holds XML or JSON\n", exit => EX_DATAERR });
says($t, 'no pair', ['submit', '--lines', 'T'], { stdin => "a\n", err => qr/ neither XML nor a JSON object\n\z/, exit => EX_DATAERR });

$t->finish;
