# SPDX-License-Identifier: MIT
# helios service status and helios_service_status (158).
use strict;
use warnings;
use POSIX qw(strftime);
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $now = time;
sub stamp { return strftime '%a %b %e %H:%M:%S %Y', localtime $_[0] }

for (['Lab::Svc', '1.0', $t->host, 123, 10], ['Lab::Old', '1.0', $t->host, 124, 400], ['Lab::Far', undef, 'far', 125, 20], ['Lab::Empty', '', $t->host, 126, 30]) {
    my ($service, $version, $host, $pid, $age) = @$_;
    $t->sql('INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, worker_version, host, process_id) VALUES (?,?,?,?,?,?)',
        $now - $age, $now - 1000, $service, $version, $host, $pid);
}
sub text {
    my ($service, $version, $host, $pid, $age, $format) = @_;
    return "Service: $service\nVersion: $version\nHost: $host\nPID: $pid\nOnline Since: " . $format->($now - 1000)
        . "\nLast Registered: " . $format->($now - $age) . "\n\n";
}
sub svc   { return text('Lab::Svc',   '1.0',    $t->host, 123, 10, $_[0]) }
sub empty { return text('Lab::Empty', '(none)', $t->host, 126, 30, $_[0]) }
sub far   { return text('Lab::Far',   '(none)', 'far',    125, 20, $_[0]) }
my $epoch = sub { return $_[0] };

my @rows = (
    ['this host, not older than 300 s', [], empty(\&stamp) . svc(\&stamp)],
    ['one service', ['--service', 'Lab::Svc'], svc(\&stamp)],
    ['all hosts', ['-H', '*'], empty(\&stamp) . far(\&stamp) . svc(\&stamp)],
    ['another host', ['--hostname=far'], far(\&stamp)],
    ['Unix seconds', ['--service=Lab::Svc', '--epoch-time'], svc($epoch)],
    ['nothing', ['--service=Lab::None'], ''],
);
for (@rows) {
    my ($name, $options, $out) = @$_;
    says($t, $name, ['service', 'status', @$options], { out => $out });
    says($t, "$name (historical)", ['helios_service_status', @$options], { out => $out });
}
says($t, 'abbreviated (historical)', ['helios_service_status', '-s', 'Lab::Svc', '-e'], { out => svc($epoch) });

$t->finish;
