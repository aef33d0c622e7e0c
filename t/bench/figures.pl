# SPDX-License-Identifier: MIT
# Measures and prints; see run.sh.
use strict;
use warnings;

BEGIN { $ENV{HELIOS_TEST_ALARM} = 3600 }
use Helios::Test;
use Test::More ();
use Time::HiRes qw(time);

my $scale   = shift // 1;
my $workers = 4;
my %figure;    # store => name => value

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[$#sorted / 2] }

sub say_figure {
    my ($store, $name, $value, $unit, $wanted) = @_;
    $figure{$store}{$name} = $value;
    my $digits = $value < 10 ? 1 : 0;
    printf "%-7s %-50s %10.${digits}f %-7s %s\n", $store, $name, $value, $unit, $wanted // '';
    return;
}

# Memory of a process in MB: what it has resident, and its share of what it has in common.
sub memory {
    my ($pid) = @_;
    my $text = slurp("/proc/$pid/smaps_rollup") // return (0, 0);
    my ($rss) = $text =~ /^Rss:\s+(\d+)/m;
    my ($pss) = $text =~ /^Pss:\s+(\d+)/m;
    return ($rss / 1024, $pss / 1024);
}

sub collective {
    my ($store, %section) = @_;
    return Helios::Test->new(store => $store, service => 'NoopService', section => {%section});
}

sub submit {
    my ($t, $jobs) = @_;
    while ($jobs > 0) {
        my $n = $jobs < 5000 ? $jobs : 5000;
        $t->submit(map { { n => $_ } } 1 .. $n);
        $jobs -= $n;
    }
    return;
}

# Jobs per second of a drain, from the start of the command to its end.
sub drain_rate {
    my ($store, $jobs, %section) = @_;
    my $t = collective($store, MAX_WORKERS => $workers, WORKER_LAUNCH_PATTERN => 'optimistic',
        %section);
    submit($t, $jobs);
    my $begun = time;
    my $run = $t->helios_d('--foreground', '--drain', $t->service, { seconds => 600 });
    my $seconds = time - $begun;
    die "drain: $run->{stderr}" if $run->{exit};
    die 'jobs are missing' if $t->count('helios_job_history_tb', 'exitstatus=0') != $jobs;
    $t->destroy;
    return $jobs / $seconds;
}

# The same queue, by as many processes of Perl's TheSchwartz.
sub perl_rate {
    my ($store, $jobs) = @_;
    require TheSchwartz;
    require TheSchwartz::Worker;
    no warnings qw(redefine once);
    @NoopService::ISA = ('TheSchwartz::Worker');
    *NoopService::work = sub { $_[1]->completed };
    my $t = collective($store);
    submit($t, $jobs);
    my @database = ({ dsn => $t->{dsn}, user => $t->sqlite ? '' : 'root', pass => '' });
    my $begun = time;
    my @pids = map {
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
            my $client = TheSchwartz->new(databases => [@database]);
            $client->can_do($t->service);
            $client->work_until_done;
            POSIX::_exit(0);
        }
        $pid;
    } 1 .. $workers;
    waitpid $_, 0 for @pids;
    my $seconds = time - $begun;
    die 'jobs are left' if $t->count('job');
    $t->destroy;
    return $jobs / $seconds;
}

sub sizes_and_latencies {
    my ($store) = @_;
    my $t = collective($store, MAX_WORKERS => $workers, OVERDRIVE => 1, WORKER_LINGER => 600,
        WORKER_LAUNCH_PATTERN => 'optimistic');
    my (@first, @term, @master, @worker);
    for my $round (1 .. 5) {
        $t->submit(map { {} } 1 .. $workers * 2);
        my $begun = time;
        my $daemon = $t->spawn([$t->program('helios_d'), '--foreground', $t->service]);
        $t->wait_for(sub { $t->count('helios_job_history_tb') }, 20, 'the first job');
        push @first, (time - $begun) * 1000;
        $t->wait_for(sub { $t->count('job') == 0 && $t->workers($daemon->{pid}) }, 20,
            'idle workers');
        push @master, [memory($daemon->{pid})];
        push @worker, [memory(($t->workers($daemon->{pid}))[0])];
        $begun = time;
        kill TERM => $daemon->{pid};
        $t->collect($daemon);
        push @term, (time - $begun) * 1000;
        $t->sql('DELETE FROM helios_job_history_tb');
    }
    $t->destroy;
    say_figure($store, 'master, resident', median(map { $_->[0] } @master), 'MB',
        'wanted: under 4');
    say_figure($store, 'master, proportional', median(map { $_->[1] } @master), 'MB');
    say_figure($store, 'worker with NoopService, resident', median(map { $_->[0] } @worker), 'MB',
        'wanted: under 6');
    say_figure($store, 'worker with NoopService, proportional', median(map { $_->[1] } @worker),
        'MB');
    say_figure($store, 'start to first job', median(@first), 'ms', 'wanted: under 100');
    say_figure($store, 'TERM to exit, idle workers', median(@term), 'ms', 'wanted: under 200');
    return;
}

for my $store (qw(mysql sqlite)) {
    sizes_and_latencies($store);
    say_figure($store, 'one job per worker process', drain_rate($store, 500 * $scale), 'jobs/s',
        'wanted: at least 300');
    say_figure($store, 'OVERDRIVE, each job committed by itself',
        drain_rate($store, 3000 * $scale, OVERDRIVE => 1, COMPLETION_DELAY_MS => 0), 'jobs/s');
    say_figure($store, 'OVERDRIVE, idempotent',
        drain_rate($store, 20000 * $scale, OVERDRIVE => 1), 'jobs/s');
    say_figure($store, "libtheschwartz-perl, $workers processes", perl_rate($store, 500 * $scale),
        'jobs/s');
    my $perl = $figure{$store}{"libtheschwartz-perl, $workers processes"};
    for my $mode ('OVERDRIVE, idempotent', 'OVERDRIVE, each job committed by itself') {
        say_figure($store, "$mode, to Perl", $figure{$store}{$mode} / $perl, 'times',
            $store eq 'mysql' ? 'wanted: at least 10' : '');
    }
}
