# SPDX-License-Identifier: MIT
# Every command, whatever is wrong: one sentence, the right code, nothing of the libraries.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my @need = (
    # a right command line for every command that needs the database
    [qw(submit T a=1)], ['queue'], [qw(job list)], [qw(job info 1)], [qw(job status 1)], [qw(job wait 1)],
    [qw(job retry 1)], [qw(job cancel 1)], [qw(job hold 1)], [qw(job requeue 1)], [qw(job retry --all)],
    [qw(service status)], [qw(service list)], [qw(service hold Sv)], [qw(service resume Sv)], [qw(service halt Sv)],
    [qw(service clear-halt Sv)], [qw(config list)], [qw(config get S P)], [qw(config set S P 1)], [qw(config unset S P)],
    [qw(jobtype add T)], [qw(jobtype info T)], [qw(jobtype list)], ['log'], [qw(log clean)], [qw(history clean)],
    [qw(schema status)], [qw(schema check)], [qw(schema upgrade)],
);
my $one = qr/\Ahelios: [^\n]+\n\z/;

# ---- wrong words ----
my @wrong = (
    [[qw(job info x)],              qr/'x' is not the number of a job/, EX_DATAERR],
    [[qw(job info -- -1)],          qr/'-1' is not the number of a job/, EX_DATAERR],
    [[qw(job status 1e3)],          qr/'1e3' is not the number of a job/, EX_DATAERR],
    [[qw(job wait), '9' x 30],      qr/is not the number of a job/, EX_USAGE],
    [[qw(job hold 1 2 three)],      qr/'three' is not the number of a job/, EX_USAGE],
    [[qw(job info 4711)],           qr/job 4711 is not known/, EX_NOINPUT],
    [[qw(job list --since), '2026-02-30 10:00:00'], qr/--since 2026-02-30 10:00:00: a time is /, EX_USAGE],
    [[qw(job list --since 5x)],     qr/--since 5x: a time is /, EX_USAGE],
    [[qw(job list --since), ''],    qr/--since : a time is /, EX_USAGE],
    [[qw(job list --state wating)], qr/--state wating: the states are /, EX_USAGE],
    [[qw(job list --limit many)],   qr/--limit N: 'many' is not a whole number/, EX_USAGE],
    [[qw(job list --limit 99999999)], qr/--limit must be from 1 to 1000000/, EX_USAGE],
    [[qw(job list --jobtype T)],    qr/there is no jobtype 'T'/, EX_NOINPUT],
    [[qw(job list surplus)],        qr/'surplus' is one word too many/, EX_USAGE],
    [[qw(log --level noisy)],       qr/--level noisy: the levels are /, EX_USAGE],
    [[qw(log --jobid 0x10)],        qr/--jobid N: '0x10' is not a whole number/, EX_USAGE],
    [[qw(log --jobid -3)],          qr/--jobid -3 is not the number of a job/, EX_USAGE],
    [[qw(log -n -5)],               qr/--lines must be from 1 /, EX_USAGE],
    [[qw(log clean --days 99999999)], qr/--days 99999999 is too far away/, EX_USAGE],
    [[qw(history clean --days soon)], qr/--days N: 'soon' is not a whole number/, EX_USAGE],
    [[qw(submit T --priority 70000 a=1)], qr/priority/, EX_DATAERR],
    [[qw(submit T --run-after never a=1)], qr/run-after/, EX_DATAERR],
    [[qw(submit), 'T' x 300, 'a=1'], qr/255/, EX_DATAERR],
    [[qw(service hold), 'no name'], qr/'no name' is not the name of a service/, EX_USAGE],
    [[qw(config explain ..)],       qr/'\.\.' is not the name of a service/, EX_USAGE],
    [[qw(config import /nonexistent)], qr{/nonexistent}, EX_CONFIG],
    [[qw(jobtype info)],            qr/jobtype name/, EX_USAGE],
    [[qw(jobtype info T)],          qr/there is no such jobtype/, EX_NOINPUT],
    [[qw(queue --jobtype T)],       qr/there is no jobtype 'T'/, EX_NOINPUT],
    [[qw(completion)],              qr/something is missing: helios completion SHELL/, EX_USAGE],
);
for (@wrong) {
    my ($words, $pattern, $exit) = @$_;
    says($t, "wrong: @$words", $words, { err => qr/\Ahelios: [^\n]*(?:$pattern)[^\n]*\n\z/, exit => $exit });
}

# ---- a closed pipe: whoever reads the beginning has what he wanted ----
$t->submit_as('Few', {}, { n => 1 });
$t->submit_as('Many', {}, map { { n => $_ } } 1 .. 3000);
for my $words (['job', 'list', '--limit', 4000], ['job', 'list', '--limit', 4000, '--json'], ['--help'], ['doctor']) {
    my $run = $t->run(['sh', '-c', join ' ', $t->program('helios'), @$words, '| head -n 1']);
    is("$run->{exit}: $run->{stderr}", '0: ', "@$words | head");
    like($run->{stdout}, qr/\A[^\n]+\n\z/, "@$words | head: the first line");
}
my $full = $t->run(['sh', '-c', join ' ', $t->program('helios'), 'job list --limit 4000 >/dev/full']);
is($full->{exit}, EX_IOERR, 'a full disk: exit code');
like($full->{stderr}, qr/\Ahelios: cannot write to standard output: No space left on device\n\z/, 'a full disk');

# ---- a terminal of 20 columns, and one of a single one ----
SKIP: for my $columns (20, 1) {
    for my $words (['queue'], [qw(job list --state delayed)], [qw(job list --jobtype Few)], [qw(service list)], [qw(config list)], [qw(jobtype list)], ['doctor'], [qw(schema check)]) {
        my $run = on_terminal($t, $columns, $words, '', NO_COLOR => 1);
        is(join('', grep { length > $columns } split /\r?\n/, $run->{screen}), '', "@$words fits $columns columns");
    }
}

# ---- a database that cannot be reached ----
$t->write_ini(global => { dsn => $t->sqlite ? 'dbi:SQLite:dbname=/nonexistent/c.db' : 'dbi:mysql:database=x;mysql_socket=/nonexistent/s' });
says($t, "no database: @$_", $_, { err => qr{\Ahelios: [^\n]*/nonexistent[^\n]*\n\z}, exit => $t->sqlite ? EX_CONFIG : EX_UNAVAILABLE }) for @need;
says($t, 'no configuration', ['queue', '--config', '/nonexistent.ini'], { err => qr{\Ahelios: [^\n]*/nonexistent\.ini[^\n]*\n\z}, exit => EX_CONFIG });

# ---- a database without tables ----
my $empty = Helios::Test->new(schema => 0);
my %may = map { ("@$_" => 1) } [qw(schema status)], [qw(schema check)];
for my $words (@need) {
    my $run = $empty->command(@$words);
    next if $may{"@$words"};
    is($run->{exit}, EX_CONFIG, "no tables: @$words: exit code") or diag($run->{stderr});
    like($run->{stderr}, qr/\Ahelios: [^\n]*helios schema init[^\n]*\n\z/, "no tables: @$words: what to do");
}
is($empty->sanitizer_reports, '', 'the sanitizers reported nothing there');

$t->finish;
