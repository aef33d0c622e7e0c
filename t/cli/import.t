# SPDX-License-Identifier: MIT
# helios config import and helios_config_import (153).
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $file = spew($t->tmp . '/import.ini', <<'END');
[global]
dsn=dbi:x
[GlobalX]
a=1
[S]
MAX_WORKERS=4
empty=
sharp=a;b#c
[S|hostB]
MAX_WORKERS=9
[Other::Svc|hostC|more]
HOLD=1
END
my $counts = "Found 5 parameters for 2 services.\n5 config parameters imported to Helios collective database.\n";

sub rows {
    return join ';', sort map { join '|', @$_{qw(worker_class host param value)} } $t->rows('SELECT * FROM helios_params_tb');
}
my $all = 'Other::Svc|hostC|HOLD|1;S|*|MAX_WORKERS|4;S|*|empty|;S|*|sharp|a;b#c;S|hostB|MAX_WORKERS|9';

for my $form ([['config', 'import', $file], 'helios'], [['helios_config_import', "--file=$file"], 'historical']) {
    $t->sql('DELETE FROM helios_params_tb');
    $t->sql("INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES ('*', 'S', 'MAX_WORKERS', 1), ('*', 'T', 'kept', 1)");
    says($t, "import ($form->[1])", $form->[0], { out => $counts });
    is(rows(), "$all;T|*|kept|1", "what the file has is set, the rest is kept ($form->[1])");
}
my $verbose = says($t, 'verbose', ['helios_config_import', '--file', $file, '--verbose'],
    { out => qr/\AConf file \Q$file\E parsed\.\nFound 5 sections in file\.\nFound 5 parameters for 2 services\.\n/ });
like($verbose->{stdout}, qr/^S\|hostB\|MAX_WORKERS set to 9$/m, 'each parameter is named');

# ---- secrets, and what belongs into the file ----
my $own = spew($t->tmp . '/own.ini', <<'END');
[Sv]
password=geheim5
smtp_password=geheim6
api_key=geheim7
dsn=dbi:SQLite:geheim8
monkey=banana
END
$t->sql('DELETE FROM helios_params_tb');
my $hidden = says($t, 'an import with secrets', ['config', 'import', '-v', $own],
    { out => qr/^Sv\|\*\|monkey set to banana\n3 config parameters imported/m, exit => EX_DATAERR,
        err => join '', map { "helios: $own:$_->[0]: left out: $_->[1] belongs into helios.ini: it is not obeyed in the table\n" } [2, 'password'], [5, 'dsn'] });
unlike($hidden->{stdout} . $hidden->{stderr}, qr/geheim/, 'no secret is printed');
like($hidden->{stdout}, qr/^Sv\|\*\|$_ set to \(hidden\)$/m, "$_ is hidden") for qw(smtp_password api_key);
is(rows(), 'Sv|*|api_key|geheim7;Sv|*|monkey|banana;Sv|*|smtp_password|geheim6', 'they are set, and what belongs into the file is not');
unlike($t->command_ok('config', 'list', 'Sv'), qr/geheim/, 'nor does config list show any');
unlike($t->command_ok('config', 'explain', 'Sv'), qr/geheim/, 'nor config explain');
my $old = says($t, 'the same under the historical name', ['helios_config_import', '--file', $own, '--verbose'], { out => qr/^5 config parameters imported/m });
unlike($old->{stdout}, qr/geheim[567]/, 'it prints no secret either');

spew($own, "[Sv]\nMAX_WORKRS=3\nHOLD=on\ncolour=red\n[Sv|far]\nMAX_WORKERS=lots\n");
says($t, 'an import of what is not obeyed', ['config', 'import', $own], { out => qr/^4 config parameters imported/m, err => join '', map { "helios: $_\n" }
    "$own:2: MAX_WORKRS is no parameter of the daemon; did you mean MAX_WORKERS?",
    "HOLD of Sv: 'on' (row for host *) is not the number 1; it counts as off",
    "MAX_WORKERS of Sv: 'lots' (row for host far) is not a whole number; 1 stays in force" });
says($t, 'the same under the historical name', ['helios_config_import', '--file', $own], { out => qr/^4 config parameters imported/m });

says($t, 'no file', ['helios_config_import'], {});
says($t, 'no file (helios)', ['config', 'import'], { err => qr/\Ahelios: something is missing/, exit => EX_USAGE });

spew($file, "[S]\nbroken\n");
says($t, 'a malformed file (historical)', ['helios_config_import', "--file=$file"], { err => qr/: Errors found parsing file \Q$file\E:\n[^\n]*\Q$file\E:2: /, exit => 1 });
says($t, 'a malformed file', ['config', 'import', $file], { err => qr/\Ahelios: [^\n]*\Q$file\E:2: [^\n]+\n\z/, exit => EX_CONFIG });
says($t, 'a file that is not there', ['config', 'import', '/nonexistent'], { err => qr{\Ahelios: [^\n]*/nonexistent}, exit => EX_CONFIG });

$t->finish;
