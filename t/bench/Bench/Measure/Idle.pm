# SPDX-License-Identifier: MIT
package Bench::Measure::Idle;

# What a daemon without jobs costs: queries of the server and processor time of all its processes,
# with four workers that wait. The intervals are those of a fresh installation.

use strict;
use warnings;

use Bench::Collective qw(collective add_jobs);

sub measure {
    my ($bench) = @_;
    my $seconds = $bench->{idle} // ($bench->{quick} ? 2 : 60);
    for my $store (qw(mysql sqlite)) {
        my %title = (mysql => 'MariaDB', sqlite => 'SQLite');
        my $t = collective($store, 'NoopService', MAX_WORKERS => 4, OVERDRIVE => 1,
            WORKER_LINGER => 3600, WORKER_LAUNCH_PATTERN => 'optimistic', zero_sleep_interval => 10,
            zero_launch_interval => 10);
        add_jobs($t, $t->service, 8);
        my $daemon = $t->start;
        $t->wait_for(sub { $t->count('job') == 0 && $t->workers($daemon->{pid}) }, 20,
            'idle workers');
        my @pids = ($daemon->{pid}, map { $_->{pid} } Helios::Test::children($daemon->{pid}));
        my $server = $store eq 'mysql' ? $bench->{servers}->mariadb : undef;
        my $before = Bench::Servers::counters($server);
        my $cpu = ticks(@pids);
        select undef, undef, undef, $seconds;
        my $used = ticks(@pids) - $cpu;
        if ($server) {
            # One of the queries is that which asks.
            my $queries = Bench::Servers::counters($server)->{Questions} - $before->{Questions} - 1;
            $bench->{figures}->add(measure => 'idle', id => "queries/$store", better => 'less',
                title => "queries of an idle daemon, $title{$store}", unit => 'queries/s',
                value => $queries / $seconds, details => { seconds => $seconds });
            $bench->progress(sprintf '%-10s %-48s %9.2f queries/s', 'idle', $title{$store},
                $queries / $seconds);
        }
        $bench->{figures}->add(measure => 'idle', id => "cpu/$store", better => 'less',
            title => "processor time of an idle daemon, $title{$store}", unit => '%',
            value => 100 * $used / $seconds, details => { seconds => $seconds });
        $bench->progress(sprintf '%-10s %-48s %9.3f %% of a processor', 'idle', $title{$store},
            100 * $used / $seconds);
        $t->stop($daemon);
        $t->destroy;
    }
    return;
}

# Seconds of processor time, to the nanosecond where the kernel counts so.
sub ticks {
    my $sum = 0;
    for my $pid (@_) {
        my $text = Bench::Servers::slurp("/proc/$pid/schedstat");
        $sum += defined $text ? (split ' ', $text)[0] / 1e9 : Bench::Servers::cpu($pid);
    }
    return $sum;
}

1;
