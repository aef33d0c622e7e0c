# SPDX-License-Identifier: MIT
# helios submit: one job.
use strict;
use warnings;
use POSIX qw(mktime);
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $xml = '<job><params><a>1</a></params></job>';

sub last_id { return $t->one('SELECT MAX(jobid) FROM job') }

# ---- what is stored ----
my @stored = (
    # name, words after the jobtype, standard input, text in the column
    ['XML word',              [$xml], '', $xml],
    ['JSON word',             ['{"args":{"a":1}}'], '', '{"args":{"a":1}}'],
    ['pairs become XML',      ['a=1', 'b=x y', 'c='], '', '<job><params><a>1</a><b>x y</b><c></c></params></job>'],
    ['a pair is escaped',     ['a=<&>'], '', '<job><params><a>&lt;&amp;&gt;</a></params></job>'],
    ['a value with =',        ['a=b=c'], '', '<job><params><a>b=c</a></params></job>'],
    ['standard input',        [], $xml, $xml],
    ['input of several lines', [], "<job>\n<params><a>1</a></params>\n</job>\n", "<job>\n<params><a>1</a></params>\n</job>\n"],
    ['UTF-8',                 ["<job><params><a>\xc3\xa4</a></params></job>"], '', "<job><params><a>\xc3\xa4</a></params></job>"],
    ['unchecked text',        ['--no-validate', 'plain text'], '', 'plain text'],
);
for my $row (@stored) {
    my ($name, $words, $stdin, $text) = @$row;
    says($t, "submit: $name", ['submit', 'T', @$words], { stdin => $stdin });
    is(stored_text($t, last_id()), $text, "$name is stored");
}

# ---- columns ----
says($t, 'verbose tells of a new jobtype', ['submit', '--verbose', 'Brand::New', $xml], { out => qr/\AJobid: \d+\n\z/, err => "helios: jobtype Brand::New was not there: it is created\n" });
says($t, 'and not of one that is there', ['submit', '--verbose', 'Brand::New', $xml], { out => qr/\AJobid: \d+\n\z/ });
says($t, 'verbose prints the id', ['submit', '--verbose', 'T', $xml], { out => qr/\AJobid: \d+\n\z/ });
my $now = time;
my $plain = $t->job(last_id());
is($plain->{$_}, undef, "$_ is NULL unless given") for qw(priority uniqkey coalesce);
is($plain->{grabbed_until}, 0, 'a new job is free');
cmp_ok(abs($plain->{run_after} - $now), '<=', 5, 'a new job is due now');
is($t->one('SELECT funcname FROM funcmap WHERE funcid=?', $plain->{funcid}), 'T', 'the jobtype is created');

says($t, 'every column', ['submit', '--priority', 7, '--uniqkey', 'k', '--coalesce=c', '--run-after', 2000000000, 'T', $xml]);
my $full = $t->job(last_id());
is_deeply([@$full{qw(priority uniqkey coalesce run_after)}], [7, 'k', 'c', 2000000000], 'every column has what was given');

says($t, 'a uniqkey that is taken', ['submit', '--uniqkey', 'k', 'T', $xml], { err => qr/\Ahelios: [^\n]+\n\z/, exit => EX_DATAERR });
is($t->count('job', "uniqkey='k'"), 1, 'one job has the key');

says($t, 'raw bytes', ['submit', '--raw', 'T'], { stdin => "\x00\xff\n" });
is($t->job(last_id())->{arg}, "\x00\xff\n", 'raw bytes are stored as they are');

# ---- times ----
my %seconds = ('+30s' => 30, '+5m' => 300, '+2h' => 7200, '+1d' => 86400, '+0s' => 0);
for my $text (sort keys %seconds) {
    says($t, "run-after $text", ['submit', '--run-after', $text, 'T', $xml]);
    cmp_ok(abs($t->job(last_id())->{run_after} - time - $seconds{$text}), '<=', 5, "$text is so far from now");
}
says($t, 'run-after local time', ['submit', '--run-after', '2031-03-07 17:12:08', 'T', $xml], { env => { TZ => 'Europe/Berlin' } });
is($t->job(last_id())->{run_after}, 1930666328, 'local time is of this time zone');

for my $bad ('', 'soon', '+5', '+5x', '-5', '+m', '2031-02-30 00:00:00', '2031-03-07', '2031-03-07 17:12:08x', '99999999999', '+99999999d') {
    says($t, "run-after '$bad' is refused", ['submit', "--run-after=$bad", 'T', $xml], { err => qr/\Ahelios: --run-after '\Q$bad\E' is not a time/, exit => EX_DATAERR });
}
for my $bad (-1, 65536) {
    says($t, "priority $bad is refused", ['submit', '--priority', $bad, 'T', $xml], { err => "helios: --priority $bad is not between 0 and 65535\n", exit => EX_DATAERR });
}
says($t, 'priority x is refused', ['submit', '--priority', 'x', 'T', $xml], { err => "helios: --priority N: 'x' is not a whole number\n", exit => EX_USAGE });

# ---- arguments that are refused ----
my $before = $t->count('job');
my @refused = (
    ['broken XML',       ['<job><params>'], ''],
    ['broken JSON',      ['{"a":'], ''],
    ['no pair',          ['hello'], ''],
    ['a pair without name', ['=x'], ''],
    ['a name that is no XML name', ['a b=x'], ''],
    ['XML and more',     [$xml, 'more'], ''],
    ['text on input',    [], 'hello'],
    ['nothing on input', [], ''],
);
for my $row (@refused) {
    my ($name, $words, $stdin) = @$row;
    says($t, "refused: $name", ['submit', 'T', @$words], { stdin => $stdin, err => qr/\Ahelios: [^\n]+\n\z/, exit => EX_DATAERR });
}
says($t, 'an empty jobtype', ['submit', '', $xml], { err => qr/\Ahelios: [^\n]*jobtype is missing\n\z/, exit => EX_DATAERR });
says($t, 'a long jobtype', ['submit', 'x' x 256, $xml], { err => qr/\Ahelios: [^\n]*jobtype has 256 characters, at most 255 [^\n]*\n\z/, exit => EX_DATAERR });
says($t, 'no jobtype', ['submit'], { err => "helios: something is missing: helios submit JOBTYPE [ARGS...]\n", exit => EX_USAGE });
says($t, 'a uniqkey that is no text', ['submit', '--uniqkey', "\xff", 'T', $xml], { err => qr/\Ahelios: [^\n]*uniqkey is not UTF-8\n\z/, exit => EX_DATAERR });
is($t->count('job'), $before, 'nothing of that is in the queue');
says($t, 'a uniqkey of 130 characters and 260 bytes', ['submit', '--uniqkey', "\xc3\xa9" x 130, 'T', $xml]);
is($t->one('SELECT HEX(uniqkey) FROM job WHERE jobid=(SELECT MAX(jobid) FROM job)'), 'C3A9' x 130, 'is stored');

$t->finish;
