# SPDX-License-Identifier: MIT
# Memory that runs out in the code of the daemon itself: a worker that has no room for a job's argument,
# wherever it notices, or for writing an outcome; a poller and a master that get no more. Nothing is lost,
# nothing stays leased, what stands behind is done, and the job's error names the limit.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my %section = (MAX_WORKERS => 1, OVERDRIVE => 1, WORKER_LINGER => 30);
my $t = Helios::Test->new(section => \%section);
$t->use_release(section => \%section) or plan(skip_all => 'needs the release build of these sources: a sanitizer reserves terabytes');
my $BIG = 12 * 1024 * 1024;

sub clear { $t->sql("DELETE FROM $_") for qw(job helios_job_history_tb error helios_log_tb helios_params_tb); return }

# A job, and others behind it: whatever becomes of it, they are done. What became of it.
sub fate {
    my ($mb, $job) = @_;
    clear();
    $t->set_param(WORKER_MAX_MEMORY_MB => $mb);
    my ($id) = $t->submit($job);
    my @behind = $t->submit(map { {} } 1 .. 3);
    my $daemon = $t->start;
    $t->wait_for(sub { $t->count('job') == 0 }, 20, "$mb MB: every job to be accounted for");
    is($t->count('helios_job_history_tb', 'exitstatus=0 AND jobid<>?', $id), 3, "$mb MB: those behind it are done");
    is($t->stop($daemon)->{exit}, 0, "$mb MB: the daemon stops cleanly");
    my $last = ($t->history($id))[-1];
    return 'completed' if $last->{exitstatus} == 0;
    my @errors = $t->errors($id);
    is(scalar(grep { /(?:; |\()WORKER_MAX_MEMORY_MB is $mb\b/ } @errors), 3, "$mb MB: it has failed under its retry rules, each time with the limit")
        or diag join "\n", @errors;
    cmp_ok(length $last->{arg}, '>', 1, "$mb MB: and its argument is kept");
    return 'failed';
}

# From too little for the argument to enough.
my @fates = map { fate($_, { padding => 'x' x $BIG }) } map { 24 * $_ + 8 } 1 .. 7;
like("@fates", qr/^(?:failed ){2,}(?:failed )*completed/, 'a job that has no room fails, one that has some runs: ' . "@fates");

# Of a service that leaves nothing, for writing that its job is completed.
my $left = fate(200, { action => 'gorge' });
ok($left, "of a service that has taken all, the job has $left");

# ---- a poller and a master that get no more ----
clear();
my $daemon = $t->start;
$t->wait_for(sub { $t->board('looks') }, 20, 'the daemon to be up');

sub limit {
    my ($pid, $bytes) = @_;
    $bytes //= ((slurp("/proc/$pid/status") // '') =~ /^VmSize:\s+(\d+) kB/m)[0] * 1024;
    system('prlimit', '--pid', $pid, "--as=$bytes:") == 0 or die 'prlimit';
    return;
}
limit($t->poller($daemon->{pid}));
$t->dbh->begin_work;
$t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)', '*', $t->service, "p$_", 'x' x 100) for 1 .. 9000;
$t->dbh->commit;
$t->wait_for(sub { slurp($daemon->{err}) =~ /SAFE MODE: the database is away: .*out of memory/i }, 20, 'the poller to say that it has none');
ok(alive($daemon->{pid}), 'poller: the daemon lives');
clear();
my ($id) = $t->submit({});
$t->wait_for(sub { !$t->job($id) }, 40, 'the work to go on when it needs no more');

limit($daemon->{pid});
my @ids = $t->submit(map { {} } 1 .. 20);
my $looks = $t->board('looks');
$t->wait_for(sub { $t->board('looks') > $looks + 2 }, 20, 'a few looks without memory');
ok(alive($daemon->{pid}), 'master: the daemon lives');
limit($daemon->{pid}, 'unlimited');
$t->wait_for(sub { $t->count('job') == 0 }, 40, 'the jobs to be done');
is($t->count('helios_job_history_tb', 'exitstatus=0'), 21, 'each is completed once');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');

# ---- a start with too little ----
my $refused = 0;
for my $mb (map { 4 * $_ } 1 .. 8) {
    my $run = $t->run(['prlimit', '--as=' . $mb * 1024 * 1024, $t->program('helios_d'), $t->service]);
    last if $run->{exit} == 0;
    $refused++;
    is($run->{signal}, 0, "start with $mb MB: no crash");
    isnt($run->{stderr}, '', "start with $mb MB: a sentence, exit code $run->{exit}");
    is_deeply([glob $t->tmp . '/run/*'], [], "start with $mb MB: no file is left");
}
cmp_ok($refused, '>', 0, 'a start with too little is refused');
$t->finish;
