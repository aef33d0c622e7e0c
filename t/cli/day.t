# SPDX-License-Identifier: MIT
# A new operator's day, with the command alone: not one statement of SQL.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use Helios::Test;
use Helios::Cli;
use Helios::Screen;

my $t = Helios::Test->new(schema => 0);
my $service = $t->service;

# What the command says as JSON: one hash a line.
sub told { return map { decode_json($_) } split /\n/, $t->command_ok(@_, '--json') }
sub queue { return (told('queue', '--jobtype', $service))[0] }

# ---- a new collective, and the first jobs ----
like($t->command_ok(qw(schema init)), qr/schema is at version/, 'the tables are made');
says($t, 'nothing is wrong with them', [qw(schema status)], { out => qr/it is up to date/ });
my $jobs = join '', map { Helios::Test::xml({ action => 'complete', n => $_ }) . "\n" } 1 .. 5;
says($t, 'five jobs', ['submit', '--lines', $service], { stdin => $jobs, out => "5 jobs submitted\n" });
is(queue()->{waiting}, 5, 'they wait');

# ---- a daemon runs them; watching ----
my $daemon = $t->start;
$t->wait_for(sub { my $q = queue(); $q->{done_hour} == 5 && $q->{waiting} == 0 }, 20, 'the jobs to be done');
my ($line) = told(qw(service status --service), $service);
is($line->{state}, 'running', 'the daemon is seen to run');
is($line->{pid}, $daemon->{pid}, 'under its number');

# ---- hold, more workers, resume ----
$t->command_ok(qw(service hold), $service);
$t->wait_for(sub { (told(qw(service list)))[0]{state} eq 'holding' }, 20, 'the daemon to hold');
$t->command_ok(qw(config set), $service, 'MAX_WORKERS', 3);
$t->wait_for(sub { (told(qw(service list)))[0]{max_workers} == 3 }, 20, 'three workers to be allowed');
$t->wait_for(sub { $t->command_ok(qw(log --service), $service) =~ /hold/i }, 20, 'the log to tell of it');
my $gate = "$t->{tmp}/gate";
$t->command_ok('submit', $service, "wait_for=$gate", "touch=$gate.$_") for 1 .. 3;
is(queue()->{running}, 0, 'nothing runs');
$t->command_ok(qw(service resume), $service);
$t->wait_for(sub { queue()->{running} == 3 }, 20, 'three jobs to run at once');
$t->wait_for(sub { ((told(qw(service status)))[0]{busy} // 0) == 3 }, 20, 'three workers to be busy');
SKIP: {
    skip('no tmux or no terminals here', 1) if !Helios::Screen->available($t);
    my $screen = Helios::Screen->new($t, 100, 30);
    $screen->line($t->program('helios') . ' top');
    $screen->wait_for(qr/^\Q$service\E .* running .* 3 +0 +3\n.*(?:^ *\d+ +\Q$service\E +running +\d+ .*){3}/ms, 'all of it is on one screen');
    $screen->keys('q');
    $screen->close;
}
spew($gate, '');

# ---- some jobs fail: why? ----
my $fails = join '', map { Helios::Test::xml({ action => 'fail_no_retry', message => 'the disk is full', n => $_ }) . "\n" } 1 .. 3;
my $submitted = $t->run([$t->program('helios'), qw(submit --verbose --lines), $service], stdin => $fails);
my @ids = $submitted->{stdout} =~ /^Jobid: (\d+)$/mg;
is($t->command('job', 'wait', '--timeout', 20, $_)->{exit}, 1, "job $_ fails") for @ids;
my @failed = told(qw(job list --state failed --since 1h));
is(join(' ', sort { $a <=> $b } map { $_->{jobid} } @failed), "@ids", 'they are listed');
is($failed[0]{error}, 'the disk is full', 'with the reason');

# ---- it is put right; they are retried, one is cancelled ----
$t->command_ok(qw(service hold), $service);
says($t, 'what would be retried', [qw(job retry --error disk --dry-run)], { out => qr/\A(?:[^\n]+\n){3}\z/ });
says($t, 'retried', [qw(job retry --error disk)], { out => "3 jobs retried\n" });
is(queue()->{waiting}, 3, 'they wait');
says($t, 'one is not wanted', ['job', 'cancel', $ids[0]], { out => "1 jobs cancelled\n" });
$t->command_ok(qw(service resume), $service);
is($t->command('job', 'wait', '--timeout', 20, $_)->{exit}, 1, "job $_ has run again") for @ids;
is(scalar(told('job', 'list')), 0, 'the queue is empty');

# ---- cleaning up, and the evening ----
like($t->command_ok(qw(history clean --days -1)), qr/\A\d+ rows deleted\n\z/, 'the history is cleaned');
is(scalar(told(qw(job list --state failed))), 0, 'and empty');
$t->command_ok(qw(service halt), $service);
is($t->collect($daemon)->{exit}, 0, 'the daemon ends');
is($t->helios_d($service)->{exit}, 1, 'and does not start');
$t->command_ok(qw(service clear-halt), $service);
my $again = $t->start;
is($t->stop($again)->{exit}, 0, 'until it may again');

$t->finish;
