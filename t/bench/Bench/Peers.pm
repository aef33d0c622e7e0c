# SPDX-License-Identifier: MIT
package Bench::Peers;

# The queues that people would choose instead, each in its durable setting and with the batches that
# its own manual recommends.

use strict;
use warnings;

use Exporter qw(import);
use File::Copy qw(copy);
use File::Path qw(make_path);

use Bench::Contestant::Peer;

our @EXPORT_OK = qw(peers);

# Where npm's packages are kept between runs; the versions are those of peers/package.json.
sub npm_folder {
    my ($source) = ($Helios::Test::SOURCE);
    my $folder = "$source/build/bench-npm";
    make_path($folder);
    copy($_, $folder) for glob("$source/t/bench/peers/*.mjs"), "$source/t/bench/peers/package.json";
    if (!-e "$folder/installed" || -M "$folder/installed" > -M "$source/t/bench/peers/package.json") {
        system("cd '$folder' && npm install --no-audit --no-fund --ignore-scripts "
                . '>npm.log 2>&1 </dev/null') == 0
            and Helios::Test::spew("$folder/installed", '');
    }
    return $folder;
}

sub peers {
    my ($bench) = @_;
    my $servers = $bench->{servers};
    my $folder = npm_folder();
    my $built  = "$Helios::Test::BUILD/t/bench";
    my $perl   = [$^X, "$Helios::Test::SOURCE/t/bench/peers/minion.pl"];
    my %postgresql = (server_name => 'postgresql',
        fresh => sub { return (BENCH_DATABASE => $servers->postgresql_database) });
    my $npm = sub { my ($script, $module) = @_;
        return (command => ['node', "$folder/$script.mjs"],
            needs => ['node', "$folder/installed", "$folder/node_modules/$module"]) };
    my @known = (
        map({ +{ $npm->('graphile', 'graphile-worker'), %postgresql, id => "graphile/$_",
            title => "graphile-worker 0.17.3, $_ processes", processes => $_, workers => $_,
            package => 'npm: graphile-worker; Debian: nodejs npm postgresql libdbd-pg-perl',
            latency => $_ == 2, jobs => 'most',
            note => 'localQueue 500, completions in batches, 24 concurrent jobs a process; '
                . 'deletes done jobs, keeps no history.' } } $bench->{quick} ? 2 : (2, 4)),
        { $npm->('graphile', 'graphile-worker'), %postgresql, id => 'graphile-plain/2',
            title => 'graphile-worker 0.17.3, unbatched, 2 processes', processes => 2, workers => 2,
            package => 'npm: graphile-worker; Debian: nodejs npm postgresql libdbd-pg-perl',
            settings => { BENCH_PLAIN => 1 }, jobs => 'some',
            note => 'Its defaults, 24 concurrent jobs a process: a transaction for each job.' },
        { $npm->('pgboss', 'pg-boss'), %postgresql, id => 'pgboss/2',
            title => 'pg-boss 10.4.2, 2 processes', processes => 2, workers => 2, latency => 1,
            jobs => 'many', package => 'npm: pg-boss; Debian: nodejs npm postgresql libdbd-pg-perl',
            note => 'Two loops of fetch and complete with 2,000 jobs in each process; keeps done '
                . 'jobs as its history; polls at least every 0.5 s, so latency is that.' },
        { $npm->('bullmq', 'bullmq'), id => 'bullmq/1', title => 'BullMQ 6.7.0, 1 process',
            processes => 1, workers => 1, latency => 1, server_name => 'redis',
            package => 'npm: bullmq; Debian: nodejs npm redis-server', jobs => 'some',
            fresh => sub { my $socket = $servers->redis->{socket};
                system "redis-cli -s '$socket' flushall >/dev/null"; return (BENCH_SOCKET => $socket) },
            note => 'Concurrency 100; Redis appends to its file with fsync before it answers; '
                . 'removes done jobs.' },
        { command => $perl, %postgresql, id => 'minion/8', title => 'Minion, its worker, 8 jobs',
            needs => ['/usr/share/perl5/Minion.pm'], processes => 1, workers => 8, jobs => 'few',
            package => 'Debian: libminion-perl libmojo-pg-perl postgresql', latency => 1,
            settings => { BENCH_JOBS => 8 },
            note => 'A process is forked for each job: compare with one job a process. Keeps done '
                . 'jobs.' },
        { command => $perl, %postgresql, id => 'minion-inline/4',
            title => 'Minion, dequeue and finish only, 4 processes',
            needs => ['/usr/share/perl5/Minion.pm'], processes => 4, workers => 4, jobs => 'few',
            package => 'Debian: libminion-perl libmojo-pg-perl postgresql',
            settings => { BENCH_INLINE => 1 }, note => 'No process for a job. Keeps done jobs.' },
        { command => ["$built/bench_beanstalk", sub { $servers->beanstalkd->{socket} }],
            id => 'beanstalkd/8', title => 'beanstalkd, 8 connections',
            needs => ['beanstalkd', "$built/bench_beanstalk"], processes => 1, workers => 8,
            connections => 8, jobs => 'some', latency => 1, server_name => 'beanstalkd',
            fresh => sub { return () }, package => 'Debian: beanstalkd',
            note => 'fsync of each write (-f0); reserve and delete, client in C; no history.' },
        { command => ["$built/bench_gearman", sub { $servers->gearmand->{address} }],
            id => 'gearmand/8', title => 'gearmand with its MySQL queue, 8 connections',
            needs => ['gearmand', "$built/bench_gearman"], processes => 1, workers => 8,
            connections => 8, jobs => 'some', latency => 1, server_name => 'gearmand',
            fresh => sub { return () }, package => 'Debian: gearman-job-server libgearman-dev',
            note => 'Takes jobs from memory; a row is deleted when one is done. Client in C; no '
                . 'history.' },
    );
    return map { Bench::Contestant::Peer->new(servers => $servers, %$_) } @known;
}

1;
