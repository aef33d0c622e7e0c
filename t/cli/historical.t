# SPDX-License-Identifier: MIT
# helios_job_submit and helios_job_submit.pl (154-156).
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new;
my $xml = '<job><params><a>1</a></params></job>';
sub last_id { return $t->one('SELECT MAX(jobid) FROM job') }

for my $name ('helios_job_submit', 'helios_job_submit.pl') {
    says($t, "$name is silent", [$name, 'T', $xml]);
    is(stored_text($t, last_id()), $xml, 'the text is stored in a list');
    for my $verbose ('--verbose', '--VERBOSE', '-v') {
        my $run = says($t, "$name $verbose", [$name, $verbose, 'T', $xml], { out => qr/\AJobid: \d+\n\z/ });
        is($run->{stdout}, 'Jobid: ' . last_id() . "\n", 'the id of the job');
    }
    says($t, "$name with HELIOS_DEBUG", [$name, '-v', 'T', $xml], { env => { HELIOS_DEBUG => 1 }, out => qr/\AJob submit successful\.  JOBID: \d+\n\z/ });
    says($t, "$name reads standard input", [$name, 'T'], { stdin => "<job><params>\n<a>1\n</a></params></job>\n" });
    is(stored_text($t, last_id()), $xml, 'newlines are removed');
    my $before = $t->count('job');
    says($t, "$name with bad XML", [$name, 'T', '<job><params>'], { err => qr/\AInvalid job arguments: <job><params> \([^\n]+\)\n\z/, exit => 1 });
    is($t->count('job'), $before, 'no row');
    for my $bad ('{"args":{"a":1}}', 'text', '', '<a/><b/>') {
        says($t, "$name with '$bad'", [$name, 'T', $bad], { err => qr/\AInvalid job arguments: \Q$bad\E \([^\n]+\)\n\z/, exit => 1 });
    }
    is($t->count('job'), $before, 'no row: what is no XML');
    for my $odd ('<params>text</params>', '<job>text</job>', '<job><params/><params/></job>', '<metajob>x</metajob>', '<other/>') {
        says($t, "$name with $odd", [$name, 'T', $odd]);
        is(stored_text($t, last_id()), $odd, 'XML of any structure is taken');
    }
    $before = $t->count('job');
    says($t, "$name $_ bad XML", [$name, $_, 'T', '<job><params>']) for '--no-validate', '-n', '-N';
    is($t->count('job'), $before + 3, 'unchecked text makes a row');
    says($t, "$name: an unknown option is the jobtype", [$name, '--wat', $xml]);
    is($t->count('funcmap', "funcname='--wat'"), 1, 'as in the original');
    says($t, "$name @$_", [$name, @$_], { out => qr/\Ausage: helios_job_submit / }) for [], ['--help'], ['-h'];
    says($t, "$name without a database", [$name, 'T', $xml], { env => { HELIOS_INI => '/nonexistent' }, err => qr{/\Q$name\E: [^\n]*/nonexistent[^\n]*\n\z}, exit => 1 });
}

$t->finish;
