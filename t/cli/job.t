# SPDX-License-Identifier: MIT
# helios job info | status and the historical programs (157).
use strict;
use warnings;
use POSIX qw(strftime);
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new(service => 'Lab::Svc');

sub stamp { return strftime '%a %b %e %H:%M:%S %Y', localtime $_[0] }
# The same text with times as helios itself prints them, not as Perl Helios did.
my %month = (Sep => '09', May => '05');
sub plain {
    my ($text) = @_;
    return $text if ref $text;
    return $text =~ s{^(\S+ \S+: )\w{3} (\w{3}) +(\d+) (\S+) (\d{4})$}{sprintf '%s%s-%s-%02d %s', $1, $5, $month{$2}, $3, $4}gemr;
}
sub both {
    my ($what, $command, $words, $expect) = @_;
    says($t, $what, ['job', $command, @$words], { %$expect, out => plain($expect->{out}) });
    says($t, "$what (historical)", ["helios_job_$command", @$words], $expect);
}
sub attempt {
    my ($id, $complete, $status) = @_;
    $t->sql('INSERT INTO helios_job_history_tb (jobid, funcid, arg, insert_time, run_after, grabbed_until, complete_time, exitstatus)'
        . ' VALUES (?,?,?,?,?,?,?,?)', $id, $t->funcid('Lab::Svc'), '<job><params><a>h</a></params></job>', 1000000000, 1000000001, 1000003601, $complete, $status);
}

my $xml = '<job><params><a>1</a></params></job>';
my ($id) = $t->submit_as('Lab::Svc', { insert_time => 1400000000, run_after => 1400000100 }, { a => 1 });
my $queued = sprintf "Jobid: %s\nJobtype: Lab::Svc\nSubmit Time: %s\nRun After: %s\n", $id, stamp(1400000000), stamp(1400000100);
both('a waiting job', 'info', [$id], { out => "${queued}Locked Until: \nPriority: \n\n" });
both('its arguments', 'info', [$id, '--args'], { out => "${queued}Locked Until: \nPriority: \n\nArgs: \n$xml\n\n" });
both('no logs yet', 'info', ['-l', $id], { out => "${queued}Locked Until: \nPriority: \n\n" });

$t->sql('UPDATE job SET grabbed_until=?, priority=? WHERE jobid=?', 1400003600, 9, $id);
both('a claimed job', 'info', [$id], { out => $queued . 'Locked Until: ' . stamp(1400003600) . "\nPriority: 9\n\n" });
$t->sql('UPDATE job SET priority=0 WHERE jobid=?', $id);
both('priority 0', 'info', [$id], { out => qr/^Priority: $/m });

# ---- logs ----
my @logs = ([1400000005, 3, 'second'], [1400000004, 6, 'first'], [1400000006, 9, 'odd level']);
$t->sql('INSERT INTO helios_log_tb (log_time, host, process_id, jobid, funcid, job_class, priority, message) VALUES (?,?,?,?,?,?,?,?)',
    $_->[0], 'vm', 17, $id, 1, 'Lab::Svc', $_->[1], $_->[2]) for @logs;
my $lines = sprintf "Logs:\n%s [vm:17] INFO first\n%s [vm:17] ERR second\n%s [vm:17] INFO odd level\n\n", map { stamp($_) } 1400000004 .. 1400000006;
says($t, 'its log (historical)', ['helios_job_info', '--logs', $id], { out => qr/Priority: \n\n\Q$lines\E\z/ });
says($t, 'its log', ['job', 'info', '--logs', '--epoch-time', $id], { out => qr/Priority: \n\nLogs:\n1400000004 \[vm:17\] INFO first\n1400000005 \[vm:17\] ERR second\n1400000006 /});

# ---- history wins, the latest attempt ----
attempt($id, 1400000200, 3);
attempt($id, 1400000100, 1);
both('the latest attempt', 'info', [$id], { out => "Jobid: $id\nJobtype: Lab::Svc\nSubmit Time: " . stamp(1000000000) . "\nComplete Time: " . stamp(1400000200) . "\nExitstatus: 3\n\n" });
attempt($id, 1400000300, $_) for 1, 0;
both('completed in the second in which it had failed', 'info', [$id], { out => qr/^Exitstatus: 0$/m });
$t->sql('DELETE FROM helios_job_history_tb WHERE complete_time=1400000300');
both('its arguments are text', 'info', ['-a', $id], { out => qr{\n\nArgs: \n<job><params><a>h</a></params></job>\n\n\z} });

# ---- status ----
my ($waiting) = $t->submit({ a => 2 });
my ($delayed) = $t->submit_as('Lab::Svc', { run_after => time + 3600 }, { a => 3 });
my ($running) = $t->submit_as('Lab::Svc', { grabbed_until => time + 3600 }, { a => 4 });
attempt(1001, time, 0);
attempt(1002, time, 4);
says($t, "state of a $_->[1] job", ['job', 'status', $_->[0]], { out => "$_->[1]\n" })
    for [$waiting, 'waiting'], [$delayed, 'delayed'], [$running, 'running'], [1001, 'done'], [1002, 'failed'];
says($t, 'status of the last attempt (historical)', ['helios_job_status', $id], { out => "3\n" });
says($t, 'status by option (historical)', ['helios_job_status', '--jobid=1001'], { out => "0\n" });
says($t, 'status of a job that never ran (historical)', ['helios_job_status', $waiting], {});

# ---- unknown and wrong ----
for my $command ('info', 'status') {
    says($t, "$command of an unknown job", ['job', $command, 999999], { err => "helios: job 999999 is not known\n", exit => EX_NOINPUT });
    says($t, "$command of an unknown job (historical)", ["helios_job_$command", 999999], {});
    says($t, "$command of no number", ['job', $command, 'x'], { err => "helios: 'x' is not the number of a job, nor its handle\n", exit => EX_DATAERR });
    says($t, "$command of no number (historical)", ["helios_job_$command", 'x'], {});
    says($t, "$command without a job", ['job', $command], { err => qr/\Ahelios: something is missing/, exit => EX_USAGE });
    says($t, "$command without a job (historical)", ["helios_job_$command"], { err => qr/: A jobid is required\.\n\z/, exit => 1 });
}

# ---- arguments that do not decode ----
my ($raw) = $t->submit(\"plain \x01 bytes");
both('raw bytes are printed as they are', 'info', ['-a', $raw], { out => qr/Args: \nplain \x01 bytes\n\n\z/ });
my ($broken) = $t->submit(\"\x05\x0b\x02\x00\x00");
both('a damaged image is printed as it is', 'info', ['-a', $broken], { out => qr/Args: \n\x05\x0b/ });

$t->finish;
