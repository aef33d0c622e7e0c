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

$t->finish;
