# SPDX-License-Identifier: MIT
# The host's clock jumps, forward by an hour and back by two, while jobs run and wait: what is due is
# decided by the database's clock, how long something has taken by the monotonic one. The clock of an
# SQLite database is the host's: there a lease may run out by a jump, and the job may run again (and
# take another worker), but it completes once.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
plan skip_all => 'needs libfaketime' if !$library;
# The sanitizer wants to be first.
chomp(my $asan = `gcc -print-file-name=libasan.so`);
my $t = Helios::Test->new(service => 'Toy::Brief',
    global => { pass_environment => 'FAKETIME_TIMESTAMP_FILE,FAKETIME_NO_CACHE,FAKETIME_DONT_FAKE_MONOTONIC' }, section => { OVERDRIVE => 1, MAX_WORKERS => 4, WORKER_LAUNCH_PATTERN => 'optimistic' });
my $clock = $t->tmp . '/clock';

sub set_clock {
    my ($ahead) = @_;
    spew("$clock.new", sprintf "%+d\n", $ahead);
    rename "$clock.new", $clock or die "$clock: $!";
    return;
}

set_clock(0);
my $daemon = $t->start({ env => { LD_PRELOAD => "$asan $library", FAKETIME_TIMESTAMP_FILE => $clock, FAKETIME_NO_CACHE => 1,
    FAKETIME_DONT_FAKE_MONOTONIC => 1 }, asan => ['detect_leaks=0', 'verify_asan_link_order=0'] });
my $gate = $t->tmp . '/gate';
my ($long) = $t->submit({ $t->gated($gate), append => $t->tmp . '/ran' });
$t->wait_for(sub { -e "$gate.up" }, 20, 'the long job to run');
for my $ahead (3600, -3600) {
    set_clock($ahead);
    my ($job) = $t->submit_as($t->service, { run_after => 1000 }, { log => "clock $ahead" });
    $t->wait_for(sub { $t->history($job) }, 20, "a job to be done with the clock $ahead s ahead");
    $t->wait_for(sub { $t->one('SELECT log_time FROM helios_log_tb WHERE message=?', "clock $ahead") }, 20, 'its line');
    # Otherwise the clock of this test is none of the daemon's, and nothing was shown.
    cmp_ok(abs($t->one('SELECT log_time FROM helios_log_tb WHERE message=?', "clock $ahead") - time - $ahead), '<', 600, "the daemon's clock is $ahead s ahead");
    next if $t->sqlite;
    my $lease = $t->job($long)->{grabbed_until};
    $t->wait_for(sub { $t->job($long)->{grabbed_until} > $lease }, 30, 'the lease of the long job to be renewed meanwhile');
}
spew($gate, '');
$t->wait_for(sub { $t->history($long) }, 20, 'the long job to be completed');
is_deeply([map { $_->{exitstatus} } $t->history($long)], [0], 'once, and has not failed');
is(scalar(split /\n/, slurp($t->tmp . '/ran')), 1, 'it ran once') if !$t->sqlite;
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
