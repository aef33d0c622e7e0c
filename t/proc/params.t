# SPDX-License-Identifier: MIT
# Rows with odd values while the daemon runs: a value that is none leaves the last good one in force,
# is said once, and nothing stops.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { MAX_WORKERS => 3 });
my $daemon = $t->start;

# Waits until a look has begun and ended after the rows were changed.
sub look {
    my $looks = $t->board('looks');
    $t->wait_for(sub { $t->board('looks') > $looks + 1 }, 10, 'a look at the parameters');
    return;
}

my @max_workers = (
    # value of the row, MAX_WORKERS then in force
    ['5', 5], ['0', 0], ['-2', 0], ['4', 4],
    ['many', 4],      # not a number: the last good one
    ['7 or so', 4], ['', 4],
    [undef, 1],       # NULL: not set, whatever the ini says
    ['99999999999999999999', 512],    # the scoreboard has no more slots
    ['2', 2],
);
my $before = -1;
for my $case (@max_workers) {
    my ($value, $wanted) = @$case;
    my $name = 'MAX_WORKERS ' . (defined $value ? "'$value'" : 'NULL');
    $t->set_param(MAX_WORKERS => $value);
    if ($wanted == $before) { look() }
    else { $t->wait_for(sub { $t->board('max_workers') == $wanted }, 10, "$name to be $wanted") }
    is($t->board('max_workers'), $wanted, $name);
    $before = $wanted;
}
$t->del_param('MAX_WORKERS');
$t->wait_for(sub { $t->board('max_workers') == 3 }, 10, 'a row that was deleted to be gone');
$t->wait_for(sub { grep { /MAX_WORKERS/ && /'many'/ } $t->log_rows }, 10, 'the value that is no number in the log');
is(scalar(grep { /MAX_WORKERS/ && /'many'/ } $t->log_rows), 1, 'a value that is no number is said once');

# However often other rows change.
$t->set_param(WORKER_LINGER => 'lots');
for my $value (1 .. 3) {
    $t->set_param(own_thing => $value);
    look();
}
my $said = sub { scalar grep { /WORKER_LINGER/ && /'lots'/ } $t->log_rows };
$t->wait_for(sub { $said->() }, 10, 'the other value that is no number in the log');
is($said->(), 1, 'nor is it said again when other rows change');
$t->set_param(WORKER_LINGER => '1');
look();
$t->set_param(WORKER_LINGER => 'lots');
$t->wait_for(sub { $said->() == 2 }, 10, 'it to be said again when it has come back');
$t->del_param($_) for qw(WORKER_LINGER own_thing);

# A job that is completed after a look shows that the row does not hold.
for my $value ('yes', '2', '0', '', undef) {
    $t->set_param(HOLD => $value);
    my $looks = $t->board('looks');
    $t->wait_for(sub { $t->board('looks') > $looks }, 10, 'a look at the parameters');
    my ($id) = $t->submit({});
    $t->wait_for(sub { !$t->job($id) }, 10, 'a job');
    pass('HOLD ' . (defined $value ? "'$value'" : 'NULL') . ' does not hold');
}
$t->set_param(HOLD => '01');
look();
my ($held) = $t->submit({});
look();
ok($t->job($held), "HOLD '01' holds: it is numerically 1");
$t->del_param('HOLD');
$t->wait_for(sub { !$t->job($held) }, 10, 'the held job');

# What a row must not change; every other odd name is the service's own.
$t->set_param(dsn => 'dbi:mysql:database=elsewhere');
$t->set_param(password => 'x');
$t->set_param($_ => 'nonsense') for qw(zero_sleep_interval registration_interval WORKER_MAX_TTL WORKER_LAUNCH_PATTERN OVERDRIVE WORKER_LINGER Some-Name);
look();
my @jobs = $t->submit({}, {}, {});
$t->wait_for(sub { !grep { $t->job($_) } @jobs }, 10, 'jobs under odd rows');
ok(alive($daemon->{pid}), 'the daemon lives');
is($t->stop($daemon)->{exit}, 0, 'and stops cleanly');
is($t->count('helios_job_history_tb', 'exitstatus<>0'), 0, 'no job has failed');
$t->finish;
