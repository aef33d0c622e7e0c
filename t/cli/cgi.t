# SPDX-License-Identifier: MIT
# submitJob.pl: jobs over HTTP (161-163), as a CGI server calls it.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $form = 'application/x-www-form-urlencoded';
my $xml = '<job><params><a>1</a></params></job>';

sub last_id { return $t->one('SELECT MAX(jobid) FROM job') }
sub type_of { return $t->one('SELECT funcname FROM funcmap JOIN job ON job.funcid=funcmap.funcid WHERE jobid=?', $_[0]) }
sub escaped { my ($text) = @_; $text =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge; return $text }

sub request {
    my ($type, $body, %env) = @_;
    my $run = $t->run(["$Helios::Test::BUILD/daemon/cgi/submitJob.pl"], stdin => $body, env => {
        REQUEST_METHOD => 'POST', CONTENT_TYPE => $type, CONTENT_LENGTH => length $body, QUERY_STRING => '', %env });
    is($run->{exit}, 0, 'a CGI program that has answered ends well') or diag $run->{stderr};
    return $run->{stdout};
}
sub taken {
    my ($what, $type, $stored, @request) = @_;
    my $before = last_id() // 0;
    my $out = request(@request);
    my $id = last_id() // 0;
    is($out, "Status: 200 OK\r\nContent-Type: text/xml; charset=ISO-8859-1\r\n\r\n"
        . "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response>\n<status>0</status>\n<jobid>$id</jobid>\n</response>\n", "$what: the answer");
    cmp_ok($id, '>', $before, "$what: a job");
    is(type_of($id), $type, "$what: its type");
    is(stored_text($t, $id), $stored, "$what: its arguments, unchanged");
    return;
}
sub refused {
    my ($what, $reason, @request) = @_;
    my $before = $t->count('job');
    like(request(@request), qr/\AStatus: 500 Internal Server Error\r\nContent-Type: text\/html[^\r]*\r\n\r\n<html>.*$reason/s, "$what: refused");
    is($t->count('job'), $before, "$what: no job");
    return;
}

# ---- forms ----
my $pair = 'type=T&params=' . escaped($xml);
taken('a form', 'T', $xml, $form, $pair);
taken('with a charset', 'T', $xml, "$form; charset=UTF-8", $pair);
taken('fields in the other order, blanks', 'A B', 'a b', $form, 'params=a+b&x=1&type=A+B');
taken('divided by semicolons', 'T', 'x', $form, 'type=T;params=x');
taken('a metajob', 'T', '<metajob><jobs/></metajob>', $form, 'type=T&params=' . escaped('<metajob><jobs/></metajob>'));
taken('arguments are not checked', 'T', '<job', $form, 'type=T&params=%3Cjob');
taken('an odd percent sign', 'T', '%zz%4', $form, 'type=T&params=%zz%4');
taken('the first of two counts', 'T', 'x', $form, 'type=T&type=U&params=x&params=y');
taken('GET', 'T', $xml, '', '', REQUEST_METHOD => 'GET', QUERY_STRING => $pair);
my $parts = sub { my $b = shift; return join('', map { "--$b\r\nContent-Disposition: form-data; $_->[0]\r\n\r\n$_->[1]\r\n" } @_) . "--$b--\r\n" };
my @two = (['name="type"', 'T'], ['name="params"', "$xml\n--no boundary"]);
taken('multipart', 'T', "$xml\n--no boundary", 'multipart/form-data; boundary=xYx', $parts->('xYx', @two));
taken('multipart, quoted', 'T', "$xml\n--no boundary", 'multipart/form-data; boundary="x Y"', "preamble\r\n" . $parts->('x Y', @two));
taken('class map', 'Real::Class', 'x', $form, 'type=alias&params=x') if $t->sql("INSERT INTO helios_class_map (job_type, job_class) VALUES ('alias', 'Real::Class')");
$t->sql("INSERT INTO helios_class_map (job_type, job_class) VALUES ('none', NULL)");
taken('class map with NULL', 'none', 'x', $form, 'type=none&params=x');

# ---- streams ----
my $stream = "<?xml version=\"1.0\"?>\r\n<job type=\"S\"><params><a>1</a></params></job>\n";
taken('a stream', 'S', $stream, 'text/xml', $stream);
taken('a stream without a type of content', 'S', $stream, '', $stream);
taken('type as an element', 'S', '<job><type>S</type><params/></job>', 'text/xml', '<job><type>S</type><params/></job>');

# ---- refused ----
my $logged = sub { scalar $t->log_rows(qr/^submitJob\.pl ERROR: $_[0]/) };
refused('a stream without type', 'type attribute not specified in XML stream', 'text/xml', $xml);
is($logged->('type attribute not specified in XML stream'), 1, 'and logged');
refused('a metajob as a stream', 'type attribute not specified', 'text/xml', '<metajob type="T"><jobs/></metajob>');
my $rows = $t->count('helios_log_tb');
refused('malformed XML', '', 'text/xml', '<job type="T">');
refused('an entity', '', 'text/xml', '<!DOCTYPE job [<!ENTITY x SYSTEM "file:///etc/passwd">]><job type="T">&x;</job>');
is($t->count('helios_log_tb'), $rows, 'XML that cannot be read is not logged');
my $nothing = 'submit request failed to submit job type and/or arguments';
refused('only a type', $nothing, $form, 'type=T');
refused('only arguments', $nothing, $form, 'params=x');
refused('an empty type', $nothing, $form, 'type=&params=x');
refused('a NUL in the type', $nothing, $form, 'type=a%00b&params=x');
refused('nothing', $nothing, $form, '');
refused('a file', $nothing, 'multipart/form-data; boundary=b', $parts->('b', ['name="type"; filename="x"', 'T'], ['name="params"', 'x']));
refused('no boundary', '', 'multipart/form-data', $parts->('b', @two));
refused('a body that is too large', $nothing, $form, 'type=T&params=' . 'x' x 1024000);
refused('less than was announced', $nothing, $form, $pair, CONTENT_LENGTH => 9999);
refused("a length of '$_'", $nothing, $form, $pair, CONTENT_LENGTH => $_) for '', '-1', 'x', '99999999999999999999999', '10 ';
refused('a type that is too long', '', $form, 'type=' . 'x' x 300 . '&params=x');
is($t->job(last_id())->{uniqkey}, undef, 'nothing else is set');
cmp_ok($logged->($nothing), '>=', 8, 'what was not submitted is logged');
refused('a type of a stream that is too long', 'has 256 characters', 'text/xml', '<job type="' . 'x' x 256 . '"><params/></job>');
my $accents = "\xc3\xa9" x 130;
like(request('text/xml', "<job type=\"$accents\"><params/></job>"), qr/\AStatus: 200 OK/, 'a type of 130 characters and 260 bytes');
is($t->one('SELECT HEX(funcname) FROM funcmap JOIN job ON job.funcid=funcmap.funcid WHERE jobid=?', last_id()), 'C3A9' x 130, 'is stored');
taken('the largest', 'T', 'x' x 1023986, $form, 'type=T&params=' . 'x' x 1023986);

# ---- without a database ----
my $out = request($form, $pair, HELIOS_INI => '/nonexistent');
like($out, qr/^Status: 500/, 'without a database: 500');
unlike($out, qr/nonexistent/, 'nothing of the host is told');
is($t->sanitizer_reports, '', 'nothing of the sanitizers');
$t->finish;
