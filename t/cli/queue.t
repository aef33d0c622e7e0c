# SPDX-License-Identifier: MIT
# helios queue, and what all tables have in common: tabs, JSON, a terminal.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $now = time;

sub ended {
    my ($type, $age, $status) = @_;
    $t->sql('INSERT INTO helios_job_history_tb (jobid, funcid, run_after, grabbed_until, complete_time, exitstatus) VALUES (?,?,?,?,?,?)',
        1, $t->funcid($type), 1, 1, $now - $age, $status);
}
$t->submit_as('A', { run_after => $now - 100 }, { n => 1 }, { n => 2 });
$t->submit_as('A', { run_after => $now - 200, grabbed_until => $now + 3600 }, { n => 3 });
$t->submit_as('A', { run_after => $now + 3600 }, map { { n => $_ } } 1 .. 3);
ended('A', @$_) for [0, 0], [0, 4], [600, 0], [600, 0], [600, 9], [4000, 0];
$t->funcid("evil\033[31m\ttype");

my $run = says($t, 'JSON', ['queue', '--json'], { out => qr/\A\{.*\}\n\{.*\}\n\z/ });
my ($a, $evil) = map { decode_json($_) } split /\n/, $run->{stdout};
my %expect = (jobtype => 'A', waiting => 2, delayed => 3, running => 1, done_minute => 1, failed_minute => 1, done_hour => 3, failed_hour => 2);
is($a->{$_}, $expect{$_}, "$_ of A") for sort keys %expect;
cmp_ok(abs($a->{oldest} - 100), '<', 30, 'the oldest that waits, not the one that runs');
cmp_ok($a->{drain}, '>=', 2 / 3 * 3600, 'time to drain at the rate of the hour');
is($evil->{jobtype}, "evil\033[31m\ttype", 'JSON tells what is stored');
is($evil->{$_}, undef, "no $_ without jobs") for qw(oldest drain);
unlike($run->{stdout}, qr/[\x00-\x09\x0b-\x1f]/, 'and escapes it');

my @lines = split /\n/, says($t, 'tabs', ['queue'], { out => qr/\A/ })->{stdout};
like($lines[0], qr/\AA\t2\t3\t1\t1\t1\t3\t2\t\d+\t0\.00\t\d+\z/, 'values between tabs, no heading');
like($lines[1], qr/\Aevil\\x1b\[31m\\ttype\t0\t/, 'control characters are escaped');
says($t, 'one jobtype', ['queue', '--jobtype', 'A'], { out => qr/\AA\t[^\n]*\n\z/ });
says($t, 'no such jobtype', ['queue', '--jobtype', 'B'], { err => "helios: there is no jobtype 'B'\n", exit => EX_NOINPUT });

# ---- counts stop ----
my $many = $t->funcid('Many');
$t->dbh->begin_work;
my $insert = $t->dbh->prepare('INSERT INTO job (funcid, arg, insert_time, run_after, grabbed_until) VALUES ' . join ',', ('(?,NULL,0,1,0)') x 500);
$insert->execute(($many) x 500) for 1 .. 21;
$t->dbh->commit;
says($t, 'more than is counted', ['queue', '--jobtype', 'Many'], { out => qr/\AMany\t>10000\t0\t0\t0\t0\t0\t0\t\d+\t0\.00\t\n\z/ });
says($t, 'more than is counted (JSON)', ['queue', '--jobtype', 'Many', '--json'], { out => qr/"waiting":10000,"waiting_more":true,"delayed":0,/ });

# ---- on a terminal ----
SKIP: {
    for my $width (20, 40, 80, 200) {
        my $screen = on_terminal($t, $width, ['queue'], '')->{screen};
        like($screen, qr/JOBTYPE/, "a heading, $width columns");
        (my $plain = $screen) =~ s/\033\[\d*m//g;
        is(join('', grep { length > $width } split /\r?\n/, $plain), '', "nothing is wider than $width columns");
        unlike($plain, qr/\033/, 'nothing of the database reaches the terminal as control');
    }
    like(on_terminal($t, 200, ['queue'], '')->{screen}, qr/\033\[1m/, 'colour on a terminal');
    unlike(on_terminal($t, 200, ['queue'], '', NO_COLOR => 1)->{screen}, qr/\033/, 'none with NO_COLOR');
}

# ---- watch ----
my $watch = $t->spawn([$t->program('helios'), 'queue', '--watch', '--jobtype', 'A']);
$t->wait_for(sub { (slurp($watch->{out}) // '') =~ /\AA\t2\t/ }, 10, 'the first look');
$t->submit_as('A', {}, { n => 9 });
$t->wait_for(sub { slurp($watch->{out}) =~ /\nA\t3\t/ }, 10, 'a later look');
kill TERM => $watch->{pid};
is($t->collect($watch)->{signal}, 15, 'ended');

$t->finish;
