# SPDX-License-Identifier: MIT
# What befalls the host: the run folder emptied, the log's target gone, the log's table gone, no more
# descriptors, no more processes, a pid that belongs to somebody else by now.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $NOBODY = 65534;

sub fresh {
    my (%section) = @_;
    return Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic', %section });
}

sub end {
    my ($t, $daemon, $what) = @_;
    is($t->stop($daemon)->{exit}, 0, "$what: the daemon stops cleanly");
    is($t->sanitizer_reports, '', "$what: the sanitizers reported nothing");
    $t->destroy;
    return;
}

{
    my $t = fresh();
    my $daemon = $t->start;
    my ($killed) = $t->submit({ $t->gated($t->tmp . '/gate'), append => $t->tmp . '/ran' });
    my $pid = $t->wait_for(sub { (slurp($t->tmp . '/ran') // '') =~ / (\d+)\n/ && $1 }, 20, 'the job to run');
    unlink glob $t->tmp . '/run/*';
    kill KILL => $pid;
    $t->wait_for(sub { $t->errors($killed) == 1 }, 20, 'the death to be accounted for without a file in the run folder');
    spew($t->tmp . '/gate', '');
    my @ids = $t->submit(map { {} } 1 .. 20);
    $t->wait_for(sub { $t->count('job') == 0 }, 20, 'the work to go on');
    is($t->count('helios_job_history_tb', 'exitstatus=0'), 21, 'run folder emptied: all jobs are completed');
    end($t, $daemon, 'run folder emptied');
}
{
    my $t = fresh();
    my $daemon = $t->start;
    my ($id) = $t->submit({ action => 'hang', append => $t->tmp . '/ran' });
    my $pid = $t->wait_for(sub { (slurp($t->tmp . '/ran') // '') =~ / (\d+)\n/ && $1 }, 20, 'the job to run');
    $t->sql('ALTER TABLE helios_job_history_tb RENAME TO elsewhere');
    kill KILL => $pid;
    $t->wait_for(sub { $t->log_rows(qr/cannot be settled, will try again/) }, 20, 'the poller to fail at the death');
    unlink glob $t->tmp . '/run/*';
    is($t->stop($daemon)->{exit}, 0, 'run folder emptied, a job not settled: the daemon stops cleanly');
    $t->sql('ALTER TABLE elsewhere RENAME TO helios_job_history_tb');
    my $next = $t->start;
    $t->wait_for(sub { $t->errors($id) == 1 }, 20, 'the next one to settle it from the scoreboard that was written again');
    end($t, $next, 'run folder emptied');
}
{
    my $t = fresh();
    # Where the fallback and the console go has no room.
    my $daemon = $t->spawn(['sh', '-c', 'exec "$0" --foreground "$1" >/dev/full 2>/dev/full', $t->program('helios_d'), $t->service]);
    $t->wait_for(sub { $t->board('looks') }, 20, 'the daemon to be up');
    $t->sql('ALTER TABLE helios_log_tb RENAME TO elsewhere');
    my @ids = $t->submit(map { { log => 'x' x 1000 } } 1 .. 50);
    $t->wait_for(sub { $t->count('job') == 0 }, 20, 'the work to go on without any place for the log');
    is($t->count('helios_job_history_tb', 'exitstatus=0'), 50, 'log gone: all jobs are completed');
    $t->sql('ALTER TABLE elsewhere RENAME TO helios_log_tb');
    $t->submit({ log => 'back again' });
    $t->wait_for(sub { $t->log_rows(qr/back again/) }, 20, 'the log to be written again');
    end($t, $daemon, 'log gone');
}
# None for a pipe to the worker, and too few in the worker itself.
for my $more (0, 2) {
    my $t = fresh();
    my $daemon = $t->start;
    # One that was open for a moment only, as while a process is forked, must not be counted.
    my $least = 1024;
    my $lower = sub {
        my $open = () = glob "/proc/$daemon->{pid}/fd/*";
        return if $open >= $least;
        $least = $open;
        system('prlimit', '--pid', $daemon->{pid}, sprintf('--nofile=%d:', $open + $more)) == 0 or die 'prlimit';
    };
    $lower->();
    my @ids = $t->submit(map { {} } 1 .. 20);
    $t->wait_for(sub { $lower->(); $t->log_rows(qr/Cannot start a worker: Too many open files \(raise the limit: [^)]+\); will try again/) }, 20, 'the lack of descriptors to be said');
    is($t->count('job'), 20, "$more descriptors: no job is lost");
    system('prlimit', '--pid', $daemon->{pid}, '--nofile=1024:') == 0 or die 'prlimit';
    $t->wait_for(sub { $t->count('job') == 0 }, 40, 'the work to be done when there are some');
    is($t->count('helios_job_history_tb', 'exitstatus=0'), 20, "$more descriptors: all jobs are completed");
    end($t, $daemon, "$more descriptors");
}
SKIP: {
    skip 'needs root, whom no limit of processes binds, to become somebody whom it does', 1 if $> != 0;
    my $t = fresh();
    system('chown', '-R', "$NOBODY:$NOBODY", $t->tmp) == 0 or die 'chown';
    my @nobody = ('setpriv', "--reuid=$NOBODY", "--regid=$NOBODY", '--clear-groups');
    my $daemon = $t->spawn([@nobody, $t->program('helios_d'), '--foreground', $t->service]);
    $t->wait_for(sub { $t->poller($daemon->{pid}) && $t->board('looks') }, 20, 'the daemon to be up');
    system(@nobody, 'prlimit', '--pid', $daemon->{pid}, '--nproc=1:') == 0 or die 'prlimit';
    my @ids = $t->submit(map { {} } 1 .. 20);
    $t->wait_for(sub { $t->log_rows(qr/Cannot start a worker: Resource temporarily unavailable; will try again/) }, 20, 'the refused fork to be said');
    is($t->count('job'), 20, 'fork refused: no job is lost');
    system(@nobody, 'prlimit', '--pid', $daemon->{pid}, '--nproc=4096:') == 0 or die 'prlimit';
    $t->wait_for(sub { $t->count('job') == 0 }, 40, 'the work to be done when it is not');
    is($t->count('helios_job_history_tb', 'exitstatus=0'), 20, 'fork refused: all jobs are completed');
    end($t, $daemon, 'fork refused');
}

# All of a daemon killed, and the worker's pid given to another process since: its start time tells.
my $t = fresh();
my $daemon = $t->start;
my ($id) = $t->submit({ action => 'hang', append => $t->tmp . '/ran' });
my $pid = $t->wait_for(sub { (slurp($t->tmp . '/ran') // '') =~ / (\d+)\n/ && $1 }, 20, 'the job to run');
kill STOP => $daemon->{pid};
kill KILL => $daemon->{pid}, map { $_->{pid} } children($daemon->{pid});
$t->collect($daemon);
my $board = slurp($t->pid_file('board'));
my ($slots, $size) = (unpack 'L4', substr $board, 8)[1, 3];
my $first = length($board) - $slots * $size;
my $at = (grep { unpack('l', substr $board, $first + $_ * $size, 4) == $pid } 0 .. 3)[0];
substr $board, $first + $at * $size, 4, pack 'l', $$;
spew($t->pid_file('board'), $board);
my $next = $t->start;
$t->wait_for(sub { $t->errors($id) == 1 }, 20, 'the job of the dead worker to be accounted for');
like(($t->errors($id))[0], qr/no daemon was there to see how/, 'a reused pid does not pass for the dead worker');
is($t->stop($next)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
