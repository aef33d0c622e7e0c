# SPDX-License-Identifier: MIT
package Bench::Machine;

# The conditions of a run: what a reader needs to compare it with another. [name, value], in order.

use strict;
use warnings;

use Exporter qw(import);
use IO::Handle;
use POSIX ();
use Time::HiRes qw(time);

our @EXPORT_OK = qw(conditions);

sub conditions {
    my ($tmp) = @_;
    my $cpu = Bench::Servers::slurp('/proc/cpuinfo') // '';
    my ($model) = $cpu =~ /^model name\s*:\s*(.*)/m;
    my $cores = () = $cpu =~ /^processor\s*:/mg;
    my ($memory) = (Bench::Servers::slurp('/proc/meminfo') // '') =~ /^MemTotal:\s+(\d+)/m;
    my @load = split ' ', Bench::Servers::slurp('/proc/loadavg') // '';
    my @uname = POSIX::uname();
    my $filesystem = (split ' ', (qx(df -PT '$tmp'))[-1] // '')[1];
    my ($p50, $p99) = sync_times($tmp);
    return (
        ['processor', $model // 'unknown'],
        ['cores', $cores],
        ['memory', sprintf '%.0f GB', $memory / 1024 / 1024],
        ['load before', "@load[0..2]"],
        ['system', "$uname[0] $uname[2], " . debian()],
        ['disk', sprintf '%s, write and fsync of 4 KB: p50 %.0f, p99 %.0f microseconds',
            $filesystem, $p50, $p99],
    );
}

sub debian {
    my ($name) = (Bench::Servers::slurp('/etc/os-release') // '') =~ /^PRETTY_NAME="(.*)"/m;
    return $name // 'unknown';
}

# What a durable commit cannot be quicker than, in microseconds.
sub sync_times {
    my ($tmp) = @_;
    open my $fh, '>:raw', "$tmp/sync" or die "$tmp/sync: $!";
    my @us;
    for (1 .. 300) {
        my $begun = time;
        syswrite $fh, 'x' x 4096;
        $fh->sync;
        push @us, 1e6 * (time - $begun);
    }
    close $fh;
    unlink "$tmp/sync";
    @us = sort { $a <=> $b } @us;
    return @us[150, 297];
}

1;
