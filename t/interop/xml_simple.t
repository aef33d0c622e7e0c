#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Holds t/data/xml_cases.json, which our reader is tested with, against XML::Simple as Perl
# Helios calls it. A row with "perl" says why XML::Simple gives something else: then it must.
use strict;
use warnings;
use JSON::PP;
use Test::More;

eval { require XML::Simple; require XML::Parser; 1 }
    or plan skip_all => 'XML::Simple and XML::Parser are not installed';
{
    no warnings 'once';
    $XML::Simple::PREFERRED_PARSER = 'XML::Parser';
}

my $file = shift @ARGV;
open my $in, '<:raw', $file or die "$file: $!\n";
my $cases = decode_json(do { local $/; <$in> });
close $in;

my $writer = JSON::PP->new->canonical->allow_nonref;

# What XML::Simple makes of the bytes, as text to compare; "error" if it refuses. An empty
# standard input and directory, as it may take the text for the name of a file.
sub read_xml {
    my ($bytes) = @_;
    my $tree = eval {
        local $SIG{__WARN__} = sub { };
        local $SIG{__DIE__};
        XML::Simple->new(SuppressEmpty => undef, KeepRoot => 1, ForceArray => ['job'])
            ->XMLin($bytes);
    };
    return $@ ne '' ? 'error' : $writer->encode($tree);
}

open STDIN, '<', '/dev/null' or die "/dev/null: $!\n";
for my $case (@$cases) {
    my $bytes = $case->{xml};
    if (defined $bytes) { utf8::encode($bytes) }
    else                { $bytes = pack 'H*', $case->{hex} }
    my $expected = exists $case->{error} ? 'error' : $writer->encode($case->{tree});
    if (my $why = $case->{perl}) {
        next if $case->{error} && $why =~ /file|standard input/;
        isnt(read_xml($bytes), $expected, "$case->{name}: XML::Simple $why");
    } else {
        is(read_xml($bytes), $expected, $case->{name});
    }
}
done_testing();
