#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# docs/plugin.md is true: its files and commands, run as they stand against an installed tree.
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
use Helios::Test;

my $source = $Helios::Test::SOURCE;
my $build  = $Helios::Test::BUILD;

# ```LANGUAGE NAME opens a block that a reader types: a file, or with `sh` the commands of a step.
sub blocks {
    my ($text) = @_;
    my (%files, %steps);
    while ($text =~ /^```(\w+) (\S+)\n(.*?)^```$/msg) {
        my ($language, $name, $body) = ($1, $2, $3);
        ($language eq 'sh' ? \%steps : \%files)->{$name} = $body;
    }
    return (\%files, \%steps);
}

# Runs the commands as a reader would, stopping at the first that fails.
sub step {
    my ($name, $folder, $commands) = @_;
    my $log = "$folder/$name.log";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        chdir $folder or die "$folder: $!";
        open STDOUT, '>', $log or die "$log: $!";
        open STDERR, '>&', \*STDOUT or die "dup: $!";
        exec 'sh', '-eu', '-c', $commands or die "sh: $!";
    }
    waitpid $pid, 0;
    my $status = $?;
    my $output = slurp($log);
    is($status, 0, "the step '$name' ends well") or diag $output;
    return $output;
}

my ($files, $steps) = blocks(slurp("$source/docs/plugin.md"));
is_deeply([sort keys %$files], [qw(CMakeLists.txt helios.ini hello.c hello.cc)], 'the files are there');
is_deeply([sort keys %$steps], [qw(cmake pkg-config run)], 'the steps are there');
cmp_ok(scalar(split /\n/, $files->{'hello.c'}), '<=', 20, 'the service has twenty lines');

my $folder = tempdir('helios-tutorial-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $prefix = "$folder/prefix";
my $work   = "$folder/work";
mkdir $work or die "$work: $!";
my $installed = step('install', $folder, "cmake --install '$build' --prefix '$prefix'");
like($installed =~ s/\s+/ /gr, qr/Installed below \Q$prefix\E, but configured for \S+: helios_d and helios look for plugins in \S+ .*-DCMAKE_INSTALL_PREFIX=\Q$prefix\E,/,
    'another prefix than the configured one draws a warning');
unlike(step('package', $folder, "DESTDIR='$folder/package' cmake --install '$build'"), qr/configured for/, 'the configured one in another place does not');

my ($config) = glob "$prefix/{lib,lib64,lib/*}/pkgconfig/helios.pc";
ok($config, 'helios.pc is installed') or BAIL_OUT('nothing to build with');
$ENV{PKG_CONFIG_PATH}   = dirname($config);
$ENV{CMAKE_PREFIX_PATH} = $prefix;
$ENV{PATH}              = "$prefix/sbin:$prefix/bin:$ENV{PATH}";
delete $ENV{HELIOS_INI};

chomp(my $plugins = `pkg-config --variable=plugindir helios`);
ok(-e "$plugins/helios__testservice.so", 'plugindir is where the plugins are');
spew("$work/$_", $files->{$_}) for keys %$files;

for my $way (qw(pkg-config cmake)) {
    step($way, $work, $steps->{$way});
    ok(-e "$work/hello.so", "$way makes hello.so");
    my $output = step('run', $work, $steps->{run});
    like($output, qr/Hello, world!/, "$way: the first job ran");
    like($output, qr/Hello, again!/, "$way: the second job ran");
    unlink glob "$work/hello.so $work/hello.db*";
}
done_testing;
