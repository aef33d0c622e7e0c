# SPDX-License-Identifier: MIT
# helios jobtype add | info and the historical programs (159).
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;

says($t, 'add', [qw(jobtype add A::One)], { out => qr/\AJobtype: A::One Jobtypeid: \d+ created\.\n\z/ });
says($t, 'add (historical)', [qw(helios_jobtype_add --name=A::Two)], { out => qr/\AJobtype: A::Two Jobtypeid: \d+ created\.\n\z/ });
says($t, 'add a word (historical)', [qw(helios_jobtype_add A::Three)], { out => qr/\AJobtype: A::Three Jobtypeid: \d+ created\.\n\z/ });
is($t->count('funcmap', "funcname LIKE 'A::%'"), 3, 'three jobtypes');
my $id = $t->one("SELECT funcid FROM funcmap WHERE funcname='A::Two'");
my $info = "Jobtypeid: $id\nName: A::Two\n";

says($t, 'add again', [qw(jobtype add A::One)], { err => "helios: create(): a jobtype named A::One exists\n", exit => EX_DATAERR });
says($t, 'add again (historical)', [qw(helios_jobtype_add A::One)], { err => qr/: Helios::JobType ERROR: create\(\): [^\n]+\n\z/, exit => 1 });
for my $name ('x' x 256, "\xc3\xa9" x 256, "A\xff") {
    says($t, 'add what could not be used', ['jobtype', 'add', $name], { err => qr/\Ahelios: the name of a jobtype (?:has 256 characters, at most 255 are stored|is not UTF-8)\n\z/, exit => EX_DATAERR });
}
my $accents = "\xc3\xa9" x 130;
says($t, 'add 130 characters', ['jobtype', 'add', $accents], { out => qr/\AJobtype: $accents Jobtypeid: \d+ created\.\n\z/ });
says($t, 'which can be used', ['submit', $accents, '<job/>']);
is($t->count('job'), 1, 'as a jobtype');
says($t, 'and found', ['jobtype', 'info', $accents], { out => qr/^Name: $accents$/m });
says($t, 'no name (historical)', ['helios_jobtype_add'], { err => qr/: A jobtype name is required\.\n\z/, exit => 1 });
says($t, 'no name', [qw(jobtype add)], { err => qr/\Ahelios: something is missing: helios jobtype add NAME\n\z/, exit => EX_USAGE });

my @info = (
    [[qw(jobtype info A::Two)], $info],
    [[qw(jobtype info --jobtypeid), $id], $info],
    [[qw(helios_jobtype_info A::Two)], $info],
    [[qw(helios_jobtype_info --name A::Two)], $info],
    [[qw(helios_jobtype_info --jobtypeid), $id], $info],
    [[qw(helios_jobtype_info --jobtypeid 999999 --name=A::Two)], $info],
    [['helios_jobtype_info', $id], ''],
    [[qw(helios_jobtype_info A::Nine)], ''],
    [[qw(helios_jobtype_info --jobtypeid=999999)], ''],
);
says($t, "info @{ $_->[0] }", $_->[0], { out => $_->[1] }) for @info;
says($t, 'info of an unknown one', [qw(jobtype info A::Nine)], { err => "helios: there is no such jobtype\n", exit => EX_NOINPUT });
says($t, 'info of nothing', [qw(helios_jobtype_info)], { err => qr/: Either a jobtype name \(--name\) or jobtypeid \(--jobtypeid\) is required\.\n\z/, exit => 1 });

# ---- remove ----
says($t, 'remove', [qw(jobtype remove A::Two)], { out => "Jobtype: A::Two Jobtypeid: $id removed.\n" });
is($t->count('funcmap', "funcname='A::Two'"), 0, 'it is gone');
says($t, 'remove again', [qw(jobtype remove A::Two)], { err => "helios: there is no such jobtype\n", exit => EX_NOINPUT });
my $one = $t->one("SELECT funcid FROM funcmap WHERE funcname='A::One'");
my @uses = (
    # table, columns, values, what the message says
    ['job', 'funcid, arg, insert_time, run_after, grabbed_until', [$one, 'x', 1, 1, 0], '1 jobs'],
    ['helios_job_history_tb', 'jobid, funcid, run_after, grabbed_until, complete_time, exitstatus', [7, $one, 1, 1, 1, 0], '1 rows of the history'],
    ['error', 'jobid, funcid, error_time, message', [7, $one, 1, 'x'], '1 errors'],
    ['exitstatus', 'jobid, funcid, status, completion_time, delete_after', [7, $one, 0, 1, 1], '1 exit statuses'],
    ['helios_worker_registry_tb', 'worker_class, host, process_id, register_time, start_time', ['A::One', 'far', 7, 1, 1], '1 registered daemons'],
);
for (@uses) {
    my ($table, $columns, $values, $text) = @$_;
    $t->sql("INSERT INTO $table ($columns) VALUES (" . join(',', map { '?' } @$values) . ')', @$values);
    says($t, "remove with $text", [qw(jobtype remove A::One)], { err => "helios: A::One is not removed: it has $text\n", exit => EX_DATAERR });
    $t->sql("DELETE FROM $table");
}
$t->sql('INSERT INTO job (funcid, arg, insert_time, run_after, grabbed_until) VALUES (?,?,1,1,0)', $one, 'x') for 1 .. 3;
$t->sql('INSERT INTO error (jobid, funcid, error_time, message) VALUES (7,?,1,?)', $one, 'x') for 1 .. 2;
says($t, 'remove with jobs and errors', [qw(jobtype remove A::One --json)], { err => "helios: A::One is not removed: it has 3 jobs, 2 errors\n", exit => EX_DATAERR });
is($t->count('funcmap', "funcname='A::One'"), 1, 'it is still there');
$t->sql("DELETE FROM $_") for qw(job error);
says($t, 'remove as JSON', [qw(jobtype remove A::One --json)], { out => qq({"jobtypeid":$one,"name":"A::One"}\n) });
says($t, 'remove without a name', [qw(jobtype remove)], { err => qr/\Ahelios: something is missing: helios jobtype remove NAME\n\z/, exit => EX_USAGE });

$t->finish;
