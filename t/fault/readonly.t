# SPDX-License-Identifier: MIT
# An SQLite database on a file system that is mounted read-only: commands that look can look, whoever has
# to write says so in one sentence, and a daemon under which it becomes so keeps what it knows and goes on
# when it can write again.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my %section = (OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic');
my $t = Helios::Test->new(service => 'Toy::Retry', section => \%section, schema => 0);
# A name with what means something in an URI.
my $disk = $t->mount_disk('disk#1', '12m');
plan(skip_all => 'needs leave to mount a file system of its own') if !$disk;
my $file = "$disk/all 100%23?.db";
$t->{dsn} = "dbi:SQLite:dbname=$file";
$t->write_ini(section => \%section);
$t->command_ok('schema', 'init');

# Fails while somebody has a file there open for writing.
sub remount {
    my ($how) = @_;
    $t->{dbh} = undef;
    $t->wait_for(sub { system("mount -o remount,$how '$disk' 2>/dev/null") == 0 }, 10, "the file system to be $how");
    return;
}

my @looking = (['job', 'list'], ['queue'], ['jobtype', 'list'], ['service', 'status'], ['service', 'list'], ['log'], ['config', 'list'], ['schema', 'status']);

sub looks {
    my ($what) = @_;
    for my $words (@looking) {
        my $run = $t->command(@$words);
        is($run->{exit} . $run->{stderr}, '0', "$what: helios @$words");
    }
    my $run = $t->command('job', 'list');
    return $run->{stdout};
}

sub refuses {
    my ($what, $run, $pattern) = @_;
    is($run->{exit}, 77, "$what: EX_NOPERM");
    like($run->{stderr}, $pattern, "$what: and the reason");
    return;
}

my $word = qr/file system that is not read-only/;
my ($id) = $t->submit({});
remount('ro');
like(looks('read-only'), qr/\b$id\b/, 'the job is seen');
refuses('submit', $t->command('submit', $t->service, '<job/>'), qr/\A[^\n]*$word\n\z/);
refuses('a start', $t->helios_d($t->service), qr/^FAILED to get configuration: the database file \Q$file\E cannot be written: [^\n]*$word$/m);
ok(!-e $t->pid_file, 'no PID file is left');

# A client of two databases takes the other one.
my $other = Helios::Test->new(service => $t->service);
$t->write_ini(section => \%section, global => { queue_databases => $other->ini });
is($t->command('submit', $t->service, 'a=1')->{exit}, 0, 'a client that has another database submits') for 1 .. 6;
is($other->count('job'), 6, 'to that one');
$t->write_ini(section => \%section);
remount('rw');

# ---- a daemon under which it becomes so ----
my ($ran, $gate) = map { $t->tmp . "/$_" } qw(ran gate);
my $daemon = $t->start;
$t->wait_for(sub { $t->count('job') == 0 }, 20, 'a job while all is well');
($id) = $t->submit({ append => $ran, wait_for => $gate });
my $pid = $t->wait_for(sub { (slurp($ran) // '') =~ /^$id (\d+)$/m && $1 }, 20, 'a job to run');
kill STOP => $daemon->{pid};
kill KILL => map { $_->{pid} } children($daemon->{pid});
remount('ro');
kill CONT => $daemon->{pid};
my $away = qr/SAFE MODE: the database is away: .*cannot be written/;
$t->wait_for(sub { slurp($daemon->{err}) =~ $away }, 20, 'a word about it');
like(looks('beside a daemon'), qr/\b$id\b/, 'the job is there');
my ($shm) = glob(quotemeta($file) . '-shm');
ok($shm, 'the index of the WAL is there, as of a process that was killed');
ok(alive($daemon->{pid}), 'the daemon lives');
spew($gate, '');
remount('rw');
my ($next) = $t->submit({});
$t->wait_for(sub { $t->count('job') == 0 }, 60, 'every job to be accounted for');
like(($t->errors($id))[0], qr/^Worker process $pid was killed by signal 9/, 'what died meanwhile has failed, with its signal');
is_deeply([map { $_->{exitstatus} } $t->history($next)], [0], 'what came meanwhile is done');
is($t->count('helios_job_history_tb', 'exitstatus=0'), 3, 'each is completed once');
kill STOP => $daemon->{pid};
my $said = () = slurp($daemon->{err}) =~ /$away/g;
is($said, 1, 'the log says once that it is away');
$t->wait_for(sub { $t->log_rows(qr/Exiting SAFE MODE/) }, 10, 'the log to say that it is back');
is(scalar($t->log_rows(qr/Exiting SAFE MODE/)), 1, 'and once that it is back');

# ---- what a crash left, without its index ----
kill KILL => $daemon->{pid}, map { $_->{pid} } children($daemon->{pid});
$t->collect($daemon);
ok(-s "$file-wal", 'a WAL is left behind');
unlink "$file-shm";
system('cp', "$file-wal", $t->tmp . '/wal') == 0 or die 'cp';
remount('ro');
if (!-e "$file-wal") { remount('rw'); system('cp', $t->tmp . '/wal', "$file-wal"); unlink "$file-shm"; remount('ro') }
refuses('a WAL without its index', $t->command('job', 'list'), qr/\A[^\n]*\Q$file\E-wal lies beside it: copy both to where they can be written\n\z/);
$t->finish;
