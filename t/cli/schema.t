# SPDX-License-Identifier: MIT
# helios schema init | upgrade | status.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new(schema => 0);

says($t, 'submitting without a schema', ['submit', 'T', 'a=1'], { err => qr/\Ahelios: [^\n]*helios schema init[^\n]*\n\z/, exit => EX_CONFIG })
    if !$t->sqlite;
says($t, 'upgrading nothing', ['schema', 'upgrade'], { err => qr/\Ahelios: [^\n]*helios schema init[^\n]*\n\z/, exit => EX_CONFIG })
    if !$t->sqlite;

umask 0;
mkdir "$t->{tmp}/folder" or die $!;
chmod 0770, "$t->{tmp}/folder" or die $!;
if ($t->sqlite) {
    $t->{dsn} = "dbi:SQLite:dbname=$t->{tmp}/folder/collective.db";
    $t->write_ini;
}
umask 0077;

my $created = $t->sqlite ? qr{helios schema init: created \S+/folder/collective\.db with mode 0660, as its folder allows\n} : qr//;
my $done = says($t, 'init', ['schema', 'init'],
    { out => qr/\A$created(?:helios schema init: step \d+ \([^)]+\) \.\.\. done\n)+schema is at version \d+\n\z/ });
my ($version) = $done->{stdout} =~ /version (\d+)/;
if ($t->sqlite) {
    my $mode = (stat "$t->{tmp}/folder/collective.db")[2] & 07777;
    is(sprintf('%04o', $mode), '0660', "the file has its folder's permission, whatever the umask");
}
says($t, 'init again', ['schema', 'init'], { out => "schema is at version $version\n" });
says($t, 'upgrade has nothing to do', ['schema', 'upgrade'], { out => "schema is at version $version\n" });
says($t, 'status', ['schema', 'status'], { out => "schema is at version $version of $version: it is up to date\n" });
$t->command_ok('submit', 'T', 'a=1');
is($t->count('job'), 1, 'a job can be submitted');

# ---- over stock tables with rows in them ----
my $stock = Helios::Test->new(schema => 0);
$stock->{dbh} = undef;
my $id = $stock->sqlite ? 'INTEGER PRIMARY KEY AUTOINCREMENT' : 'INT UNSIGNED PRIMARY KEY NOT NULL AUTO_INCREMENT';
my $jobid = $stock->sqlite ? $id : 'BIGINT UNSIGNED PRIMARY KEY NOT NULL AUTO_INCREMENT';
my $blob = $stock->sqlite ? 'BLOB' : 'MEDIUMBLOB';
$stock->sql($_) for
    "CREATE TABLE funcmap (funcid $id, funcname VARCHAR(255) NOT NULL, UNIQUE(funcname))",
    "CREATE TABLE job (jobid $jobid, funcid INTEGER UNSIGNED NOT NULL, arg $blob, uniqkey VARCHAR(255) NULL,"
    . ' insert_time INTEGER UNSIGNED, run_after INTEGER UNSIGNED NOT NULL, grabbed_until INTEGER UNSIGNED NOT NULL,'
    . ' priority SMALLINT UNSIGNED, coalesce VARCHAR(255), UNIQUE(funcid, uniqkey))',
    'CREATE TABLE error (error_time INTEGER UNSIGNED NOT NULL, jobid BIGINT UNSIGNED NOT NULL,'
    . ' message VARCHAR(255) NOT NULL, funcid INT UNSIGNED NOT NULL DEFAULT 0)',
    'CREATE TABLE exitstatus (jobid BIGINT UNSIGNED PRIMARY KEY NOT NULL, funcid INT UNSIGNED NOT NULL DEFAULT 0,'
    . ' status SMALLINT UNSIGNED, completion_time INTEGER UNSIGNED, delete_after INTEGER UNSIGNED)';
my ($old) = $stock->submit({ a => 1 });
says($stock, 'status of stock tables', ['schema', 'status'], { out => qr/helios schema upgrade\n\z/, exit => EX_CONFIG });
says($stock, 'upgrade over stock tables', ['schema', 'upgrade'],
    { out => qr/\Ahelios schema upgrade: adding to the tables of Perl TheSchwartz that are there\n(?:helios schema upgrade: step [^\n]+ done\n)+schema is at version $version\n\z/ });
is($stock->one('SELECT COUNT(*) FROM job WHERE jobid=?', $old), 1, 'the job that was there is there');

is($t->sanitizer_reports, '', 'the sanitizers reported nothing in the first collective');
$stock->finish;
