# SPDX-License-Identifier: MIT
# Completions of bash, zsh and fish, by those shells; writing them into a folder.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new(schema => 0);
my %file = (bash => 'helios', zsh => '_helios', fish => 'helios.fish');
my $folder = "$t->{tmp}/completions";
mkdir $folder or die "mkdir: $!";
for my $shell (sort keys %file) {
    my $script = says($t, "completion $shell", ['completion', $shell], { out => qr/helios/ })->{stdout};
    like($script, qr/clear-halt/, "$shell knows the commands");
    says($t, "completion $shell into a folder", ['completion', $shell, $folder], { out => "$folder/$file{$shell}\n" });
    is(slurp("$folder/$file{$shell}"), $script, "the file of $shell is what is printed");
}
says($t, 'another shell', [qw(completion csh)], { err => "helios: 'csh' is not a shell that is known: bash, zsh or fish\n", exit => EX_USAGE });
says($t, 'a folder that may not be written', [qw(completion bash /proc)],
    { err => qr{\Ahelios: cannot write /proc/helios: [^\n]+; name a folder that you may write\n\z}, exit => 73 });
says($t, 'a folder that is none', [qw(completion zsh /nonexistent)],
    { err => "helios: cannot write /nonexistent/_helios: No such file or directory; name a folder that you may write\n", exit => 73 });

my @complete = (
    # words so far, what there is to choose
    ['helios sch',              'schema'],
    ['helios config un',        'unset'],
    ['helios queue --wa',        '--watch'],
    ['helios job list --wi',    '--wide'],
    ['helios job retry --dry',  '--dry-run'],
    ['helios service hold --y', '--yes'],
);
my $path = $ENV{PATH};
sub have { my ($shell) = @_; return grep { -x "$_/$shell" } split /:/, $path }

for (@complete) {
    my ($line, $expect) = @$_;
    my $run = $t->run(['bash', '-c', "source $folder/helios; COMP_WORDS=($line); COMP_CWORD=\$((\${#COMP_WORDS[@]} - 1)); _helios; echo \"\${COMPREPLY[*]}\""]);
    is($run->{stdout}, "$expect\n", "bash completes '$line'");
}

SKIP: {
    skip('no fish', 2 + @complete) if !have('fish');
    my %home = (env => { HOME => $t->{tmp}, XDG_CONFIG_HOME => $t->{tmp}, XDG_DATA_HOME => $t->{tmp} });
    is($t->run(['fish', '-n', "$folder/helios.fish"], %home)->{stderr}, '', 'fish can read its file');
    my $commands = $t->run(['fish', '-N', '-c', "source $folder/helios.fish; complete -C 'helios '"], %home)->{stdout};
    like($commands, qr/^queue\t\QShow how many jobs\E/m, 'fish knows what commands do');
    for (@complete) {
        my ($line, $expect) = @$_;
        my $run = $t->run(['fish', '-N', '-c', "source $folder/helios.fish; complete -C '$line'"], %home);
        like($run->{stdout}, qr/^\Q$expect\E(?:\t|$)/m, "fish completes '$line'");
    }
}

# zsh completes in its line editor only: compadd stands in for it.
SKIP: {
    skip('no zsh', 1 + @complete) if !have('zsh');
    is($t->run(['zsh', '-f', '-n', "$folder/_helios"])->{stderr}, '', 'zsh can read its file');
    for (@complete) {
        my ($line, $expect) = @$_;
        my $run = $t->run(['zsh', '-f', '-c', <<"EOT"]);
_default() { }
compadd() { shift; for word in "\$@"; do [[ \$word == \${words[-1]}* ]] && print -r -- \$word; done }
words=($line); CURRENT=\${#words}
source $folder/_helios
EOT
        is($run->{stdout}, "$expect\n", "zsh completes '$line'");
    }
}

$t->finish;
