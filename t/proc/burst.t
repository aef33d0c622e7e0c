# SPDX-License-Identifier: MIT
# A metajob becomes its children, all or none.
use strict;
use warnings;
use Helios::Test;
use Storable qw(nfreeze);
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 2 });

sub metajob {
    my ($attributes, @children) = @_;
    my $xml = "<metajob$attributes><jobs>"
        . join('', map { "<job><params><log>$_</log></params></job>" } @children)
        . '</jobs></metajob>';
    return \nfreeze([$xml]);
}

my ($meta) = $t->submit(metajob('', map { "child $_" } 1 .. 50));
is($t->helios_d('--foreground', '--drain', $t->service)->{exit}, 0, 'drained');
is($t->job($meta), undef, 'the metajob is gone');
is_deeply([map { $_->{exitstatus} } $t->history($meta)], [0], 'completed in the history');
is_deeply([sort grep { /^child / } $t->log_rows], [sort map { "child $_" } 1 .. 50],
    'each child ran once');
ok((grep { $_ eq "Bursting metajob $meta" } $t->log_rows), 'the start is logged');
ok((grep { $_ eq "Metajob $meta burst into 50 jobs." } $t->log_rows), 'and the number of children');

($meta) = $t->submit(metajob(' class="Other::Type"', 'elsewhere'));
is($t->helios_d('--foreground', '--drain', $t->service)->{exit}, 0, 'drained');
is($t->one('SELECT COUNT(*) FROM job WHERE funcid=?', $t->funcid('Other::Type')), 1,
    'the class of the metajob names the jobtype of its children');

my ($none) = $t->submit(metajob(''));
is($t->helios_d('--foreground', '--drain', $t->service)->{exit}, 0, 'drained');
is_deeply([map { $_->{exitstatus} } $t->history($none)], [0], 'a metajob without children is completed');

ok((grep { /^Metajob $none has no job in its <jobs> element/ } $t->log_rows), 'and that is said');

# ---- jobs that are not in a <jobs> element ----
for my $xml ('<metajob><job><params><log>lost</log></params></job></metajob>',
    '<metajob><jobs/><job><params><log>lost</log></params></job></metajob>', '<metajob><class>X</class></metajob>') {
    my $run = $t->command('submit', $t->service, $xml);
    is($run->{exit}, 65, "$xml is not submitted") or diag explain $run;
    like($run->{stderr}, qr/<jobs> element/, 'and the message says what is missing');
    $t->command_ok('submit', '-n', $t->service, $xml);
    my ($id) = $t->one('SELECT MAX(jobid) FROM job');
    my $daemon = $t->start;
    $t->wait_for(sub { !$t->job($id) }, 20, 'the metajob to have failed');
    $t->stop($daemon);
    is_deeply([map { $_->{exitstatus} } $t->history($id)], [1, 1, 1], 'stored all the same it fails');
    like(($t->errors($id))[-1], qr/^the metajob cannot be burst: .*<jobs> element/, 'for that reason');
}
is(scalar($t->log_rows(qr/^lost$/)), 0, 'none of them ran');

# ---- a metajob that cannot be burst: its class is longer than a jobtype may be ----
$t->sql('DELETE FROM job');
my ($bad) = $t->submit(metajob(' class="' . 'x' x 300 . '"', 'never'));
my $daemon = $t->start;
$t->wait_for(sub { !$t->job($bad) }, 20, 'the metajob to have failed');
is_deeply([map { $_->{exitstatus} } $t->history($bad)], [1, 1, 1], 'a metajob that cannot be burst fails under the retry rules');
$t->stop($daemon);
is(scalar(grep { /^Metajob burst failure for metajob $bad: / } $t->log_rows), 3, 'each attempt is logged');
is($t->count('job'), 0, 'and no child exists');
$t->finish;
