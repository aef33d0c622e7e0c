# SPDX-License-Identifier: MIT
# What a daemon loads, and who may read what it writes and what it holds.
use strict;
use warnings;
use Fcntl qw(:mode);
use File::Copy qw(copy);
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(section => { MAX_WORKERS => 1, OVERDRIVE => 1 });
my $folder = $t->tmp . '/plugins';
my $plugin = "$folder/toy__service.so";
mkdir $folder or die "$folder: $!";
copy("$Helios::Test::BUILD/t/plugins/toy__service.so", $plugin) or die "$plugin: $!";

sub try {
    my ($folder_mode, $file_mode) = @_;
    chmod $folder_mode, $folder or die "$folder: $!";
    chmod $file_mode, $plugin or die "$plugin: $!";
    return $t->helios_d('--check', $t->service);
}
$t->write_ini(global => { service_path => $folder });
is(try(0755, 0755)->{exit}, 0, 'a plugin that only the daemon may write is loaded');
for my $case ([0755, 0757, $plugin], [0757, 0755, $folder]) {
    my $run = try(@$case);
    isnt($run->{exit}, 0, "$case->[2] writable for everybody: refused");
    like($run->{stderr}, qr/^Toy::Service is not loaded: \Q$case->[2]\E is writable for everybody.*chmod/, 'with the reason');
}
is(try(0755, 0755)->{exit}, 0, 'mended: loaded');

# ---- what a running daemon writes, and what of it can be read ----
# The leak checker of a test build cannot look into a process that forbids it.
my $daemon = $t->start({ env => { HELIOS_CORE => undef }, asan => ['detect_leaks=0'] });
my $made = $t->tmp . '/made';
my ($gate) = $t->tmp . '/gate';
$t->submit({ touch => $made, wait_for => $gate });
$t->wait_for(sub { -e $made }, 15, 'the job to run');
my @written = ($t->pid_file, $t->pid_file('board'), $made);
push @written, glob $t->tmp . '/collective.db*' if $t->sqlite;
for my $path (@written) {
    my $mode = (stat $path)[2];
    is($mode & (S_IRWXO | S_IWGRP), 0, sprintf '%s has mode %o: nothing for others', $path, S_IMODE($mode));
}
my %process = (master => $daemon->{pid}, poller => $t->poller($daemon->{pid}),
    worker => ($t->workers($daemon->{pid}))[0]);
sub session { my ($pid) = @_; return (split ' ', (slurp("/proc/$pid/stat") // '') =~ s/^.*\)//sr)[3] }
for my $role (sort keys %process) {
    is(session($process{$role}), $process{$role}, "$role: a session of its own, so no terminal to type on") if $role ne 'master';
    my $status = slurp("/proc/$process{$role}/status") // '';
    like($status, qr/^Umask:\s+0027$/m, "$role: umask 027");
    # What /proc shows of a process that leaves no core dump belongs to root.
    is((stat "/proc/$process{$role}/environ")[4], 0, "$role: no other process may look into it");
}
spew($gate, '');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
$t->finish;
