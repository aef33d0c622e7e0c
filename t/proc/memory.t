# SPDX-License-Identifier: MIT
# The memory of a worker does not depend on how many jobs it has done.
use strict;
use warnings;
use Helios::Test;
use Test::More;

# The sanitizer keeps freed memory for a while: that would grow too.
my @sparing = ('quarantine_size_mb=0', 'thread_local_quarantine_size_kb=0');
my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
# The first ones fill SQLite's cache. A server's commits are slow on a busy machine.
my $some = $t->sqlite ? 3000 : 1000;
my $many = $t->sqlite ? 4000 : 2000;
my $daemon = $t->start({ asan => \@sparing });

sub resident_kb {
    my ($pid) = @_;
    return (slurp("/proc/$pid/status") // '') =~ /^VmRSS:\s+(\d+) kB/m ? $1 : 0;
}

# Puts in `n` jobs and one that waits behind them, opens the gate before them if there is one; the
# worker's pid and memory when it has come to the last.
sub after_jobs {
    my ($n, $gate, $before) = @_;
    $t->submit((map { { text => 'x' x ($_ % 1000) } } 1 .. $n), { $t->gated($gate) });
    spew($before, '') if $before;
    $t->wait_for(sub { -e "$gate.up" }, 40, "$n jobs");
    my ($pid) = $t->workers($daemon->{pid});
    return ($pid, resident_kb($pid));
}
my @gates = map { $t->tmp . "/gate$_" } 1, 2;
my ($pid, $before) = after_jobs($some, $gates[0]);
my ($next_pid, $after) = after_jobs($many, $gates[1], $gates[0]);
is($next_pid, $pid, 'one worker did them all');
cmp_ok($before, '>', 0, "it had $before kB after $some jobs");
cmp_ok($after - $before, '<', 2048, "and $after kB after $many more: a worker does not grow");
spew($gates[1], '');
$t->wait_for(sub { $t->count('job') == 0 }, 10, 'the last job');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
