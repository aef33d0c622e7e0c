# SPDX-License-Identifier: MIT
# Input of unreasonable size: it is refused or taken, in bounded memory and time, and the daemon
# stays up for the job behind it.
use strict;
use warnings;
use Helios::Test;
use Storable qw(nfreeze);
use Test::More;

my $MEMORY_KB = 900_000;    # of one process, with what the sanitizers add

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 1, WORKER_LINGER => 30 });
my $daemon = $t->start;
my $most_kb = 0;

# The most that any process of the daemon has held at one time so far.
sub measure {
    for my $pid ($daemon->{pid}, map { $_->{pid} } children($daemon->{pid})) {
        my ($kb) = (slurp("/proc/$pid/status") // '') =~ /^VmHWM:\s+(\d+) kB/m;
        $most_kb = $kb if defined $kb && $kb > $most_kb;
    }
    return;
}

# Submits a job, waits for its end, and gives its last exit status.
sub outcome {
    my ($name, $job, $seconds) = @_;
    my ($id) = $t->submit($job);
    my $begun = now;
    $t->wait_for(sub { measure(); !$t->job($id) }, $seconds // 20, $name);
    note(sprintf '%s: %.1f s', $name, now - $begun);
    return (($t->history($id))[-1]{exitstatus}, $id);
}

# ---- arguments ----
my $deep = 10_000;
my $laughs = '<!DOCTYPE l [<!ENTITY a0 "lol">'
    . join('', map { my $n = $_ - 1; "<!ENTITY a$_ \"" . "&a$n;" x 10 . '">' } 1 .. 9) . ']>'
    . '<params><a>&a9;</a></params>';
my $long = 'x' x (16 * 1024 * 1024 - 200);
my $storable = [];
{ my $at = $storable; $at = $at->[0] = [] for 1 .. $deep }
my $json = '{"args":' . '{"a":' x $deep . '1' . '}' x $deep . '}';
for my $case (
    ['16 MB of text',                   "<params><a>$long</a></params>",                        0],
    ['10,000 elements deep in another', '<params>' . '<a>' x $deep . '</a>' x $deep . '</params>', 1],
    ['billion laughs',                  $laughs,                                                1],
    ['10,000 objects in another',       $json,                                                  undef],
) {
    my ($name, $text, $failed) = @$case;
    my ($status, $id) = outcome($name, \nfreeze([$text]), 40);
    if ($failed) {
        isnt($status, 0, "$name: the job fails");
        like(($t->errors($id))[0], qr/^Invalid arguments: /, "$name: with the reason");
    }
    elsif (defined $failed) { is($status, 0, "$name: the job runs") }
    ok(alive($daemon->{pid}), "$name: the daemon lives");
}
my ($image) = "\x05\x0b" . "\x02\0\0\0\x01\x04" x $deep . "\x02\0\0\0\0";
outcome('10,000 lists in another', \$image);
is((outcome('a plain job', {}))[0], 0, 'and the next job runs');

# ---- names and texts ----
my $bytes = join '', map { chr } 1 .. 255;
my ($id) = $t->submit({ log => 'x' x (1024 * 1024) });
$t->wait_for(sub { !$t->job($id) }, 20, 'the job with a log message of 1 MB');
$t->wait_for(sub { grep { /^x{1000}/ } $t->log_rows }, 20, 'its message');
ok(alive($daemon->{pid}), 'a log message of 1 MB: the daemon lives');
for my $name ($bytes, "';DROP TABLE job;--", '../../etc/passwd', "a\nb\tc", '%s%n', ' ') {
    my $shown = $name =~ s/[^ -~]/./gr;
    my $run = $t->helios_d('--check', $name);
    isnt($run->{exit}, 0, "no service is named '$shown'");
    is($run->{signal}, 0, 'which is said, by an exit');
}

# ---- a params table of 12,000 rows for one service ----
my $dbh = $t->dbh;
$dbh->begin_work;
my $add = $dbh->prepare('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)');
$add->execute('*', $t->service, "junk_$_", $_) for 1 .. 12_000;
$dbh->commit;
my $seen = $t->board('looks');
$t->wait_for(sub { measure(); $t->board('looks') >= $seen + 3 }, 40, 'three looks at the many rows');
is((outcome('a job under 12,000 rows', {}, 40))[0], 0, 'a job runs under 12,000 rows');
ok(alive($daemon->{pid}), 'and the daemon lives');
$t->wait_for(sub { $t->log_rows(qr/more than 10000 rows/) }, 10, 'that not all of them are read');
is(scalar($t->log_rows(qr/more than 10000 rows/)), 1, 'it is said once that not all of them are read');
$t->sql("DELETE FROM helios_params_tb WHERE param LIKE 'junk%'");

# ---- a metajob of 100,000 children ----
my $children = 100_000;
$t->set_param(MAX_WORKERS => 1);
my $meta = '<metajob class="Other::Type"><jobs>' . '<job><params><a>1</a></params></job>' x $children . '</jobs></metajob>';
is((outcome('a metajob of 100,000 children', \nfreeze([$meta]), 60))[0], 0, 'a metajob of 100,000 children is burst');
my $other = $t->funcid('Other::Type');
$t->wait_for(sub { measure(); !$t->count('job', 'funcid<>?', $other) }, 60, 'the metajobs that it has become');
is($t->count('job', 'funcid=?', $other), $children, 'into all of them');

cmp_ok($most_kb, '<', $MEMORY_KB, "no process held more than $most_kb kB");
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
