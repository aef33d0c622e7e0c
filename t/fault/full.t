# SPDX-License-Identifier: MIT
# A service that fills the file system of its own folder, on which the daemon's run folder lies too: its
# job fails and says so, what else runs is not touched, and the scoreboard, which is mapped, has all the
# space that anybody writes to. A start needs some, and says so too; what it found there stays.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my %section = (OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic', WORKER_LINGER => 30);
my $t = Helios::Test->new(section => \%section);
my $run = $t->mount_disk('run', '300k');
plan(skip_all => 'needs leave to mount a file system of its own') if !$run;
my ($gate, $ran, $fill) = ($t->tmp . '/gate', $t->tmp . '/ran', "$run/fill");
my $runner = sub { my ($id) = @_; return $t->wait_for(sub { (slurp($ran) // '') =~ /^$id (\d+)\n/m && $1 }, 20, "job $id to run") };

my ($bystander) = $t->submit({ append => $ran, wait_for => $gate });
my $daemon = $t->start;
my $other = $runner->($bystander);
my ($filler) = $t->submit({ append => $ran, action => 'fill', fill => $fill });
$t->wait_for(sub { $t->errors($filler) }, 20, 'the job that fills it to fail');
like(($t->errors($filler))[0], qr/^cannot write: No space left on device$/, 'the error of the job that filled it says why');
Helios::Test::fill_disk($run);

my @next = $t->submit(map { {} } 1 .. 20);
$t->wait_for(sub { $t->count('job') == 1 }, 20, 'the jobs behind it');
is($t->count('helios_job_history_tb', 'exitstatus=0'), 20, 'the next jobs run');
is($runner->($bystander), $other, 'a job of another worker runs on');
is($t->command('service', 'status')->{exit}, 0, 'its state can be looked at');

# ---- one worker more, whose place on the scoreboard has no space yet ----
my ($victim) = $t->submit({ append => $ran, action => 'hang' });
my $pid = $runner->($victim);
my ($third) = $t->submit({});
$t->set_param(MAX_WORKERS => 3);
$t->wait_for(sub { $t->log_rows(qr/^Cannot start a worker: cannot get space for slot 2 of the scoreboard: No space left on device; will try again$/) },
    20, 'the lack of space to be said');
kill KILL => $pid;
$t->wait_for(sub { $t->errors($victim) }, 20, 'a death to be accounted for');
like(($t->errors($victim))[0], qr/killed by signal 9/, 'with its signal');
$t->sql('DELETE FROM job WHERE jobid=?', $victim);
spew($gate, '');
$t->wait_for(sub { $t->count('job', 'jobid<>?', $victim) == 0 }, 20, 'the rest');
is(($t->history($bystander))[0]{exitstatus}, 0, 'the job of the other worker is completed');
is($t->count('helios_job_history_tb', 'exitstatus=0'), 22, 'and the one that had to wait');
ok(alive($daemon->{pid}), 'the daemon lives');
is(Helios::Test::pid_of($t->pid_file), $daemon->{pid}, 'the PID file is whole');

# ---- all of it killed, and started again without space ----
unlink $ran;
$t->sql('DELETE FROM job');
my ($left) = $t->submit({ append => $ran, action => 'hang' });
$runner->($left);
Helios::Test::fill_disk($run);
kill STOP => $daemon->{pid};
kill KILL => $daemon->{pid}, map { $_->{pid} } children($daemon->{pid});
$t->collect($daemon);
my $refused = $t->helios_d($t->service);
is($refused->{exit}, 73, 'a start without space: EX_CANTCREAT');
like($refused->{stderr}, qr{^cannot get space for the scoreboard \S+: No space left on device$}m, 'and the reason');
ok(!-e $t->pid_file, 'no PID file is left');
unlink $fill, "$run/filler";
$daemon = $t->start;
$t->wait_for(sub { $t->errors($left) }, 20, 'the job that ran to be accounted for');
like(($t->errors($left))[0], qr/no daemon was there to see how/, 'the next start with space settles what the killed one left');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
is_deeply([glob "$run/*"], [], 'and leaves nothing');
$t->finish;
