# SPDX-License-Identifier: MIT
# helios log clean, helios_log_clean and helios_log_clean.pl (160).
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $now;

sub fill {
    $now = time;
    $t->sql("DELETE FROM $_") for qw(helios_log_tb helios_job_history_tb error);
    for my $age (0, 2 * 86400, 3 * 86400 - 100, 3 * 86400, 8 * 86400) {
        $t->sql('INSERT INTO helios_log_tb (log_time, host, process_id, job_class, priority, message) VALUES (?,?,?,?,?,?)', $now - $age, 'vm', 1, 'S', 6, 'm');
        $t->sql('INSERT INTO helios_job_history_tb (jobid, funcid, run_after, grabbed_until, complete_time, exitstatus) VALUES (?,?,?,?,?,?)', 1, 1, 1, 1, $now - $age, 0);
        $t->sql('INSERT INTO error (error_time, jobid, message) VALUES (?,?,?)', $now - $age, 1, 'm');
    }
}
sub counts { return join ' ', map { $t->count($_) } qw(helios_log_tb helios_job_history_tb error) }
sub text { return "Deleting log entries older than $_[0] days...\n...done.\nDeleting job history older than $_[0] days...\n...done.\n" }

my @rows = (
    # name, options, output of helios, output of the historical name, rows left
    ['three days',   ['--days=3'],   text(3),  text(3),  '3 3 5'],
    ['seven days',   [],             text(7),  text(7),  '4 4 5'],
    ['0 is 7',       ['--days', 0],  text(7),  text(7),  '4 4 5'],
    ['negative',     ['--days=-1'],  text(-1), text(-1), '0 0 5'],
    ['silent',       ['--silent'],   '',       "...done.\n", '4 4 5'],
);
for (@rows) {
    my ($name, $options, $out, $historical, $left) = @$_;
    for my $form ([['log', 'clean'], $out], [['helios_log_clean'], $historical], [['helios_log_clean.pl'], $historical]) {
        fill();
        says($t, "$name: @{ $form->[0] }", [@{ $form->[0] }, @$options], { out => $form->[1] });
        is(counts(), $left, "$name: what is left (@{ $form->[0] })");
    }
}
fill();
says($t, 'debug', ['helios_log_clean', '--debug', '--silent'], { out => qr/\AConnected to Helios database\.\nDeleting log.*DELETE FROM helios_log_tb .*DELETE FROM helios_job_history_tb /s });
says($t, 'debug by the environment', ['helios_log_clean'], { env => { HELIOS_DEBUG => 1 }, out => qr/\AConnected to Helios database\.\n/ });
says($t, 'no number (historical)', ['helios_log_clean', '--days=x'], { err => qq{Value "x" invalid for option days (number expected)\n}, out => text(7) });
says($t, 'no number', ['log', 'clean', '--days=x'], { err => "helios: --days N: 'x' is not a whole number\n", exit => EX_USAGE });
says($t, 'too far', ['log', 'clean', '--days', 99999999], { err => "helios: --days 99999999 is too far away\n", exit => EX_USAGE });

# ---- more rows than one transaction deletes ----
$t->sql('DELETE FROM helios_log_tb');
$t->dbh->begin_work;
$t->sql('INSERT INTO helios_log_tb (log_time, host, process_id, job_class, priority, message) VALUES (1,?,1,?,6,?)', 'vm', 'S', $_) for 1 .. 10;
$t->sql('INSERT INTO helios_log_tb SELECT a.* FROM helios_log_tb a, helios_log_tb b, helios_log_tb c, helios_log_tb d LIMIT 10500');
$t->dbh->commit;
cmp_ok($t->count('helios_log_tb'), '>=', 10000, 'there are many rows');
says($t, 'many rows', ['log', 'clean', '--silent'], {});
is($t->count('helios_log_tb'), 0, 'all are gone');

$t->finish;
