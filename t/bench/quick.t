# SPDX-License-Identifier: MIT
# The benchmark runs from end to end at quick scale, and what it writes is what Bench/Print.pm says.
# Its figures are not looked at: they depend on what else the machine does.
use strict;
use warnings;

use FindBin qw($Bin);
use JSON::PP qw(decode_json);
use Test::More;

my $json = ($ENV{HELIOS_TEST_TMP} // $ENV{TMPDIR} // '/tmp') . "/bench-quick.$$.json";
END { unlink $json if defined $json }

my $table = qx(sh '$Bin/run.sh' --quick --json '$json');
is($?, 0, 'run.sh --quick ends well') or BAIL_OUT('no figures');
like($table, qr/^\| contestant +\|/m, 'a table is printed');
like($table, qr/sync_binlog=1/, 'with the durable settings');

open my $fh, '<', $json or BAIL_OUT("$json: $!");
my $run = decode_json(do { local $/; <$fh> });
is($run->{format}, 1, 'format');
is($run->{scale}, 'quick', 'scale');
ok(length $run->{conditions}{processor}, 'the processor is named');

my (%seen, @wrong);
for my $figure (@{ $run->{figures} }) {
    my $name = "$figure->{measure} $figure->{id}";
    push @wrong, "$name: twice" if $seen{$name}++;
    push @wrong, "$name: no unit or title" if !length $figure->{unit} || !length $figure->{title};
    push @wrong, "$name: better" if $figure->{better} !~ /^(?:more|less)\z/;
    push @wrong, "$name: not low <= median <= high"
        if !($figure->{low} <= $figure->{median} && $figure->{median} <= $figure->{high});
    push @wrong, "$name: values" if @{ $figure->{values} } < 1;
}
is_deeply(\@wrong, [], 'each figure is whole');
for my $name ('throughput idempotent/mysql/2/history', 'throughput loop/mysql/2/history',
    'throughput set/mysql/1/history', 'throughput strict/mysql/8/history',
    'throughput single/mysql/8/history', 'throughput schwartz/mysql/4',
    'throughput idempotent/sqlite/2/history', 'work strict/mysql/8/history',
    'latency strict/mysql/2/history/50', 'enqueue mysql/1', 'enqueue mysql/1000',
    'backlog-claim waiting-1000', 'backlog-claim inflight', 'backlog-claim delayed',
    'backlog-claim foreign', 'backlog-claim snapshot', 'backlog-claim priority', 'backlog-look waiting-1000',
    'operation killed/mysql', 'operation master/mysql', 'operation worker/sqlite',
    'idle queries/mysql', 'idle cpu/sqlite') {
    ok($seen{$name}, "measured: $name") or diag('missing: ', explain($run->{missing}));
}
is_deeply([grep { !length $_->{target} || !exists $_->{verdict} } @{ $run->{targets} }], [],
    'targets have their figures beside them');
done_testing();
