# SPDX-License-Identifier: MIT
# What each number and switch of the daemon makes of 0, negative, huge, empty and other odd texts,
# as helios.ini(5) says, seen in the state that a running daemon writes on USR1.
use strict;
use warnings;
use Helios::Test;
use Test::More;

# 0 for the pause between looks is one of the odd values: it must not spin, and it makes this quick.
my $t = Helios::Test->new(global => { zero_sleep_interval => 0 });
my $daemon = $t->start;
my @seconds = qw(WORKER_MAX_TTL WORKER_MAX_TTL_WAIT_INTERVAL WORKER_LINGER master_launch_interval
    zero_launch_interval registration_interval);
my @others = qw(OVERDRIVE WORKER_LAUNCH_PATTERN);

# In one transaction, since a look between a row's deletion and the next would find the ini's value.
sub set_all {
    my ($value) = @_;
    $t->dbh->begin_work;
    $t->set_param($_ => $value) for @seconds, @others;
    $t->dbh->commit;
    my $looks = $t->board('looks');
    $t->wait_for(sub { $t->board('looks') > $looks + 1 }, 10, 'a look at the parameters');
    return;
}

# What is in force: seconds by name, and the others as written.
sub in_force {
    $t->sql("DELETE FROM helios_log_tb WHERE message LIKE 'State: %'");
    kill USR1 => $daemon->{pid};
    $t->wait_for(sub { grep { /^State: intervals/ } $t->log_rows }, 10, 'the state in the log');
    my $text = join ' ', $t->log_rows;
    my %value;
    @value{qw(OVERDRIVE WORKER_MAX_TTL WORKER_MAX_TTL_WAIT_INTERVAL WORKER_LAUNCH_PATTERN WORKER_LINGER
        master_launch_interval zero_launch_interval registration_interval)} = $text =~
        /OVERDRIVE\ (\S+), .*\ WORKER_MAX_TTL\ (\S+)\ s\ \(\+\ (\S+)\), \ WORKER_LAUNCH_PATTERN\ (\S+),
         \ WORKER_LINGER\ (\S+)\ ms.*master_launch\ (\S+),\ zero_launch\ (\S+),.*\ registration\ (\d+)/x;
    $value{$_} /= 1000 for grep { /_interval$|LINGER/ } @seconds;
    return \%value;
}

my $year = 31536000;
for my $case (
    # value of all rows, seconds then in force, OVERDRIVE, WORKER_LAUNCH_PATTERN
    ['7', 7, 0, 'linear'],
    ['', 7, 0, 'linear'],              # no number: the last one stays
    ['soon', 7, 0, 'linear'],
    ['2.5', 7, 0, 'linear'],
    ['5s', 7, 0, 'linear'],
    [' 3 ', 3, 0, 'linear'],
    ['0', 0, 0, 'linear'],
    ['1.0', 0, 1, 'linear'],           # no whole number, but numerically 1
    ['-5', 0, 0, 'linear'],            # cut to the bounds
    ['99999999999999999999', $year, 0, 'linear'],
    ['-99999999999999999999', 0, 0, 'linear'],
    ['dynamic', 0, 0, 'dynamic'],
    ['Dynamic', 0, 0, 'linear'],
) {
    my ($value, $seconds, $overdrive, $pattern) = @$case;
    set_all($value);
    my %wanted = ((map { $_ => $seconds } @seconds), OVERDRIVE => $overdrive, WORKER_LAUNCH_PATTERN => $pattern);
    is_deeply(in_force(), \%wanted, "the value '$value'");
}
for my $name (@seconds) {
    is(scalar(grep { /^\Q$name\E of .*'soon'.* is not a whole number; 7 stays in force$/ } $t->log_rows), 1,
        "$name: the text is said once, with what stays");
    is(scalar(grep { /^\Q$name\E of .*'-5'.* is outside 0 to $year; 0 is used$/ } $t->log_rows), 1,
        "$name: so is the bound");
}

set_all(undef);
is_deeply(in_force(), { WORKER_MAX_TTL => 0, WORKER_MAX_TTL_WAIT_INTERVAL => 20, WORKER_LINGER => 0,
    master_launch_interval => 1, zero_launch_interval => 10, registration_interval => 60,
    OVERDRIVE => 0, WORKER_LAUNCH_PATTERN => 'linear' }, 'NULL hides the ini: the defaults');

# No pause between looks still is one.
my $looks = $t->board('looks');
my $begun = now;
$t->wait_for(sub { now - $begun > 1 }, 5, 'a second');
cmp_ok(($t->board('looks') - $looks) / (now - $begun), '<', 25, 'zero_sleep_interval 0 does not spin');

my ($id) = $t->submit({});
$t->wait_for(sub { !$t->job($id) }, 10, 'a job');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
