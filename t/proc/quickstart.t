# SPDX-License-Identifier: MIT
# conf/quickstart.sh on a small folder with odd names: twice, and interrupted.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $release = "$Helios::Test::SOURCE/build/release";
plan skip_all => 'needs the release build' if !-x "$release/daemon/helios_d";
plan skip_all => 'needs sqlite3' if !grep { -x "$_/sqlite3" } split /:/, $ENV{PATH};

my $t = Helios::Test->new(schema => 0);
my $var = $t->tmp . '/var';
my $folder = $t->tmp . '/files';
mkdir $folder;
my @names = ('plain.txt', 'two words', "new\nline", 'quote"back\\slash', "tab\there",
    "caf\xc3\xa9", '<&>', "bell\a", "'");
spew("$folder/$names[$_]", "content of file $_\n") for 0 .. $#names;
spew("$folder/latin-\xe9", 'a name that is not UTF-8');
mkfifo_or_die("$folder/fifo");
symlink '/etc/passwd', "$folder/link";

sub mkfifo_or_die { POSIX::mkfifo($_[0], 0600) or die "mkfifo: $!" }

sub quickstart {
    my ($indexed, %env) = @_;
    return $t->spawn(['sh', "$Helios::Test::SOURCE/conf/quickstart.sh", $indexed],
        env => { HELIOS_VAR => $var, HELIOS_INI => undef, ASAN_OPTIONS => undef, %env });
}

my $database;
for my $round (1, 2) {
    my $run = $t->collect(quickstart($folder), 120);
    is($run->{exit}, 0, "run $round: exit code") or diag $run->{stderr}, $run->{stdout};
    like($run->{stdout}, qr/^9 files completed, 0 failed, in /m, "run $round: what was done");
    like($run->{stdout}, qr/^ *9 .* text\/plain$/m, "run $round: by type");
    like($run->{stdout}, qr/^not submitted.*: 1 files$/m, "run $round: what was skipped");
    like($run->{stdout}, qr/^Try next:\n(?:    \S.*\n){4}/m, "run $round: what to try next");
    $database //= DBI->connect("dbi:SQLite:dbname=$var/helios.db", '', '', { RaiseError => 1 });
    $database->sqlite_busy_timeout(20_000);
    is_deeply([sort map { $_->[0] } @{ $database->selectall_arrayref('SELECT CAST(path AS BLOB) FROM file_index') }],
        [sort map { "$folder/$_" } @names], "run $round: every name came through");
    is_deeply([glob "$var/run/*"], [], "run $round: nothing is left running");
}

# A job that another program left in the queue, and that cannot succeed.
$t->command_ok('submit', '--config', "$var/helios.ini", 'FileIndexer', "file=$folder/missing");
{
    my $run = $t->collect(quickstart($folder), 120);
    is($run->{exit}, 0, 'with a failing job: exit code');
    like($run->{stdout}, qr/^1 jobs of a run before/m, 'what was there before is said');
    like($run->{stdout}, qr/^9 files completed, 1 failed, in /m, 'and what has failed');
    like($run->{stdout}, qr/^failed, and why:\n    job \d+: No such file or directory: \Q$folder\E\/missing$/m, 'and why');
}

# Ctrl-C and TERM at various moments: nothing stays, and the next run works.
spew("$folder/many-$_", "file $_\n" x 50) for 1 .. 400;
my @moments = (
    ['at once', sub { 1 }],
    ['while jobs are submitted or run',
        sub { $database->selectrow_array('SELECT COUNT(*) FROM job') }],
    ['while jobs run', sub { $database->selectrow_array('SELECT COUNT(*) FROM file_index') > 20 }],
);
$database->do('DELETE FROM file_index');
for my $moment (@moments) {
    my ($name, $reached) = @$moment;
    for my $signal (qw(INT TERM)) {
        my $run = quickstart($folder);
        $t->wait_for(sub { $reached->() || $t->ended($run) }, 60, $name);
        kill $signal => $run->{pid} if !exists $run->{exit};
        $t->collect($run, 30);
        is_deeply([$t->users], [], "$signal $name: nothing is left running");
        is($database->selectrow_array('PRAGMA integrity_check'), 'ok',
            "$signal $name: the database is whole");
    }
}

# Ctrl-C in the moment between the fork of helios_d and its process group.
mkdir $t->tmp . '/bin';
spew($t->tmp . '/bin/perl', <<"SH");
#!/bin/sh
case "\$*" in *helios_d*) kill -INT \$PPID; exec sleep 300 ;; esac
exec $^X "\$@"
SH
chmod 0755, $t->tmp . '/bin/perl';
is($t->collect(quickstart($folder, PATH => $t->tmp . "/bin:$ENV{PATH}"), 60)->{exit}, 130, 'INT at the start of helios_d: it ends');
is_deeply([$t->users], [], 'INT at the start of helios_d: nothing is left running');

my $run = $t->collect(quickstart($folder), 120);
is($run->{exit}, 0, 'a run afterwards') or diag $run->{stderr}, $run->{stdout};
is($database->selectrow_array('SELECT COUNT(*) FROM job'), 0, 'the queue is empty');
is($database->selectrow_array('SELECT COUNT(*) FROM file_index'), 409, 'every file is indexed');
$database->disconnect;
$t->finish;
