# SPDX-License-Identifier: MIT
package Bench::Measure::Idle;

# What a daemon without jobs costs: queries of the server and processor time of all its processes,
# with four workers that wait.

use strict;
use warnings;

use Bench::Collective qw(collective add_jobs);

sub measure {
    my ($bench) = @_;
    fleet($bench, $bench->{quick} ? 3 : 100);
    one($bench, 'mysql', 'MariaDB', 'binlog', 60);
    one($bench, 'mysql-poll', 'MariaDB, WAKE=poll, never registered anew', 'poll', 30,
        registration_interval => 3600);
    one($bench, 'sqlite', 'SQLite', 'binlog', 30);
    return;
}

sub one {
    my ($bench, $id, $title, $wake, $full, %section) = @_;
    my $seconds = $bench->{idle} // ($bench->{quick} ? 2 : $full);
    my $store = $id eq 'sqlite' ? 'sqlite' : 'mysql';
    my $t = collective($store, 'NoopService', MAX_WORKERS => 4, OVERDRIVE => 1, WORKER_LINGER => 3600,
        WORKER_LAUNCH_PATTERN => 'optimistic', WAKE => $wake, %section);
    add_jobs($t, $t->service, 8);
    my $daemon = $t->start;
    $t->wait_for(sub { $t->count('job') == 0 && $t->workers($daemon->{pid}) }, 20, 'idle workers');
    rest($bench);
    my @pids = ($daemon->{pid}, map { $_->{pid} } Helios::Test::children($daemon->{pid}));
    my $server = $store eq 'mysql' ? $bench->{servers}->mariadb : undef;
    my $before = Bench::Servers::counters($server);
    my $cpu = ticks(@pids);
    my $looks = $t->board('looks');
    select undef, undef, undef, $seconds;
    my $used = ticks(@pids) - $cpu;
    $looks = $t->board('looks') - $looks;
    if ($server) {
        # One of the queries is that which asks.
        my $queries = Bench::Servers::counters($server)->{Questions} - $before->{Questions} - 1;
        note($bench, "queries/$id", "queries of an idle daemon, $title", 'queries/s',
            $queries / $seconds, $seconds);
        note($bench, "looks/$id", "queries for each look of an idle daemon, $title", 'queries',
            $queries / $looks, $seconds) if $looks;
    }
    note($bench, "cpu/$id", "processor time of an idle daemon, $title", '%', 100 * $used / $seconds,
        $seconds);
    $t->stop($daemon);
    $t->destroy;
    return;
}

# Until what follows a start is over.
sub rest {
    my ($bench) = @_;
    select undef, undef, undef, $bench->{quick} ? 0 : 12;
    return;
}

sub note {
    my ($bench, $id, $title, $unit, $value, $seconds) = @_;
    $bench->{figures}->add(measure => 'idle', id => $id, better => 'less', title => $title,
        unit => $unit, value => $value, details => { seconds => $seconds });
    $bench->progress(sprintf '%-10s %-58s %9.3f %s', 'idle', $title, $value, $unit);
    return;
}

# Daemons without workers in one collective, all on this host: what they cost its server. They are of
# one service, which is what a PID folder of its own for each makes possible.
sub fleet {
    my ($bench, $n) = @_;
    # They look once a minute, and all were started at one time.
    my $seconds = $bench->{idle} // ($bench->{quick} ? 2 : 61);
    my $t = collective('mysql', 'NoopService');
    my $text = Bench::Servers::slurp($t->ini);
    my @daemons;
    for my $i (1 .. $n) {
        my $folder = $t->tmp . "/run/$i";
        mkdir $folder;
        (my $own = $text) =~ s/^pid_path=.*/pid_path=$folder/m;
        my $ini = Helios::Test::spew($t->tmp . "/$i.ini", $own);
        chmod 0600, $ini;
        push @daemons, $t->spawn([$t->program('helios_d'), '--foreground', $t->service],
            env => { HELIOS_INI => $ini });
    }
    $t->wait_for(sub { @daemons == grep { -s $t->tmp . "/run/$_/noopservice.pid" } 1 .. $n }, 60,
        'all daemons to be up');
    $t->wait_for(sub { !grep { !$t->poller($_->{pid}) } @daemons }, 60, 'all pollers to be up');
    rest($bench);
    my $server = $bench->{servers}->mariadb;
    my $before = Bench::Servers::counters($server);
    my $cpu = Bench::Servers::cpu($server->{pid});
    select undef, undef, undef, $seconds;
    my $queries = Bench::Servers::counters($server)->{Questions} - $before->{Questions} - 1;
    note($bench, 'fleet-queries/mysql', "queries of $n idle daemons, MariaDB", 'queries/s',
        $queries / $seconds, $seconds);
    note($bench, 'fleet-cpu/mysql', "processor time of the server for $n idle daemons, MariaDB", '%',
        100 * (Bench::Servers::cpu($server->{pid}) - $cpu) / $seconds, $seconds);
    kill TERM => map { $_->{pid} } @daemons;
    $t->collect($_, 60) for @daemons;
    $t->destroy;
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
