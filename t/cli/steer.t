# SPDX-License-Identifier: MIT
# helios service hold | resume | halt | clear-halt.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new(service => 'Sv');
my $host = $t->host;

sub rows {
    return join ';', map { "$_->{host}|$_->{param}|$_->{value}" }
        $t->rows("SELECT host, param, value FROM helios_params_tb WHERE worker_class='Sv' ORDER BY host, param, value");
}
sub put { my ($on, $param, $value) = @_; $t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)', $on, 'Sv', $param, $value) }

my @rows = (
    # name, rows before (host param value), words, output, rows after
    ['hold here',          [],                             [qw(hold Sv)],               "Sv is on hold on host $host",   "$host|HOLD|1"],
    ['hold twice',         [[$host, 'HOLD', 0], [$host, 'HOLD', 1]], [qw(hold Sv)],     "Sv is on hold on host $host",   "$host|HOLD|1"],
    ['hold there',         [],                             [qw(hold -H far Sv)],        'Sv is on hold on host far',     'far|HOLD|1'],
    ['hold everywhere',    [['far', 'HOLD', 0], ['far', 'X', 1]], [qw(hold --all-hosts --yes Sv)], 'Sv is on hold on all hosts', '*|HOLD|1;far|X|1'],
    ['resume here',        [['*', 'HOLD', 1]],             [qw(resume Sv)],             "Sv may take jobs on host $host", "*|HOLD|1;$host|HOLD|0"],
    ['resume everywhere',  [['*', 'HOLD', 1], ['far', 'HOLD', 1]], [qw(resume -a -y Sv)], 'Sv may take jobs on all hosts', '*|HOLD|0'],
    ['halt here',          [],                             [qw(halt Sv)],               "Sv is told to stop on host $host", "$host|HALT|1"],
    ['halt twice',         [[$host, 'HALT', 1]],           [qw(halt Sv)],               "Sv is told to stop on host $host", "$host|HALT|1"],
    ['halt everywhere',    [[$host, 'HALT', 1]],           [qw(halt --host * -y Sv)],   'Sv is told to stop on all hosts', '*|HALT|1'],
    ['clear here',         [[$host, 'HALT', 1], ['far', 'HALT', 1]], [qw(clear-halt Sv)], "Sv may start on host $host",   'far|HALT|1'],
    ['clear everywhere',   [['*', 'HALT', 1], ['far', 'HALT', 1]], [qw(clear-halt -a -y Sv)], 'Sv may start on all hosts', ''],
);
for (@rows) {
    my ($name, $before, $words, $out, $after) = @$_;
    $t->sql('DELETE FROM helios_params_tb');
    put(@$_) for @$before;
    put('third', 'Y', 1);
    says($t, $name, ['service', @$words], { out => "$out\n" });
    is(rows(), join(';', sort grep { length } split(/;/, $after), 'third|Y|1'), "$name: the rows");
}

# ---- what is refused, and changes nothing ----
$t->sql('DELETE FROM helios_params_tb');
put('*', 'HALT', 1);
says($t, 'a halt for all is not cleared for one', [qw(service clear-halt Sv)], { err => "helios: Sv is halted on all hosts: helios service clear-halt --all-hosts Sv\n", exit => 1 });
for my $verb (qw(hold resume halt clear-halt)) {
    says($t, "$verb everywhere without a terminal", ['service', $verb, '-a', 'Sv'],
        { stdin => "y\n", err => "helios: $verb Sv on all hosts: there is no terminal to ask; say --yes\n", exit => EX_USAGE });
}
says($t, 'no name of a service', [qw(service hold ../x)], { err => "helios: '../x' is not the name of a service\n", exit => EX_USAGE });
says($t, 'two kinds of host', [qw(service hold -a -H x Sv)], { err => "helios: --host and --all-hosts exclude each other\n", exit => EX_USAGE });
is(rows(), '*|HALT|1', 'nothing was changed');

# ---- a name that nobody is known by ----
$t->sql('DELETE FROM helios_params_tb');
$t->sql("INSERT INTO funcmap (funcname) VALUES ('NoopService')");
$t->sql("INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, host, process_id) VALUES (1, 1, 'Resizer', 'far', 7)");
sub all_rows { return join ';', map { join '|', @$_{qw(worker_class host param value)} } $t->rows('SELECT worker_class, host, param, value FROM helios_params_tb ORDER BY worker_class, host') }
my @unknown = (
    # name, words, what is said, rows after
    ['hold',            [qw(hold NoopServcie)],       "the row HOLD of NoopServcie for host $host is set; no daemon, jobtype or section of that name is known; did you mean NoopService?", "NoopServcie|$host|HOLD|1"],
    ['resume',          [qw(resume -H far Resiezr)],  'the row HOLD of Resiezr for host far is set; no daemon, jobtype or section of that name is known; did you mean Resizer?', 'Resiezr|far|HOLD|0'],
    ['halt',            [qw(halt -a -y Svx)],         'the row HALT of Svx for host * is set; no daemon, jobtype or section of that name is known; did you mean Sv?', 'Svx|*|HALT|1'],
    ['nothing is near', [qw(halt Elsewhere::Made)],   "the row HALT of Elsewhere::Made for host $host is set; no daemon, jobtype or section of that name is known", "Elsewhere::Made|$host|HALT|1"],
    ['clear-halt',      [qw(clear-halt NoopServcie)], "the row HALT of NoopServcie for host $host is gone; no daemon, jobtype or section of that name is known; did you mean NoopService?", ''],
);
for (@unknown) {
    my ($name, $words, $err, $after) = @$_;
    $t->sql('DELETE FROM helios_params_tb');
    says($t, "a name that nobody has: $name", ['service', @$words], { err => "helios: $err\n", exit => 1 });
    is(all_rows(), $after, "$name is carried out");
}
says($t, 'the same as JSON', [qw(service hold --json NoopServcie)], { out => qr/\A\{"service":"NoopServcie",.*\}\n\z/, err => qr/did you mean NoopService/, exit => 1 });
says($t, 'a jobtype', [qw(service hold NoopService)], { out => "NoopService is on hold on host $host\n" });
says($t, 'a daemon that is registered', [qw(service hold Resizer)], { out => "Resizer is on hold on host $host\n" });

# A name that differs in case is another one, unless the database takes it for the same.
for my $verb (qw(hold halt clear-halt)) {
    $t->sql("DELETE FROM helios_params_tb");
    $t->sql("INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?, 'NoopService', 'HALT', 1)", $host) if $verb eq 'clear-halt';
    says($t, "$verb in another case", ['service', $verb, 'noopservice'], $t->sqlite
        ? { err => qr/ of that name is known; did you mean NoopService\?\n\z/, exit => 1 }
        : { err => "helios: NoopService is meant too: this database compares names without regard to case\n", out => qr/\Anoopservice / });
}
$t->sql('DELETE FROM helios_params_tb');
put('*', 'HALT', 1);

# ---- on a terminal there is a question ----
SKIP: for (['n', '*|HALT|1', qr/nothing was changed/], ['y', '*|HALT|1;*|HOLD|1', qr/Sv is on hold on all hosts/]) {
    my ($answer, $after, $says) = @$_;
    my $run = on_terminal($t, 80, [qw(service hold -a Sv)], "$answer\n");
    like($run->{screen}, qr/hold Sv on all hosts\? \[y\/N\] /, "asked, '$answer' is typed");
    like($run->{screen}, $says, "answered '$answer'");
    is(rows(), $after, "the rows after '$answer'");
}

$t->finish;
