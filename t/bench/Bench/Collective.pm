# SPDX-License-Identifier: MIT
package Bench::Collective;

# A collective with a queue full of equal jobs, as bulk statements put them in.

use strict;
use warnings;

use Exporter qw(import);
use Storable qw(nfreeze);

our @EXPORT_OK = qw(collective fill add_jobs);

my $STEP = 10_000;    # jobs of one transaction

# A Helios::Test for `service`, with the services of the benchmark in reach and the intervals of a
# fresh installation.
sub collective {
    my ($store, $service, %section) = @_;
    return Helios::Test->new(store => $store, service => $service, section => {%section},
        global => { registration_interval => 60, zero_sleep_interval => 10,
            zero_launch_interval => 10, service_path => "$Helios::Test::BUILD/t/bench/plugins:"
                . "$Helios::Test::BUILD/plugins" });
}

# Adds `n` jobs of a type; `columns` are SQL expressions for run_after and grabbed_until.
sub add_jobs {
    my ($t, $jobtype, $n, %columns) = @_;
    my $now = 'UNIX_TIMESTAMP()';
    $now = "CAST(strftime('%s','now') AS INTEGER)" if $t->sqlite;
    my $after   = $columns{run_after}     // "$now - 1";
    my $grabbed = $columns{grabbed_until} // '0';
    s/\bNOW\b/$now/ for $after, $grabbed;
    my $funcid = $t->funcid($jobtype);
    my $arg = nfreeze(['<job><params><n>12345678</n></params></job>']);
    my $dbh = $t->dbh;
    $dbh->do('SET SESSION sql_log_bin = 0') if !$t->sqlite;
    while ($n > 0) {
        my $step = $n < $STEP ? $n : $STEP;
        my $rows = $t->sqlite
            ? "WITH RECURSIVE s(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s "
              . "WHERE seq < $step) SELECT ?, ?, $now, $after, $grabbed FROM s"
            : "SELECT ?, ?, $now, $after, $grabbed FROM seq_1_to_$step";
        my $insert = $dbh->prepare(
            "INSERT INTO job (funcid, arg, insert_time, run_after, grabbed_until) $rows");
        $insert->bind_param(1, $funcid);
        $insert->bind_param(2, $arg, DBI::SQL_BLOB());
        $insert->execute;
        $n -= $step;
    }
    $dbh->do('SET SESSION sql_log_bin = 1') if !$t->sqlite;
    return;
}

# The queue of the collective's own service, and fresh statistics of its tables.
sub fill {
    my ($t, $jobs) = @_;
    add_jobs($t, $t->service, $jobs);
    $t->dbh->selectall_arrayref('ANALYZE TABLE job') if !$t->sqlite;
    return;
}

1;
