#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Every statement of the compatibility references is shown by a test or told in docs/differences.md.
#
#   perl t/lint/statements.pl BUILD [CTEST]
#
# t/statements/*.txt: the first line that is no comment is "statements 1-N", then one line for each
# number, in order: the number and what shows it, divided by "; ":
#
#   NAME                a test of that name; * stands for a part of it, as in proc.*.start
#   NAME: TEXT          the same, and TEXT is found in the source of that test
#   differences: TEXT   TEXT is found in a line of docs/differences.md
use strict;
use warnings;

use File::Basename qw(basename dirname);

my ($build, $ctest) = @ARGV;
die "usage: statements.pl BUILD [CTEST]\n" if !defined $build;
chdir dirname(__FILE__) . '/../..' or die "chdir: $!\n";

my @tests = `'@{[$ctest // 'ctest']}' --test-dir '$build' -N` =~ /^\s*Test\s+#\d+: (\S+)$/mg;
die "$build has no tests\n" if !@tests;
my @differences = split /\n/, slurp('docs/differences.md');
my (%sources, $faults);

sub slurp {
    my ($path) = @_;
    open my $fh, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$fh>;
}

sub fault {
    my ($where, $text) = @_;
    print "$where: $text\n";
    $faults++;
    return;
}

# The text of what a test runs, '' if this is not known.
sub source {
    my ($test) = @_;
    my @files = $test =~ /^unit\.(\w+)$/ ? glob "t/unit/test_$1.c"
        : $test =~ /^contract\.\w+$/ ? glob 't/contract/*.c'
        : $test =~ /^(\w+)\.(?:(?:sqlite|mysql)\.)?(\w+)$/ ? glob "t/$1/$2.t"
        :                                                     ();
    return $sources{$test} //= join '', map { slurp($_) } grep { -e } @files;
}

sub check {
    my ($where, $evidence) = @_;
    my ($name, $text) = $evidence =~ /^([\w.*]+)(?:: (.+))?$/ or return fault($where, "cannot be read: $evidence");
    if ($name eq 'differences') {
        return if defined $text && grep { index($_, $text) >= 0 } @differences;
        return fault($where, 'docs/differences.md has no line with: ' . ($text // '(nothing)'));
    }
    my $pattern = join '\w+', map { quotemeta } split /\*/, $name, -1;
    my @named = grep { /^$pattern$/ } @tests;
    return fault($where, "there is no test $name") if !@named;
    return if !defined $text;
    for my $test (@named) {
        return fault($where, "the source of $test has no: $text") if index(source($test), $text) < 0;
    }
    return;
}

sub check_table {
    my ($path) = @_;
    my ($last, $seen, $line) = (0, 0, 0);
    for (split /\n/, slurp($path)) {
        my $where = "$path:" . ++$line;
        next if /^\s*(?:#|$)/;
        if (!$last) {
            ($last) = /^statements 1-(\d+)$/ or return fault($where, 'expected "statements 1-N"');
        } elsif (/^(\d+) +(.+)$/) {
            fault($where, 'expected statement ' . ($seen + 1)) if $1 != $seen + 1;
            $seen = $1;
            check($where, $_) for split /; /, $2;
        } else {
            fault($where, 'expected a number and what shows the statement');
        }
    }
    fault($path, "ends at statement $seen of $last") if $seen != $last;
    return;
}

my @tables = glob 't/statements/*.txt';
fault('t/statements', 'has no table') if !@tables;
check_table($_) for @tables;
exit($faults ? 1 : 0);
