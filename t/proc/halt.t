# SPDX-License-Identifier: MIT
# HALT at a start: whose row counts, and which one --clear-halt removes.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new;
my ($class, $host) = ($t->service, $t->host);

my @table = (
    # name, class and host and value of the row, option, exit code, rows left
    ['all hosts',               $class, '*',         '1',   [],               1, 1],
    ['all hosts, to clear',     $class, '*',         '1',   ['--clear-halt'], 1, 1],
    ['this host, to clear',     $class, $host,       '1',   ['--clear-halt'], 0, 0],
    ['in capitals',             $class, $host,       '1',   ['--CLEAR-HALT'], 0, 0],
    ['another host',            $class, 'elsewhere', '1',   ['--clear-halt'], 0, 1],
    ['another service',         'Other::Service', $host, '1', ['--clear-halt'], 0, 1],
    ['NULL',                    $class, $host,       undef, [],               0, 1],
    ['empty',                   $class, $host,       '',    [],               1, 1],
    ['0',                       $class, $host,       '0',   [],               1, 1],
);
for my $row (@table) {
    my ($name, $service, $on, $value, $options, $exit, $left) = @$row;
    $t->sql('DELETE FROM helios_params_tb');
    $t->sql("INSERT INTO helios_params_tb (worker_class, host, param, value) VALUES (?,?,'HALT',?)", $service, $on, $value);
    my $run = $t->helios_d($class, @$options, '--foreground', '--drain');
    is($run->{exit}, $exit, "HALT $name: exit code") or diag $run->{stderr};
    my $clears = $on eq '*' ? "helios service clear-halt --all-hosts $class" : "helios_d --clear-halt $class";
    like($run->{stderr}, qr/^\Q$class\E HALTED\.\nHALT is '\Q$value\E' \(row for host \Q$on\E\); \Q$clears\E clears it\.$/m, "HALT $name: whose, and what clears it") if $exit;
    is($t->count('helios_params_tb', "param='HALT'"), $left, "HALT $name: rows left");
    ok(!-e $t->pid_file, "HALT $name: no PID file is left");
}
$t->sql('DELETE FROM helios_params_tb');

$t->write_ini(section => { HALT => 1 });
for my $options ([], ['--clear-halt']) {
    my $run = $t->helios_d($class, @$options, '--foreground', '--drain');
    is($run->{exit}, 1, "HALT in the ini (@$options): refused");
    like($run->{stderr}, qr/^HALT is '1' \(\[\Q$class\E\] line \d+ of \Q@{[ $t->ini ]}\E\): remove it there\.$/m, 'and where it stands');
}
$t->write_ini;

# ---- other ways to name the class ----
for my $words (["--service=$class"], ['--service', $class], ['--SERVICE', $class]) {
    my $run = $t->helios_d('--foreground', '--drain', @$words);
    is($run->{exit}, 0, "@$words names the class") or diag $run->{stderr};
    like($run->{stdout}, qr/^\Q$class\E 1\.0 loaded\.$/m, 'it is loaded');
}
is($t->helios_d("--service=$class", 'Other::Service')->{exit}, 64, 'a second class is refused');
my $debug = $t->helios_d('--debug', '--drain', $class);
like($debug->{stdout}, qr/^Debug Mode enabled\.$/m, '--debug stays in the foreground and says so');
$t->finish;
