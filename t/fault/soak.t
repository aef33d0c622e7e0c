# SPDX-License-Identifier: MIT
# Two services under steady load: nothing grows. Samples of each second are taken; the first third is
# for warming up, the rest is judged by its slope. t/fault/soak.sh runs it for longer.
use strict;
use warnings;
use Helios::Server;
use Helios::Test;
use Test::More;

my $seconds = $ENV{HELIOS_SOAK_SECONDS} // 15;
my $server;
if (($ENV{HELIOS_TEST_STORE} // 'sqlite') ne 'sqlite') {
    $server = Helios::Server->new;
    $ENV{HELIOS_TEST_SOCKET} = $server->socket;
}
my %settings = (OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic', WORKER_LINGER => 3600, CLAIM_TARGET_MS => 20);
my $t = Helios::Test->new(service => 'Toy::Storm', global => \%settings);
$t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');
# What a sanitizer keeps of freed memory must not pass for a leak.
my @asan = ('quarantine_size_mb=0', 'thread_local_quarantine_size_kb=0', 'allocator_release_to_os_interval_ms=0');
my @daemons = map { $t->spawn([$t->program('helios_d'), '--foreground', $_], asan => \@asan) } 'Toy::Storm', 'Toy::StormIdem';

my ($submitted, @sample) = (0);
sub submit_some {
    my @actions = (('complete') x 36, qw(fail_once fail_no_retry none leak_fd));
    for my $service ('Toy::Storm', 'Toy::StormIdem') {
        my $effect = $service eq 'Toy::Storm' ? 1 : 0;
        my @jobs = map { { effect => $effect, sleep_ms => 1, action => $_, log => 'a line' } } @actions[0 .. $#actions - 1];
        $submitted += $t->submit_as($service, {}, @jobs);
    }
    return;
}

# Kilobytes of memory that are no file's. A share of what is shared (PSS) would rise whenever another
# program that has the same libraries ends.
sub memory {
    my ($pid) = @_;
    return (slurp("/proc/$pid/smaps_rollup") // '') =~ /^Anonymous:\s+(\d+)/m ? $1 : undef;
}

sub processes {
    return map { my $d = $_; (["master $d->{pid}", $d->{pid}], map { ["$_->{title} $_->{pid}" =~ s/.*: (\w+) .* (\d+)$/$1 $2/r, $_->{pid}] } children($d->{pid})) } @daemons;
}

sub sample {
    my %now = (at => now(), log => $t->count('helios_log_tb'), jobs => $submitted);
    for (processes()) {
        my ($name, $pid) = @$_;
        my $kb = memory($pid) // next;
        my $fds = () = glob "/proc/$pid/fd/*";
        $now{process}{$name} = [$kb, $fds];
    }
    $now{undo} = $t->one("SELECT count FROM information_schema.innodb_metrics WHERE name='trx_rseg_history_len'") if $server;
    push @sample, \%now;
    return;
}

$t->wait_for(sub { -e $t->pid_file('board') && $t->board('looks') }, 20, 'the daemons to be up');
my ($end, $next) = (now() + $seconds, 0);
$t->wait_for(sub {
    submit_some() if $t->count('job') < 200;
    if (now() >= $next) { sample(); $next = now() + ($seconds > 60 ? 1 : 0.3) }
    return now() >= $end;
}, $seconds + 60, 'the time to pass');
sample();
$t->wait_for(sub { $t->count('job') == 0 }, 60, 'the queue to drain');

# The rise of a series over its length, by least squares.
sub rise {
    my (@points) = @_;
    my $n = @points;
    my ($sx, $sy, $sxx, $sxy) = (0) x 4;
    for (@points) { my ($x, $y) = @$_; $sx += $x; $sy += $y; $sxx += $x * $x; $sxy += $x * $y }
    my $d = $n * $sxx - $sx * $sx;
    return $d == 0 ? 0 : ($n * $sxy - $sx * $sy) / $d * ($points[-1][0] - $points[0][0]);
}

my $begun = $sample[0]{at};
my @judged = grep { $_->{at} - $begun > $seconds / 3 } @sample;
my %names = map { $_ => 1 } map { keys %{ $_->{process} } } @judged;
my $steady = 0;
for my $name (sort keys %names) {
    my @all = grep { $_->{process}{$name} } @judged;
    next if @all < @judged * 0.9;    # one that left; those that stay are judged
    $steady++;
    my $first = $all[0]{process}{$name};
    my $rise = rise(map { [$_->{at} - $begun, $_->{process}{$name}[0]] } @all);
    cmp_ok($rise, '<', 1024 + $first->[0] * 0.02, sprintf '%s: %d kB rise by %d', $name, $first->[0], $rise);
    my $half = @all / 2;
    my ($early, $late) = map { (sort { $b <=> $a } map { $_->{process}{$name}[1] } @$_)[0] } [@all[0 .. $half - 1]], [@all[$half .. $#all]];
    cmp_ok($late, '<=', $early + 1, "$name: $early descriptors stay $late");
}
cmp_ok($steady, '>=', 6, "$steady processes were there all the time: two masters, two pollers and lingering workers");
# A line of each job's own, and what a failure says; the daemons' own are few for a second.
cmp_ok($sample[-1]{log}, '<', 1.5 * $submitted + 20 * $seconds + 100, "$sample[-1]{log} log rows of $submitted jobs");
if ($server) {
    my @undo = map { $_->{undo} } @judged;
    my $half = @undo / 2;
    my ($early, $late) = map { (sort { $b <=> $a } @$_)[0] } [@undo[0 .. $half - 1]], [@undo[$half .. $#undo]];
    cmp_ok($late, '<', 2 * $early + 2000, "history list of InnoDB at most $early, then $late");
}
is($t->stop($_)->{exit}, 0, 'the daemon stops cleanly') for @daemons;
is($t->count('helios_job_history_tb', 'exitstatus=0'), $t->one('SELECT COUNT(DISTINCT jobid) FROM helios_job_history_tb WHERE exitstatus=0'), 'no job completed twice');
$t->finish;
