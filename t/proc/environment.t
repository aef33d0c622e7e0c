# SPDX-License-Identifier: MIT
# What a service, and a program that ExecService runs, sees of the world it was started from; and
# that what a job says is data to both.
use strict;
use warnings;
use Helios::Test;
use JSON::PP;
use Test::More;

my %outer = (SECRET_TOKEN => 'abc', MYSQL_PWD => 'x', LD_LIBRARY_PATH => '/nowhere', LC_TIME => 'C', TZ => 'UTC', WANTED => 'yes',
    ALSO_WANTED => 'too', BASH_ENV => '/nowhere', NOTIFY_SOCKET => '/nowhere/notify');
my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
my $tmp = $t->tmp;

sub drained { my ($class, @more) = @_; my $run = $t->helios_d('--foreground', '--drain', $class, { env => \%outer }); is($run->{exit}, 0, "$class: drained") or diag($run->{stderr}); return }
sub names { return join ' ', sort map { /^(\w+)=/ } @_ }

# ---- a worker ----
$t->write_ini(global => { pass_environment => 'WANTED, ALSO_WANTED, NOT_THERE' });
$t->submit({ environment => "$tmp/worker" });
drained($t->service);
my @seen = split /\n/, slurp("$tmp/worker");
my @usual = grep { exists $ENV{$_} } qw(HOME LANG LOGNAME PATH TMPDIR USER), grep { /^(?:LC_|HELIOS_)/ } keys %ENV;
my %expected = map { $_ => 1 } @usual, qw(LC_TIME TZ WANTED ALSO_WANTED HELIOS_INI HELIOS_CORE);
is(names(@seen), join(' ', sort keys %expected), 'a worker sees a list of variables, and what is passed on');
ok((grep { $_ eq 'WANTED=yes' } @seen), 'with their values');

# ---- a program of ExecService ----
my $program = spew("$tmp/program", <<'END');
#!/usr/bin/perl
my $folder = shift @ARGV;
sub note { my ($name, $text) = @_; open my $fh, '>', "$folder/$name" or die; print $fh $text; close $fh }
note('arguments', join '', map { "$_\n" } @ARGV);
note('variables', join "\0", map { "$_=$ENV{$_}" } sort keys %ENV);
note('input', do { local $/; <STDIN> });
END
chmod 0755, $program;
my %hostile = (
    command  => "\$(touch $tmp/pwned1)",
    ticks    => "`touch $tmp/pwned2`",
    semicolon => "; touch $tmp/pwned3 ;",
    lines    => "a\ntouch $tmp/pwned4\nb",
    option   => '--help',
    quotes   => q{'"\\},
    format   => '%s%n%n',
    glob     => '/etc/*',
    PATH     => $tmp,
    LD_PRELOAD => "$tmp/evil.so",
    BASH_FUNC_ls => '() { touch /nowhere; }',
);
$t->{service} = 'ExecService';
$t->write_ini(section => { OVERDRIVE => 1, exec_program => $program, exec_args => "$tmp one;two \$(touch $tmp/pwned5) `touch" });
# Who may write to the database chooses no program.
$t->set_param(exec_program => '/bin/false');
$t->set_param(exec_args => 'chosen by a row');
my ($id) = $t->submit(\%hostile);
drained('ExecService');
is(($t->history($id))[0]{exitstatus}, 0, 'the program has run');
is(slurp("$tmp/arguments"), "one;two\n\$(touch\n$tmp/pwned5)\n`touch\n", 'its arguments are words, not a shell\'s');
my %variable = map { /^(\w+)=(.*)$/s } split /\0/, slurp("$tmp/variables");
is_deeply(\%variable, { PATH => '/usr/local/bin:/usr/bin:/bin', HELIOS_JOBID => $id, HELIOS_JOBTYPE => 'ExecService',
    map { ("HELIOS_ARG_$_" => $hostile{$_}) } keys %hostile }, 'its environment is a list, in which the job has names of its own');
is_deeply(decode_json(slurp("$tmp/input")), \%hostile, 'its input is what the job says');
is_deeply([glob "$tmp/pwned*"], [], 'and no shell has seen any of it');
$t->finish;
