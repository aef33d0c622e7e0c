# SPDX-License-Identifier: MIT
# helios submit and helios_job_submit: what they put into the queue, and what the daemon makes of it.
use strict;
use warnings;
use Helios::Test;
use Storable qw(thaw);
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1 });
my $class = $t->service;

sub newest { return $t->row('SELECT * FROM job ORDER BY jobid DESC LIMIT 1') // {} }

my @forms = (
    # name, arguments, standard input, text that is stored
    ['XML', ['<job><params><a>1</a></params></job>'], undef,
        '<job><params><a>1</a></params></job>'],
    ['JSON', ['{"args":{"a":"1"}}'], undef, '{"args":{"a":"1"}}'],
    ['standard input', [], '<job><params><b>2</b></params></job>',
        '<job><params><b>2</b></params></job>'],
);
for my $form (@forms) {
    my ($name, $words, $stdin, $text) = @$form;
    my $run = $t->command('submit', '--verbose', $class, @$words, { stdin => $stdin });
    is($run->{exit}, 0, "$name: exit code") or diag $run->{stderr};
    my $row = newest();
    is($run->{stdout}, "Jobid: $row->{jobid}\n", "$name: --verbose names the job");
    is_deeply(thaw($row->{arg}), [$text],
        "$name: a Storable list of one text, as Perl Helios writes it");
    is($row->{grabbed_until}, 0, "$name: free");
    is($row->{priority}, undef, "$name: no priority");
}
my $quiet = $t->command('submit', $class, '<job/>');
is($quiet->{stdout} . $quiet->{stderr}, '', 'without --verbose nothing is said');

my $columns = $t->command('submit', '--run-after', '2000000000', '--priority', '7', '--uniqkey',
    'u1', '--coalesce', 'c1', $class, '<job/>');
is($columns->{exit}, 0, 'all columns: exit code') or diag $columns->{stderr};
my $row = newest();
is_deeply([@$row{qw(run_after priority uniqkey coalesce)}], [2000000000, 7, 'u1', 'c1'],
    'all columns are stored');
my $again = $t->command('submit', '--uniqkey', 'u1', $class, '<job/>');
isnt($again->{exit}, 0, 'a uniqkey that is taken: refused');
like($again->{stderr}, qr/uniqkey|u1/, 'and the reason');

for my $bad ('<job><params></job>', '{"args":', 'neither') {
    my $run = $t->command('submit', $class, $bad);
    isnt($run->{exit}, 0, "'$bad': refused");
    like($run->{stderr}, qr/\S/, "'$bad': with the reason");
}

# ---- --lines ----
my $before = $t->count('job');
my $lines = $t->command('submit', '--lines', $class,
    { stdin => join '', map { "{\"args\":{\"n\":\"$_\"}}\n" } 1 .. 1200 });
is($lines->{exit}, 0, '--lines: exit code') or diag $lines->{stderr};
is($t->count('job') - $before, 1200, '--lines: a job a line');
$lines = $t->command('submit', '--lines', $class, { stdin => "<job/>\n<job>\n<job/>\n" });
isnt($lines->{exit}, 0, '--lines with a bad line: exit code');
like($lines->{stderr}, qr/line 2\b/, 'the line is named');

# ---- the historical program ----
my $old = $t->tmp . '/helios_job_submit.pl';
symlink $t->program('helios'), $old or die "symlink: $!";
$t->sql('DELETE FROM job');
my $run = $t->run([$old, '--verbose', $class, '<job><params><a>x</a></params></job>']);
is($run->{exit}, 0, 'helios_job_submit.pl: exit code') or diag $run->{stderr};
is($run->{stdout}, 'Jobid: ' . newest()->{jobid} . "\n", 'helios_job_submit.pl: output');
$run = $t->run([$old, $class, '<job>']);
is($run->{exit}, 1, 'helios_job_submit.pl with invalid arguments: exit code 1');
like($run->{stderr}, qr/^Invalid job arguments: <job> \(/, 'and its message');
$run = $t->run([$old, '--no-validate', $class], stdin => "<a\n>\n");
is($run->{exit}, 0, 'helios_job_submit.pl --no-validate');
is_deeply(thaw(newest()->{arg}), ['<a>'], 'lines of standard input are joined without their ends');

# ---- the daemon runs what was submitted ----
$t->sql('DELETE FROM job');
$t->command_ok('submit', $class, '<job><params><log>from XML</log></params></job>');
$t->command_ok('submit', $class, '{"args":{"log":"from JSON"}}');
$t->command_ok('submit', $class, '{"args":{"log":9007199254740993.0}}');
$t->helios_d('--foreground', '--drain', $class);
ok((grep { $_ eq '9007199254740992' } $t->log_rows), 'a number as the text that reads back to it');
is_deeply([sort grep { /^from / } $t->log_rows], ['from JSON', 'from XML'],
    'the service saw the arguments');
$t->finish;
