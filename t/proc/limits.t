# SPDX-License-Identifier: MIT
# What a job may use of the host, and that its error says which limit it met.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my %section = (MAX_WORKERS => 1, OVERDRIVE => 1, WORKER_LINGER => 30);
my $t = Helios::Test->new(section => \%section);
my $daemon;

sub begin {
    my (%limits) = @_;
    $t->sql('DELETE FROM helios_params_tb');
    $t->set_param($_ => $limits{$_}) for sort keys %limits;
    $daemon = $t->start;
    return;
}
sub stopped { is($t->stop($daemon)->{exit}, 0, "$_[0]: the daemon stops cleanly"); return }

sub fails {
    my ($what, $job, $pattern) = @_;
    my ($id) = $t->submit($job);
    $t->wait_for(sub { $t->history($id) }, 20, "$what: the job to end");
    isnt(($t->history($id))[0]{exitstatus}, 0, "$what: the job fails");
    like(($t->errors($id))[0], $pattern, "$what: its error says why");
    # What has ended one job is not what the next one finds.
    $t->sql('DELETE FROM job');
    my ($next) = $t->submit({});
    $t->wait_for(sub { !$t->job($next) }, 20, "$what: the next job");
    is(($t->history($next))[-1]{exitstatus}, 0, "$what: the next job runs");
    return;
}
my $fill = $t->tmp . '/filled';
begin(WORKER_MAX_CPU => 1, WORKER_MAX_FILE_MB => 1, WORKER_MAX_FILES => 64);
fails('CPU time', { action => 'spin' },
    qr/^Worker process \d+ was killed by signal 24 \(.*\) while running this job; WORKER_MAX_CPU is 1$/);
fails('file size', { action => 'fill', fill => $fill },
    qr/^Worker process \d+ was killed by signal 25 \(.*\) while running this job; WORKER_MAX_FILE_MB is 1$/);
is(-s $fill, 1024 * 1024, 'the file has no more than that');
unlink $fill;
fails('file size, its signal ignored', { action => 'fill_deaf', fill => $fill },
    qr/^cannot write: File too large \(WORKER_MAX_FILE_MB is 1\)$/);
fails('open files', { action => 'open_many' },
    qr/^no descriptor: Too many open files \(WORKER_MAX_FILES is 64\)$/);
stopped('limits');

# ---- limits that a job does not meet, and odd ones ----
my $gate = $t->tmp . '/gate';
my %odd = (WORKER_MAX_CPU => 'many', WORKER_MAX_FILES => '99999999999', WORKER_MAX_FILE_MB => '-5', WORKER_NICE => '99');
begin(%odd);
my ($id) = $t->submit({ $t->gated($gate), action => 'spin' });
$t->wait_for(sub { -e "$gate.up" }, 15, 'the job to run');
my ($worker) = $t->workers($daemon->{pid});
my %limit = (slurp("/proc/$worker/limits") // '') =~ /^(.+?)\s{2,}(\S+\s+\S+)/mg;
my %master = (slurp("/proc/$daemon->{pid}/limits") // '') =~ /^(.+?)\s{2,}(\S+\s+\S+)/mg;
is($limit{'Max cpu time'}, $master{'Max cpu time'}, 'no number: the default, which is none');
is($limit{'Max file size'}, $master{'Max file size'}, 'below the range: none');
my ($hard) = $master{'Max open files'} =~ /(\S+)$/;
my $files = $hard < 1048576 ? $hard : 1048576;
like($limit{'Max open files'}, qr/^$files\s+$files$/, 'above the range, or above the hard limit: the most there is');
is((split ' ', slurp("/proc/$worker/stat") =~ s/.*\)//sr)[16], 19, 'niceness is cut to 19');
is((split ' ', slurp("/proc/$daemon->{pid}/stat") =~ s/.*\)//sr)[16], getpriority(0, 0), 'the master keeps its own');
$t->wait_for(sub { $t->log_rows(qr/^WORKER_MAX_CPU of Toy::Service: 'many' .* is not a whole number; 0 stays/) }, 10, 'the odd number in the log');
kill KILL => $worker;
spew($gate, '');
$t->wait_for(sub { $t->errors($id) }, 15, 'the job of the killed worker');
like(($t->errors($id))[0], qr/signal 9 \(Killed\) while running this job$/, 'a death that no limit explains is not laid to one');
$t->sql('DELETE FROM job');
stopped('odd limits');

# ---- memory ----
SKIP: {
    skip 'needs the release build of these sources', 4 if !$t->use_release(section => \%section);
    begin(WORKER_MAX_MEMORY_MB => 300);
    fails('memory', { action => 'exhaust' },
        qr/^no memory: Cannot allocate memory \(WORKER_MAX_MEMORY_MB is 300\)$/);
    fails('memory, not looked at', { action => 'crash' },
        qr/signal 11 \(.*\) while running this job; WORKER_MAX_MEMORY_MB is 300$/);
    stopped('memory');
    ($id) = $t->submit({});
    begin(WORKER_MAX_MEMORY_MB => 1);
    $t->wait_for(sub { $t->log_rows(qr/Worker|cannot|memory/) }, 20, 'what a worker says that cannot start');
    is($t->job($id)->{grabbed_until}, 0, 'too little to start a worker: the job stays in the queue');
    $t->del_param('WORKER_MAX_MEMORY_MB');
    $t->wait_for(sub { !$t->job($id) }, 30, 'the job to run when the limit is mended');
    stopped('too little memory');
}
$t->finish;
