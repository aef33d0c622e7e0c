# SPDX-License-Identifier: MIT
# Perl's TheSchwartz on the same tables: its jobs run here, our jobs run there, and both take from
# one queue at the same time.
use strict;
use warnings;
use utf8;
use Helios::Test;
use Helios::Schwartz;
use Test::More;

my $jobs = 1000;
my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
my $class = $t->service;

# What a Perl worker saw goes to a file, a line a job.
my $seen = $t->tmp . '/seen';

# ---- a Perl client inserts, helios_d completes ----
{
    my @arguments = (
        sub { ['<job><params><log>from Perl</log></params></job>'] },
        sub { { a => $_[0], b => 'two' } },
        sub { { nested => [1, { deep => [undef, 'x'] }, -3.5], n => 2**40 } },
        sub { { text => "caf\x{e9} \x{65e5}\x{672c}", "k\x{e9}y" => 1 } },
        sub { [] },
        sub { {} },
        sub { [1 .. 50] },
        sub { 'plain bytes' },
        sub { ["<job><params><text>\x{65e5}\x{672c}</text></params></job>"] },
        sub { ['<job><params/></job>'] },
    );
    my $inserter = perl_process($t, sub {
        my ($client) = @_;
        for my $n (1 .. $jobs) {
            my $handle = $client->insert(TheSchwartz::Job->new(funcname => $class,
                arg => $arguments[$n % @arguments]->($n)));
            die "insert $n failed" if !$handle;
        }
    });
    $t->collect($inserter, 120);
    is($inserter->{exit}, 0, 'the Perl client has inserted');
    is($t->count('job'), $jobs, "$jobs jobs");
    my $run = $t->helios_d('--foreground', '--drain', $class, { seconds => 120 });
    is($run->{exit}, 0, 'helios_d drained them') or diag $run->{stderr};
    is($t->count('job'), 0, 'the queue is empty');
    is($t->count('helios_job_history_tb', 'exitstatus=0'), $jobs, 'every job is completed');
    is(scalar(grep { $_ eq 'from Perl' } $t->log_rows), $jobs / @arguments,
        'the service saw the arguments');
    is_deeply([$t->rows('SELECT message FROM error LIMIT 1')], [], 'without an error');
}

# ---- helios submit puts in, a Perl worker completes and sees the arguments ----
{
    my @text = map { "{\"args\":{\"n\":\"$_\",\"text\":\"caf\x{e9}\"}}" } 1 .. $jobs;
    my $input = join '', map { "$_\n" } @text;
    utf8::encode($input);
    utf8::encode($_) for @text;
    $t->command_ok('submit', '--lines', $class, { stdin => $input });
    is($t->count('job'), $jobs, "$jobs jobs are submitted");
    my $worker = perl_process($t, sub {
        my ($client) = @_;
        $Helios::Schwartz::work = sub {
            my ($job) = @_;
            my $arg = $job->arg;
            my $text = ref $arg eq 'ARRAY' && @$arg == 1 ? $arg->[0] : 'not a list of one';
            utf8::encode($text) if utf8::is_utf8($text);
            append_line($seen, $text);
            $job->completed;
        };
        $client->work_until_done;
    });
    $t->collect($worker, 240);
    is($worker->{exit}, 0, 'the Perl worker has ended');
    is($t->count('job'), 0, 'the queue is empty');
    is_deeply([sort split /\n/, slurp($seen)], [sort @text],
        'it saw the arguments of each job once');
    is($t->count('error'), 0, 'without an error');
}

# ---- both on one queue ----
{
    unlink $seen;
    $t->sql('DELETE FROM helios_job_history_tb');
    my @ids = $t->submit(map { { append => $seen } } 1 .. $jobs);
    my $daemon = $t->start;
    my @workers = map {
        perl_process($t, sub {
            my ($client) = @_;
            $Helios::Schwartz::work = sub { append_line($seen, $_[0]->jobid . ' perl'); $_[0]->completed };
            $client->work_until_done;
        })
    } 1 .. 2;
    $t->wait_for(sub { $t->count('job') == 0 }, 240, 'the queue to be empty');
    $t->collect($_, 30) for @workers;
    is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
    my (%times, $perl);
    for my $line (split /\n/, slurp($seen)) {
        my ($id, $who) = split ' ', $line;
        $times{$id}++;
        $perl++ if $who eq 'perl';
    }
    is_deeply([sort { $a <=> $b } keys %times], [sort { $a <=> $b } @ids], 'each job ran');
    is_deeply([grep { $times{$_} > 1 } keys %times], [], 'and only once');
    my $ours = $t->count('helios_job_history_tb', 'exitstatus=0');
    is($ours + ($perl // 0), $jobs, 'ours (' . $ours . ') and theirs (' . ($perl // 0)
        . ') are all');
    is($t->count('error'), 0, 'without an error');
}
$t->finish;
