# SPDX-License-Identifier: MIT
# What bad configuration and a missing database get: one sentence, a fitting exit code, no password.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $secret = 'Tr0ub4dor-&-3';

# One sentence on standard error, from a command that reads and from one that writes.
sub fails {
    my ($what, $err, $exit, %option) = @_;
    for my $words (['submit', 'T', 'a=1'], ['job', 'info', 1], ['config', 'get', 'S', 'P'], ['service', 'status']) {
        my $run = says($t, "$what: @$words", $words, { err => $err, exit => $exit, %option });
        like($run->{stderr}, qr/\Ahelios: [^\n]+\n\z/, "$what: one sentence");
        unlike($run->{stderr}, qr/\Q$secret\E/, "$what: no password");
    }
}

fails('an ini that is not there', qr{/nonexistent/helios\.ini}, EX_CONFIG, env => { HELIOS_INI => '/nonexistent/helios.ini' });
fails('no ini at all', qr{helios\.ini}, EX_CONFIG, env => { HELIOS_INI => undef }, cwd => '/');
fails('an empty HELIOS_INI', qr{HELIOS_INI}, EX_CONFIG, env => { HELIOS_INI => '' });

my $bad = "$t->{tmp}/bad.ini";
spew($bad, "[global]\ndsn=dbi:SQLite:dbname=x\nthis is wrong\n");
fails('a malformed ini', qr{\Q$bad\E:3: }, EX_CONFIG, env => { HELIOS_INI => $bad });
if ($> != 0) {
    chmod 0, $bad;
    fails('an ini that may not be read', qr{\Q$bad\E}, EX_CONFIG, env => { HELIOS_INI => $bad });
    chmod 0600, $bad;
}
my @dsn = (
    ['no dsn',             undef,                         qr/dsn/,      EX_CONFIG],
    ['an unknown driver',  'dbi:Oracle:SID',              qr/Oracle/,   EX_CONFIG],
    ['no dsn of DBI',      'mysql://host/db',             qr/dsn|dbi/i, EX_CONFIG],
    ['mysql without database', 'dbi:mysql:host=localhost', qr/database/, EX_CONFIG],
    ['a folder that is not there', 'dbi:SQLite:dbname=/nonexistent/c.db', qr{/nonexistent}, EX_CONFIG],
    ['a server that is not there', 'dbi:mysql:database=x;mysql_socket=/nonexistent/s', qr{/nonexistent/s}, EX_UNAVAILABLE],
);
for (@dsn) {
    my ($what, $dsn, $err, $exit) = @$_;
    spew($bad, "[global]\n" . (defined $dsn ? "dsn=$dsn\n" : '') . "user=root\npassword=$secret\n");
    fails($what, $err, $exit, env => { HELIOS_INI => $bad });
}

# ---- a password that is wrong ----
if (!$t->sqlite) {
    spew($bad, "[global]\ndsn=$t->{dsn}\nuser=nobody_knows\npassword=$secret\n");
    fails('a wrong password', qr/nobody_knows/, EX_NOPERM, env => { HELIOS_INI => $bad });
}

# ---- a database without tables ----
my $empty = Helios::Test->new(schema => 0);
if ($empty->sqlite) {
    $empty->dbh->do('PRAGMA user_version = 0');
    spew("$empty->{tmp}/collective.db", '');
}
fails('no tables', qr/helios schema init/, EX_CONFIG, env => { HELIOS_INI => $empty->ini });
if ($empty->sqlite) {
    unlink "$empty->{tmp}/collective.db";
    fails('no file', qr/\Q$empty->{tmp}\E\/collective\.db/, EX_CONFIG, env => { HELIOS_INI => $empty->ini });
    ok(!-e "$empty->{tmp}/collective.db", 'looking at a collective does not make its file');
}

# ---- a configuration that is given on the command line ----
says($t, '--config wins over HELIOS_INI', ['service', 'status', '--config', $t->ini], { env => { HELIOS_INI => '/nonexistent' } });
says($t, '--config before the command', ['--config', $t->ini, 'service', 'status'], { env => { HELIOS_INI => '/nonexistent' } });
says($t, './helios.ini is the last resort', ['service', 'status'], { env => { HELIOS_INI => undef }, cwd => $t->tmp });

# ---- standard output that cannot take it ----
for my $case (['closed', '>&-'], ['full', '>/dev/full']) {
    my ($what, $redirect) = @$case;
    my $run = $t->run(['sh', '-c', "exec \"\$@\" $redirect", 'sh', $t->program('helios'), 'config', 'explain', 'My::Service']);
    is($run->{exit}, EX_IOERR, "$what standard output is a failure");
    like($run->{stderr}, qr/\Ahelios: cannot write to standard output: [^\n]+\n\z/, "and said ($what)");
}

# The connection must not get the number of a closed descriptor: what is printed would go to the
# database.
my $closed = $t->run(['sh', '-c', 'exec "$@" >&-', 'sh', $t->program('helios'), qw(submit --lines --verbose Closed)],
    stdin => "<job><params><a>1</a></params></job>\n" x 1200);
is($closed->{exit}, EX_IOERR, 'many lines for a closed standard output are a failure');
is($t->count('job'), 1200, 'and all jobs are in the queue');

is($empty->sanitizer_reports, '', 'the sanitizers reported nothing in the empty collective');
$t->finish;
