# SPDX-License-Identifier: MIT
# Help, version, suggestions, wrong command lines; and that the manual knows what the table knows.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new(schema => 0);

says($t, 'version', ['--version'], { out => qr/\Ahelios \d+\.\d+\.\d+\n\z/ });
my $help = $t->command_ok('--help');
my @commands = $help =~ /^  ((?:[a-z]+ )?[a-z-]+)  /mg;
cmp_ok(scalar @commands, '>=', 15, 'help lists the commands');
says($t, 'nothing', [], { err => $help, exit => EX_USAGE });
is(join('', grep { length > 80 } $help =~ /(.*\n)/g), '', 'the list fits a terminal');
my $family = says($t, 'a family', ['job'], { err => qr/job info.*job status/s, exit => EX_USAGE });
unlike($family->{stderr}, qr/jobtype/, 'and no other family');

my @wrong = (
    # words, what standard error has
    [['sumbit', 'T'],       qr/'sumbit T' is not a command; did you mean 'helios submit'\?/],
    [['schema', 'inti'],    qr/'schema inti' is not a command; did you mean 'helios schema init'\?/],
    [['job', 'states', 1],  qr/'job states' is not a command; did you mean 'helios job status'\?/],
    [['frobnicate'],        qr/'frobnicate' is not a command; 'helios --help' lists them/],
    [['--wat'],             qr/'--wat' is not an option of helios; see 'helios --help'/],
    [['submit', '--wat'],   qr/'--wat' is not an option of 'helios submit'/],
    [['submit', '--lines=1', 'T'], qr/--lines takes no value/],
    [['submit', 'T', '--priority'], qr/--priority needs a value: --priority N/],
    [['job', 'status', 1, 2], qr/'2' is one word too many: helios job status JOBID/],
);
says($t, "wrong: @{ $_->[0] }", $_->[0], { err => qr/\Ahelios: $_->[1]\n\z/, exit => EX_USAGE }) for @wrong;
says($t, 'a very long word', ['x' x 1000], { err => qr/is not a command/, exit => EX_USAGE });

# ---- the manual ----
my $page = slurp("$Helios::Test::SOURCE/docs/man/helios.1");
my $common = qr/^(?:config|help|json|utc|epoch-time)$/;    # described once for all

# What the manual says of one command: its item with the items inside it, or the one line of a
# historical name.
sub entry {
    my ($name) = @_;
    return $1 if $name =~ /^helios_/ && $page =~ /^(\.It Nm [^\n]*\b\Q$name\E\b[^\n]*)$/m;
    return $1 if $page =~ /^(\.It Ic \Q$name\E\b.*?)(?=^\.It Ic |^\.S[hs] )/ms;
    return '';
}

opendir my $dir, "$Helios::Test::BUILD/daemon/ctl" or die $!;
my @links = sort grep { /^helios_/ && -l "$Helios::Test::BUILD/daemon/ctl/$_" } readdir $dir;
is(scalar @links, 13, 'all historical names are there');
for my $name (@commands, @links) {
    my @words = $name =~ /^helios_/ ? $name : split ' ', $name;
    my $run = says($t, "$name --help", [@words, '--help'], { out => qr/\Ausage: helios[^\n]*\n[^\n]+\.\n\noptions:\n/ });
    is(join('', grep { length > 80 } $run->{stdout} =~ /(.*\n)/g), '', "$name --help fits a terminal");
    my $entry = entry($name);
    isnt($entry, '', "the manual has $name");
    for my $option (grep { $_ !~ $common } $run->{stdout} =~ /^  (?:-\w, )?--([a-z-]+)/mg) {
        like($entry, qr/Fl Fl \Q$option\E\b/, "the manual names --$option of $name");
    }
}
like($page, qr/^\.It Fl Fl $_\b/m, "the manual names --$_") for qw(config help json utc epoch-time);

$t->finish;
