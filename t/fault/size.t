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
my $image = "\x05\x0b" . "\x02\0\0\0\x01\x04" x $deep . "\x02\0\0\0\0";
my $json = '{"args":' . '{"a":' x $deep . '1' . '}' x $deep . '}';
for my $case (
    ['16 MB of text',                   "<params><a>$long</a></params>",                        0],
    ['10,000 elements deep in another', '<params>' . '<a>' x $deep . '</a>' x $deep . '</params>', 1],
    ['billion laughs',                  $laughs,                                                1],
    ['10,000 objects in another',       $json,                                                  1],
    ['10,000 lists in another',         undef,                                                  1],
) {
    my ($name, $text, $failed) = @$case;
    my ($status, $id) = outcome($name, defined $text ? \nfreeze([$text]) : \$image, 40);
    if ($failed) {
        isnt($status, 0, "$name: the job fails");
        is(scalar($t->history($id)), 1, "$name: for good");
        like(($t->errors($id))[0], qr/^Invalid arguments: .*(?:deep|levels|entity|depth)/, "$name: with the reason");
    }
    else { is($status, 0, "$name: the job runs") }
    ok(alive($daemon->{pid}), "$name: the daemon lives");
}
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

# ---- names of every byte, where a name may be anything ----
my %named = map { (chr($_) => $_, chr($_) x 300 => $_) } 0 .. 255;
is((outcome('a hash with keys of every byte', \nfreeze(\%named)))[0], 0, 'a job whose arguments have names of every byte runs');
# A server wants text in its own encoding; SQLite keeps what it is given.
my $latin = join '', map { chr } 1 .. 126, 0xa1 .. 0xff;
utf8::encode($latin) if !$t->sqlite;
$t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)', '*', $t->service, substr($latin, $_ * 60, 60), $latin x ($t->sqlite ? 1 : 0)) for 0 .. 1;
is((outcome('a job under parameters of such names', {}))[0], 0, 'and under parameters of such names');
$t->submit_as($latin, { run_after => 2**31 - 1 }, {});
for my $words (['queue'], ['jobtype', 'list'], ['config', 'list', $t->service]) {
    my $run = $t->command(@$words);
    is($run->{exit}, 0, "@$words: shows them");
    unlike($run->{stdout}, qr/[\x00-\x08\x0b-\x1f\x7f]/, "@$words: and nothing that a terminal would obey");
}
$t->sql('DELETE FROM helios_params_tb');
$t->sql('DELETE FROM job WHERE run_after=2147483647');

# ---- a metajob of 100,000 children ----
my $children = 100_000;
$t->set_param(MAX_WORKERS => 1);
my $meta = '<metajob class="Other::Type"><jobs>' . '<job><params><a>1</a></params></job>' x $children . '</jobs></metajob>';
is((outcome('a metajob of 100,000 children', \nfreeze([$meta]), 60))[0], 0, 'a metajob of 100,000 children is burst');
my $other = $t->funcid('Other::Type');
$t->wait_for(sub { measure(); !$t->count('job', 'funcid<>?', $other) }, 60, 'the metajobs that it has become');
is($t->count('job', 'funcid=?', $other), $children, 'into all of them');

# ---- a params table of 100,000 rows for one service ----
sub add_rows {
    my @rows = @_;
    while (my @some = splice @rows, 0, 200) {
        $t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES ' . join(',', ('(?,?,?,?)') x @some),
            map { ('*', $t->service, @$_) } @some);
    }
    return;
}
my $dbh = $t->dbh;
$dbh->begin_work;
add_rows(map { ["a_junk_$_", $_] } 1 .. 98_000);
add_rows(map { ['OVERDRIVE', $_ % 2] } 1 .. 2_001);
$dbh->commit;
$t->wait_for(sub { measure(); $t->log_rows(qr/more than 10000 rows/) }, 40, 'the many rows to be seen');
is((outcome('a job under 100,000 rows', {}, 60))[0], 0, 'a job runs under 100,000 rows');
ok(alive($daemon->{pid}), 'and the daemon lives');
is(scalar($t->log_rows(qr/more than 10000 rows/)), 1, 'it is said once that not all of them are read');
add_rows(['HOLD', 1]);
$t->wait_for(sub { measure(); $t->log_rows(qr/ HOLDING$/) }, 60, 'a HOLD behind all of them to be obeyed');
my ($held) = $t->submit({});
$t->sql("DELETE FROM helios_params_tb WHERE param='HOLD'");
$t->wait_for(sub { measure(); !$t->job($held) }, 60, 'the job to run when it is gone');
pass('HOLD is obeyed wherever it stands');
add_rows(['HALT', 1]);
$t->collect($daemon, 60);
is($daemon->{exit}, 0, 'and so is HALT');

cmp_ok($most_kb, '<', $MEMORY_KB, "no process held more than $most_kb kB");
$t->finish;
