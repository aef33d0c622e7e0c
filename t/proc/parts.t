# SPDX-License-Identifier: MIT
# A metajob of more children than one transaction takes becomes metajobs that are burst one by one:
# whatever is killed in between, no child is missing and none is there twice.
#
#   HELIOS_TEST_CHILDREN=N   so many, without faults; a million is the most that fits
use strict;
use warnings;
use Helios::Test;
use Storable qw(nfreeze);
use Test::More;

my $CHILDREN = $ENV{HELIOS_TEST_CHILDREN} // 12_000;
my $FAULTS = $ENV{HELIOS_TEST_CHILDREN} ? 0 : 1;

# As short as may be: a million children must fit into a column of 16 MB.
sub short {
    my ($n) = @_;
    my $text = '';
    for (; $n; $n = int $n / 36) { $text = substr('0123456789abcdefghijklmnopqrstuvwxyz', $n % 36, 1) . $text }
    return $text;
}

sub metajob {
    my ($attributes, $from, $to) = @_;
    return \nfreeze(["<metajob$attributes><jobs>" . join('', map { '<job n="' . short($_) . '"/>' } $from .. $to) . '</jobs></metajob>']);
}

sub complete {
    my ($t, $count, $name) = @_;
    my $type = $t->funcid('Other::Type');
    is($t->count('job', 'funcid=?', $type), $count, "$name: all the children");
    my %different = map { $_ => 1 } @{ $t->dbh->selectcol_arrayref('SELECT arg FROM job WHERE funcid=?', undef, $type) };
    is(scalar keys %different, $count, "$name: and none twice");
    is($t->count('job', 'funcid<>?', $type), 0, "$name: and nothing else");
    return;
}

my $parts = int(($CHILDREN + 9_999) / 10_000);
# The first metajob's own transaction, that of a part, before and after its COMMIT.
my @cases = (undef, !$FAULTS ? () : map { ("burst.before_commit:kill:$_", "burst.after_commit:kill:$_") } 1, 2);
for my $case (@cases) {
    my $name = $case // 'without a fault';
    my $t = Helios::Test->new(service => 'Toy::Retry', section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
    my ($id) = $t->submit_as('Toy::Retry', { priority => 7 }, metajob(' class="Other::Type"', 1, $CHILDREN));
    my $begun = now;
    my $daemon = $t->start({ env => { HELIOS_FAULT => $case } });
    my $most_kb = 0;
    my $type = $t->funcid('Toy::Retry');
    $t->wait_for(sub {
        for my $pid (map { $_->{pid} } children($daemon->{pid})) {
            my ($kb) = (slurp("/proc/$pid/status") // '') =~ /^VmHWM:\s+(\d+) kB/m;
            $most_kb = $kb if defined $kb && $kb > $most_kb;
        }
        return !$t->count('job', 'funcid=?', $type);
    }, $CHILDREN > 100_000 ? 600 : 30, "$name: the metajobs to be burst");
    is($t->stop($daemon)->{exit}, 0, "$name: the daemon stops cleanly");
    like(slurp($daemon->{err}), qr/^HELIOS_FAULT: burst\.\w+:kill in process/m, "$name: was injected") if $case;
    complete($t, $CHILDREN, $name);
    my @completed = $t->rows('SELECT * FROM helios_job_history_tb WHERE exitstatus=0');
    is(scalar @completed, 1 + $parts, "$name: one completion for the metajob and for each part");
    is((grep { $_->{jobid} == $id } @completed), 1, "$name: its own among them");
    is_deeply([grep { ($_->{priority} // '') ne 7 } @completed], [], "$name: the parts have its priority");
    is($t->count('helios_job_history_tb', 'exitstatus<>0'), 0, "$name: no attempt has failed");
    ok((grep { $_ eq "Metajob $id of $CHILDREN jobs burst into $parts metajobs." } $t->log_rows), "$name: the log says so") if !$case;
    note(sprintf '%s: %d kB at most in one process, %.0f s', $name, $most_kb, now - $begun);
    cmp_ok($most_kb, '<', 400_000, "$name: in bounded memory");
    is($t->sanitizer_reports, '', "$name: the sanitizers reported nothing");
    $t->destroy;
}
done_testing();
