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

# ---- what is missing of tables at the current version ----
sub missing {
    my ($name, $finding, $cure) = @_;
    says($t, "status: $name", ['schema', 'status'], { out => qr/\Aschema is at version $version of $version, but $finding: $cure\n\z/, exit => EX_CONFIG });
    says($t, "status as JSON: $name", ['schema', 'status', '--json'], { out => qr/"state":"incomplete","missing":"$finding"\}\n\z/, exit => EX_CONFIG });
    return;
}
$t->sql('DROP TABLE helios_params_tb');
$t->sql($t->sqlite ? 'DROP INDEX helios_log_time' : 'DROP INDEX log_time ON helios_log_tb');
my $lacks = qr/there is no table helios_params_tb; helios_log_tb has no index on \(log_time\)/;
missing('a table and an index', $lacks, 'run helios schema upgrade');
says($t, 'a command names the way', ['config', 'list'], { err => qr/\Ahelios: [^\n]*helios_params_tb[^\n]*; run helios schema init, or helios schema upgrade\n\z/, exit => EX_CONFIG });
says($t, 'check says the same', ['schema', 'check'], { out => qr/\Afault\tschema\tthere is no table helios_params_tb\trun helios schema upgrade\nfault\tschema\thelios_log_tb has no index on \(log_time\)\trun helios schema upgrade\n\z/, exit => 1 });
says($t, 'they are added', ['schema', 'upgrade'],
    { out => "helios schema upgrade: adding the table helios_params_tb ... done\nhelios schema upgrade: adding the index helios_log_tb (log_time) ... done\nschema is at version $version\n" });
says($t, 'then all is there', ['schema', 'status'], { out => "schema is at version $version of $version: it is up to date\n" });
says($t, 'and the table is of use', ['config', 'list'], { out => '' });
$t->sql('DROP TABLE helios_job_history_tb');
says($t, 'init adds them too, with their indexes', ['schema', 'init'],
    { out => qr/\Ahelios schema init: adding the table helios_job_history_tb \.\.\. done\n(?:helios schema init: adding the index helios_job_history_tb \((?:jobid|complete_time)\) \.\.\. done\n)+schema is at version $version\n\z/ });
says($t, 'check finds nothing', ['schema', 'check'], { out => "ok\tschema\tthe tables are as they should be\t\n" });

# ---- a queue that was not restored ----
$t->sql('INSERT INTO helios_job_history_tb (jobid, funcid, run_after, grabbed_until, complete_time) VALUES (9, 1, 1, 0, 2)');
$t->sql('ALTER TABLE job RENAME TO job_away');
my $torn = qr/helios_job_history_tb has rows that refer to job, which is missing: it seems that only a part of the tables was restored/;
my $restore = qr/restore job from the same backup, or empty helios_job_history_tb to begin anew; then run helios schema upgrade/;
missing('a queue', qr/there is no table job; $torn/, $restore);
says($t, "$_: is not made up", ['schema', $_], { err => qr/\Ahelios: [^\n]*$torn: $restore\n\z/, exit => EX_CONFIG }) for qw(init upgrade);
$t->sql('ALTER TABLE job_away RENAME TO job');
says($t, 'restored', ['schema', 'upgrade'], { out => "schema is at version $version\n" });
is($t->count('job'), 1, 'the job is there');

# ---- a column ----
$t->sql('DROP TABLE helios_params_tb');
$t->sql('CREATE TABLE helios_params_tb (host VARCHAR(64), param VARCHAR(64), value VARCHAR(128))');
my $column = qr/helios_params_tb has no column worker_class/;
my $add = qr/helios schema upgrade adds no columns: restore the table, or add worker_class VARCHAR\(64\)/;
missing('a column', $column, $add);
says($t, 'upgrade adds none', ['schema', 'upgrade'], { err => qr/\Ahelios: [^\n]*$column: $add\n\z/, exit => EX_CONFIG });
$t->sql('ALTER TABLE helios_params_tb ADD COLUMN worker_class VARCHAR(64)');
says($t, 'added', ['schema', 'status'], { out => qr/it is up to date\n\z/ });

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
    { out => qr/\Ahelios schema upgrade: adding to the tables of Perl TheSchwartz that are there\n(?:helios schema upgrade: step [^\n]+ done\n)+(?:helios schema upgrade: adding the index \w+ \([\w,]+\) \.\.\. done\n)*schema is at version $version\n\z/ });
says($stock, 'then they have all that is needed', ['schema', 'status'], { out => "schema is at version $version of $version: it is up to date\n" });
is($stock->one('SELECT COUNT(*) FROM job WHERE jobid=?', $old), 1, 'the job that was there is there');

is($t->sanitizer_reports, '', 'the sanitizers reported nothing in the first collective');
$stock->finish;
