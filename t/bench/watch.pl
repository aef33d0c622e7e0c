# SPDX-License-Identifier: MIT
# What following the binary log costs for changes that are none of the daemon's: processor time of the
# watcher for each megabyte of the log, and how much more the server uses than without a daemon.
#
#   HELIOS_BUILD=build/release HELIOS_TEST_SOCKET=SOCKET perl -It/lib t/bench/watch.pl [MEGABYTES]
#
# The server is private to the run and keeps its log in ROW format (t/mariadb.sh starts such a one).
use strict;
use warnings;

BEGIN { $ENV{HELIOS_TEST_ALARM} = 1800 }
use Helios::Test;
use Test::More ();

my $megabytes = shift // 32;
my $t = Helios::Test->new(store => 'mysql', service => 'NoopService',
    global => { registration_interval => 60, zero_sleep_interval => 10, WAKE => undef });
my $server = $t->one('SELECT @@pid_file');
$server = slurp($server) + 0;
my @rows = ([ 'one row of 100 bytes a transaction', 100, 1 ], [ '100 rows of 100 bytes', 100, 100 ],
    [ '10 rows of 10,000 bytes', 10_000, 10 ]);

# Of all threads, in milliseconds.
sub cpu {
    my ($pid) = @_;
    my $ns = 0;
    for my $task (glob "/proc/$pid/task/[0-9]*/schedstat") { $ns += (split ' ', slurp($task) // 0)[0] }
    return $ns / 1e6;
}

sub written {
    my ($file, $size) = (0, 0);
    $size += $_->{File_size} for $t->rows('SHOW BINARY LOGS');
    return $size / (1 << 20);
}

# Writes until the log has grown by so much; gives by how much.
sub write_rows {
    my ($bytes, $n, $mb) = @_;
    my $before = written();
    my $insert = $t->dbh->prepare('INSERT INTO unrelated (text) VALUES ' . join ',', ('(?)') x $n);
    my $text = 'x' x $bytes;
    my $count = 0;
    while (1) {
        $insert->execute(($text) x $n);
        last if ++$count % 64 == 0 && written() - $before >= $mb;
    }
    return written() - $before;
}

$t->sql('CREATE TABLE unrelated (id INT AUTO_INCREMENT PRIMARY KEY, text MEDIUMBLOB)');
printf "%-40s %10s %18s %18s\n", 'changes', 'MB of log', 'watcher, ms/MB', 'server more, ms/MB';
for my $row (@rows) {
    my ($what, $bytes, $n) = @$row;
    my $mb = $bytes * $n < 1000 ? $megabytes / 8 : $megabytes;
    write_rows($bytes, $n, 1);
    my $cpu = cpu($server);
    my $plain = write_rows($bytes, $n, $mb);
    my $without = (cpu($server) - $cpu) / $plain;
    my $daemon = $t->start;
    $t->watching;
    my $watcher = $t->watcher($daemon->{pid});
    my $own = cpu($watcher);
    $cpu = cpu($server);
    my $watched = write_rows($bytes, $n, $mb);
    my $last = -1;
    $t->wait_for(sub {
        my $bytes = $t->board('watch_bytes');
        my $same  = $bytes == $last;
        $last = $bytes;
        select undef, undef, undef, 0.3;
        return $same;
    }, 20, 'the watcher to have read it');
    printf "%-40s %10.1f %18.2f %18.2f\n", $what, $watched, (cpu($watcher) - $own) / $watched,
        (cpu($server) - $cpu) / $watched - $without;
    $t->stop($daemon);
    $t->sql('TRUNCATE TABLE unrelated');
}
$t->destroy;
