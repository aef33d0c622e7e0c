# SPDX-License-Identifier: MIT
package Bench::Measure::Enqueue;

# Jobs per second that one connection submits through the client library: one row with each call
# and COMMIT, and many. One row with each also while the server leaves it to the system when its
# binary log gets to the disk, as it ships: then a COMMIT waits for the disk once and not twice.

use strict;
use warnings;

use Bench::Collective qw(collective);

my %TITLE = (mysql => 'MariaDB', sqlite => 'SQLite');

sub measure {
    my ($bench) = @_;
    my ($some, $many) = $bench->{quick} ? (100, 3000) : (10_000, 200_000);
    for my $round (1 .. $bench->{rounds}) {
        once($bench, 'mysql', 1, $some);
        without_sync($bench, sub { once($bench, 'mysql', 1, $some, 'sync_binlog=0') });
        once($bench, 'mysql', 1000, $many);
        once($bench, 'sqlite', 1, $some);
        once($bench, 'sqlite', 1000, $many);
    }
    return;
}

sub without_sync {
    my ($bench, $code) = @_;
    my $dbh = $bench->{servers}->mariadb->{dbh};
    my ($sync) = $dbh->selectrow_array('SELECT @@GLOBAL.sync_binlog');
    $dbh->do('SET GLOBAL sync_binlog = 0');
    $code->();
    $dbh->do("SET GLOBAL sync_binlog = $sync");
    return;
}

sub once {
    my ($bench, $store, $bulk, $jobs, $how) = @_;
    my $t = collective($store, 'Bench::Idempotent');
    my $run = $t->run(["$Helios::Test::BUILD/t/bench/bench_submit", '--ini', $t->ini,
        '--jobtype', $t->service, '--jobs', $jobs, '--bulk', $bulk], seconds => 100);
    die "bench_submit: $run->{stderr}" if $run->{exit};
    die "enqueue: jobs are missing\n" if $t->count('job') != $jobs;
    my $name = join ', ', $TITLE{$store}, $how // (),
        $bulk == 1 ? 'one row with each call' : "$bulk rows with each call";
    $bench->{figures}->add(measure => 'enqueue', id => join('/', $store, $bulk, $how // ()),
        title => "libhelios, $name", unit => 'jobs/s', value => $jobs / $run->{stdout},
        details => { jobs => $jobs });
    $bench->progress(sprintf '%-10s %-48s %9.0f jobs/s', 'enqueue', $name, $jobs / $run->{stdout});
    $t->destroy;
    return;
}

1;
