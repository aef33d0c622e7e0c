# SPDX-License-Identifier: MIT
# The PID file: stale, reused, held by a Perl daemon, held by ours.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(service => 'Toy::Service');
my $file = $t->pid_file;
like($file, qr{/run/toy__service\.pid$}, 'the name is lower case, colons are underscores');

# A process that ended: its number is free, at least for now.
my $dead = fork // die "fork: $!";
POSIX::_exit(0) if !$dead;
waitpid $dead, 0;

my $sleeper = $t->spawn(['perl', '-e', 'sleep 600']);
my @stale = (
    ['of a dead process', "$dead\n"],
    ['without a newline, as Helios 2.40 writes it', $dead],
    ['whose number another program has now', "$sleeper->{pid}\n"],
    ['empty', ''],
    ['garbage', "hello\n"],
    ['of process 1', "1\n"],
    ['a number beyond all pids', "99999999999999999999\n"],
);
for my $case (@stale) {
    my ($name, $text) = @$case;
    spew($file, $text);
    my $daemon = eval { $t->start };
    ok($daemon, "a PID file $name does not stop a start") or diag $@;
    next if !$daemon;
    is(slurp($file), "$daemon->{pid}\n", "$name: it holds our pid now");
    $t->stop($daemon);
    ok(!-e $file, "$name: removed by a clean stop");
}
ok(alive($sleeper->{pid}), 'the other program was left alone');

# ---- a Perl daemon ----
spew($t->tmp . '/helios.pl', "sleep 600;\n");
my $perl = $t->spawn(['perl', $t->tmp . '/helios.pl', 'Toy::Service']);
$t->wait_for(sub { (slurp("/proc/$perl->{pid}/cmdline") // '') =~ /helios\.pl/ }, 5,
    'the Perl daemon');
spew($file, "$perl->{pid}\n");
my $refused = $t->helios_d('--foreground', $t->service);
isnt($refused->{exit}, 0, 'a running Perl daemon refuses a start');
like($refused->{stderr}, qr/Toy::Service service daemon already running \(process $perl->{pid}\)/,
    'and is named');
is(slurp($file), "$perl->{pid}\n", 'its PID file is untouched');
ok(alive($perl->{pid}), 'and so is the process');
kill KILL => $perl->{pid};
$t->collect($perl);

# ---- a second start of ours ----
my $daemon = $t->start;
for my $arguments (['--foreground'], [], ['--drain', '--foreground']) {
    my $second = $t->helios_d(@$arguments, $t->service);
    isnt($second->{exit}, 0, "second start (@$arguments): refused");
    like($second->{stderr}, qr/already running \(process $daemon->{pid}\)/,
        'naming the running one');
}
is(slurp($file), "$daemon->{pid}\n", 'the PID file still holds the pid of the first');
my ($id) = $t->submit({ action => 'complete' });
$t->wait_for(sub { !$t->job($id) }, 10, 'the first to work on');

# ---- killed ----
kill KILL => $daemon->{pid};
$t->collect($daemon);
ok(-e $file, 'SIGKILL leaves the file');
$daemon = $t->start;
is($t->count('helios_worker_registry_tb', 'process_id=?', $daemon->{pid}) || 1, 1,
    'and the next start is not stopped by it');
$t->stop($daemon);
ok(!-e $file, 'a clean stop removes it');
$t->finish;
