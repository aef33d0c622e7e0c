# SPDX-License-Identifier: MIT
# Control groups: what the daemon writes where, and what it makes of a death for want of memory. The
# group is a folder of this test, without the kernel that would enforce its files; the last part has a
# real one, where this host has any with the controllers that are needed and lets us make one.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new;
my $group = $t->tmp . '/group';
mkdir $group or die;
sub offer { my ($controllers) = @_; spew("$group/cgroup.controllers", $controllers); spew("$group/cgroup.procs", ''); return }
sub configure {
    my ($path, %limits) = @_;
    $t->write_ini(global => { cgroup_path => $path }, section => { OVERDRIVE => 1, WORKER_LINGER => 30, %limits });
    return;
}
sub refused {
    my ($what, $pattern) = @_;
    my $run = $t->helios_d('--check', $t->service);
    is($run->{exit}, 78, "$what: refused");
    like($run->{stderr}, $pattern, "$what: with the reason");
    return;
}

# ---- groups that cannot be used ----
configure($group);
refused('no control group', qr/^helios_d: cgroup_path: \Q$group\E is no control group of version 2/);
offer("cpuset cpu io memory_not pids\n");
refused('a controller is missing', qr/has not the controllers memory and pids; delegate them/);
configure('/nonexistent');
refused('a folder that is not there', qr{/nonexistent is no control group});
my ($own) = (slurp('/proc/self/cgroup') // '') =~ /^0::(.*)$/m;
SKIP: {
    skip 'this process is in a control group of its own', 2 if defined $own && $own ne '/';
    configure('own');
    refused('the topmost group', qr/cgroup_path=own: (?:the daemon is in the topmost|this host has no)/);
}
configure('', WORKER_GROUP_PIDS => 5);
my $run = $t->helios_d('--check', $t->service);
is($run->{exit}, 0, 'a limit without a group is no fault');
like($run->{stderr}, qr/^helios_d: WORKER_GROUP_MEMORY_MB and WORKER_GROUP_PIDS have no effect without cgroup_path/m, 'but is said');

# ---- one that can ----
offer("cpuset cpu io memory pids\n");
configure($group, WORKER_GROUP_MEMORY_MB => 64);
my $gate = $t->tmp . '/gate';
my $daemon = $t->start;
is(slurp("$group/daemon/cgroup.procs"), '0', 'the master has moved into a group below');
is(slurp("$group/cgroup.subtree_control"), '+memory +pids', 'and then asked for groups beside it to be counted');
my ($id) = $t->submit({ $t->gated($gate) });
$t->wait_for(sub { -e "$gate.up" }, 20, 'the job to run');
my %file = map { $_ => slurp("$group/worker.0/$_") } qw(memory.max pids.max cgroup.procs);
is_deeply(\%file, { 'memory.max' => 64 * 1024 * 1024, 'pids.max' => 'max', 'cgroup.procs' => '0' }, 'the worker has limited itself and entered');
my ($worker) = $t->workers($daemon->{pid});
spew("$group/worker.0/memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n");
kill KILL => $worker;
spew($gate, '');
$t->wait_for(sub { $t->errors($id) }, 20, 'the error of the job');
like(($t->errors($id))[0], qr/^Worker process \d+ was killed by signal 9 \(Killed\) while running this job; WORKER_GROUP_MEMORY_MB is 64$/,
    'a worker that was killed for its memory: the error says so');
$t->wait_for(sub { !$t->job($id) }, 20, 'the job to be tried again');

# ---- another death there has another cause ----
unlink $gate, "$gate.up";
spew("$group/worker.0/memory.events", "oom 0\noom_kill 0\n");
my ($other) = $t->submit({ $t->gated($gate) });
$t->wait_for(sub { -e "$gate.up" }, 20, 'the job to run');
kill KILL => ($t->workers($daemon->{pid}))[0];
spew($gate, '');
$t->wait_for(sub { $t->errors($other) }, 20, 'the error of the job');
like(($t->errors($other))[0], qr/while running this job$/, 'a worker that was killed by somebody: the error lays it to no limit');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');

# ---- a worker that cannot be limited does not run ----
# What the kernel refuses, a folder in the place of the file refuses here.
unlink glob "$group/worker.0/*";
mkdir "$group/worker.0/pids.max" or die;
$t->sql('DELETE FROM job');
($id) = $t->submit({});
$daemon = $t->start;
$t->wait_for(sub { $t->log_rows(qr{^control group: cannot write 'max' to \Q$group\E/worker\.0/pids\.max}) }, 20, 'the reason in the log');
is($t->job($id)->{grabbed_until}, 0, 'and the job stays in the queue');
rmdir "$group/worker.0/pids.max" or die;
$t->wait_for(sub { !$t->job($id) }, 30, 'the job to run when that is mended');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');

# ---- a real one ----
my $real;
END { if ($real) { rmdir $_ for glob("$real/worker.*"), "$real/daemon", $real } }
SKIP: {
    my ($root) = map { (split)[1] } grep { (split)[2] eq 'cgroup2' } split /\n/, slurp('/proc/mounts');
    skip 'this host has no control groups of version 2', 1 if !$root;
    mkdir "$root/helios-test-$$" or skip "$root: $!", 1;
    $real = "$root/helios-test-$$";
    my $has = slurp("$real/cgroup.controllers") // '';
    configure($real, WORKER_GROUP_MEMORY_MB => 256, WORKER_GROUP_PIDS => 64);
    if ($has !~ /\bmemory\b/ || $has !~ /\bpids\b/) {
        refused('a real group without the controllers', qr/^helios_d: cgroup_path: \Q$real\E has not the controllers memory and pids/);
        skip "the groups of version 2 here have only these controllers: $has", 1;
    }
    # Room for swapped pages would let it go on for long.
    spew("$real/memory.swap.max", 0) if -e "$real/memory.swap.max";
    $t->sql('DELETE FROM job');
    my ($greedy) = $t->submit({ action => 'exhaust' });
    my $daemon = $t->start;
    $t->wait_for(sub { $t->errors($greedy) }, 20, 'the kernel to kill the worker');
    like(($t->errors($greedy))[0], qr/was killed by signal 9 \(Killed\) while running this job; WORKER_GROUP_MEMORY_MB is 256$/,
        'the kernel has killed the worker for its memory, and the error says so');
    is(slurp("$real/worker.0/pids.max"), "64\n", 'the kernel knows the other limit too');
    $t->sql('DELETE FROM job');
    my ($next) = $t->submit({});
    $t->wait_for(sub { !$t->job($next) }, 20, 'the next job');
    is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
    is_deeply([glob "$real/worker.*"], [], 'and leaves no group of a worker');
}
$t->finish;
