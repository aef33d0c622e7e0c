# SPDX-License-Identifier: MIT
package Bench::Measure::Throughput;

# Jobs per second of a full queue that is emptied, from the start of the workers until the last one
# has left, less the time that the same takes on an empty queue. The contestants take turns, in
# another order in each round, so that what happens to the machine happens to all of them.

use strict;
use warnings;

use Time::HiRes qw(time);

# `field` is a list of [contestant, jobs].
sub measure {
    my ($bench, $measure, @field) = @_;
    my %start;
    for my $round (0 .. $bench->{rounds} - 1) {
        my $from = @field ? int($round * @field / $bench->{rounds}) : 0;
        for my $pair (@field[$from .. $#field], @field[0 .. $from - 1]) {
            my ($contestant, $jobs) = @$pair;
            next if !$bench->takes_part($contestant);
            my $run = $bench->attempt($contestant, sub {
                $start{ $contestant->id } //= once($bench, $contestant, 0)->{seconds};
                return once($bench, $contestant, $jobs);
            }) or next;
            my $seconds = $run->{seconds} - $start{ $contestant->id };
            # At quick scale a start can take longer than the jobs.
            $seconds = $run->{seconds} / 10 if $seconds < $run->{seconds} / 10;
            $bench->{figures}->add(
                measure => $measure, id => $contestant->id, title => $contestant->title,
                note => $contestant->note, unit => 'jobs/s', value => $jobs / $seconds,
                details => { %{ $run->{details} }, start_s => $start{ $contestant->id },
                    purged($run, $start{ $contestant->id }, $jobs),
                    jobs => $jobs, workers => $contestant->workers });
            $bench->progress(sprintf '%-10s %-48s %9.0f jobs/s', $measure, $contestant->title,
                $jobs / $seconds);
        }
    }
    return;
}

# What was deleted is a debt: a server removes it in the background, as far as it gets the processor.
sub purged {
    my ($run, $start, $jobs) = @_;
    my $seconds = ($run->{purged} // return) - $start;
    return $seconds > 0 ? (purged => $jobs / $seconds) : ();
}

sub once {
    my ($bench, $contestant, $jobs) = @_;
    $contestant->prepare($jobs);
    $bench->{servers}->settle;
    my $server = $contestant->server;
    $server->{dbh}->do('FLUSH STATUS') if $server && $server->{name} eq 'MariaDB';
    my $before = Bench::Servers::counters($server);
    my $server_cpu = $server ? Bench::Servers::cpu($server->{pid}) : 0;
    my $own_cpu = children_cpu();
    my $begun = time;
    $contestant->drain;
    my %run = (seconds => time - $begun, details => {});
    my $details = $run{details};
    if ($jobs) {
        $details->{own_us} = 1e6 * (children_cpu() - $own_cpu) / $jobs;
        $details->{server_us} = 1e6 * (Bench::Servers::cpu($server->{pid}) - $server_cpu) / $jobs
            if $server;
        count($details, $before, Bench::Servers::counters($server), $jobs);
        if ($server && $server->{name} eq 'MariaDB') {
            $bench->{servers}->settle;
            $run{purged} = time - $begun;
        }
        $contestant->verify($jobs);
    }
    $contestant->clear;
    return \%run;
}

# Counters of MariaDB as details: of one job, but for the most connections at a time.
sub count {
    my ($details, $before, $after, $jobs) = @_;
    return if !exists $after->{Questions};
    $details->{connections} = $after->{Max_used_connections} - $before->{Threads_connected};
    my %of = (queries => ['Questions'], commits => ['Com_commit'], conflicts => ['Innodb_deadlocks'],
        bytes => [qw(Bytes_received Bytes_sent)], binlog_bytes => ['Binlog_bytes_written'],
        redo_bytes => ['Innodb_os_log_written'], 
        rows_read => [map { "Handler_read_$_" } qw(first key last next prev rnd rnd_next)]);
    for my $name (keys %of) {
        my $sum = 0;
        $sum += ($after->{$_} // 0) - ($before->{$_} // 0) for @{ $of{$name} };
        $details->{$name} = $sum / $jobs;
    }
    return;
}

sub children_cpu {
    my (undef, undef, $user, $system) = times;
    return $user + $system;
}

1;
