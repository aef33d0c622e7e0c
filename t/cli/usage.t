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
says($t, 'help', ['help'], { out => $help });
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
    [['submit', '--wat'],   qr/'--wat' is not an option of 'helios submit'; see 'helios help submit'/],
    [['submit', '-q'],      qr/'-q' is not an option of 'helios submit'; see 'helios help submit'/],
    [[qw(job list --jobtpe X)], qr/'--jobtpe' is not an option of 'helios job list'; did you mean --jobtype\?/],
    [[qw(job list --sate=x)], qr/'--sate=x' is not an option of 'helios job list'; did you mean --state\?/],
    [['quue'],              qr/'quue' is not a command; did you mean 'helios queue'\?/],
    [['pto'],               qr/'pto' is not a command; 'helios --help' lists them/],
    [['submit', '--lines=1', 'T'], qr/--lines takes no value/],
    [['submit', 'T', '--priority'], qr/--priority needs a value: --priority N/],
    [['job', 'status', 1, 2], qr/'2' is one word too many: helios job status JOBID/],
);
says($t, "wrong: @{ $_->[0] }", $_->[0], { err => qr/\Ahelios: $_->[1]\n\z/, exit => EX_USAGE }) for @wrong;
says($t, 'a very long word', ['x' x 1000], { err => qr/is not a command/, exit => EX_USAGE });

my $jobs = $family->{stderr};
says($t, 'a family, asked for', $_, { out => $jobs }) for [qw(job --help)], [qw(help job)];
says($t, 'help for a word that is none', [qw(help jbo list)], { err => qr/\Ahelios: 'jbo list' is not a command; did you mean 'helios job list'\?\n\z/, exit => EX_USAGE });

# ---- the manual ----
my $common = qr/^(?:config|help|json|wide|utc|epoch-time)$/;    # described once for all
my %pages = map { m{([^/]+)\.1\z} ? ($1 => slurp($_)) : () } glob "$Helios::Test::SOURCE/docs/man/*.1";
my $main = $pages{helios};

# What the manual says of one command: its subsection, or the one line of a historical name.
sub entry {
    my ($page, $name) = @_;
    return $1 if $name =~ /^helios_/ && $page =~ /^(\.It Nm [^\n]*\b\Q$name\E\b[^\n]*)$/m;
    return $1 if $page =~ /^(\.Ss helios \Q$name\E\n.*?)(?=^\.S[hs] )/ms;
    return '';
}

# The keys that a page promises for JSON, in order; those of another command where it says so.
sub keys_of {
    my ($page, $name) = @_;
    my ($text) = $page =~ /^\.Ss helios \Q$name\E \\-\\-json\n(.*?)(?=^\.S[hs] )/ms or return 'none';
    return keys_of($page, $1) if $text =~ /^The keys of\n\.Ic ([a-z]+(?: [a-z]+)*)/;
    return join ' ', $text =~ /^\.It Li (\S+)$/mg;
}

opendir my $dir, "$Helios::Test::BUILD/daemon/ctl" or die $!;
my @links = sort grep { /^helios_/ && -l "$Helios::Test::BUILD/daemon/ctl/$_" } readdir $dir;
is(scalar @links, 13, 'all historical names are there');
for my $name (@commands, @links) {
    my @words = $name =~ /^helios_/ ? $name : split ' ', $name;
    my $run = says($t, "$name --help", [@words, '--help'], { out => qr/\Ausage: helios[^\n]*\n[^\n]+\.\n\noptions:\n/ });
    is(join('', grep { length > 80 } $run->{stdout} =~ /(.*\n)/g), '', "$name --help fits a terminal");
    my ($options, $columns) = split /^columns of a list, keys of JSON:\n/m, $run->{stdout};
    my ($manual) = $name =~ /^helios_/ ? 'helios' : $run->{stdout} =~ /^manual: (\S+)\(1\)$/m;
    my $page = $pages{$manual} // '';
    isnt($page, '', "$name has a manual page, $manual");
    my $entry = entry($page, $name);
    isnt($entry, '', "which tells of $name");
    my ($synopsis) = $page =~ /^(\.Nm helios \Q$name\E\n(?:\.(?:Op|Ar) [^\n]*\n)*)/m;
    for my $option (grep { $_ !~ $common } $options =~ /^  (?:-\w, )?--([a-z-]+)/mg) {
        like($entry, qr/^\.It (?:[^\n]*[ ])?Fl Fl \Q$option\E\b|^\.It Nm [^\n]*Fl Fl \Q$option\E\b/m, "it describes --$option of $name");
        like($synopsis, qr/Fl Fl \Q$option\E\b/, "and has it in the synopsis") if $synopsis;
    }
    next if $name =~ /^helios_/;
    says($t, "help $name", ['help', @words], { out => $run->{stdout} });
    my @columns = $columns ? ($columns =~ s/^manual:.*//mr) =~ /(\S+)/g : ();
    is(keys_of($page, $name), @columns ? "@columns" : 'none', "the keys of JSON of $name");
}
like($main, qr/^\.It Fl Fl $_\b/m, "the manual names --$_") for qw(config help json wide utc epoch-time);
like($main, qr/^\.It Xr $_ 1$/m, "the main page refers to $_") for grep { $_ ne 'helios' } sort keys %pages;

$t->finish;
