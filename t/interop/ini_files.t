#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Files of every shape, read by Config::IniFiles and by lib/core/ini.c, must come out alike.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);

BEGIN {
    eval { require Config::IniFiles; 1 } or do {
        print "1..0 # SKIP Config::IniFiles is not installed\n";
        exit 77;
    };
}

my $dump   = shift @ARGV or die "usage: $0 PATH-OF-ini_dump\n";
my $folder = tempdir(CLEANUP => 1);

my @files = (
    ['sample of the reference'  => "[global]\ndsn=dbi:mysql:host=10.1.0.21;db=helios_db\nuser=helios\npassword=xyz\n"],
    ['password of everything'   => "[global]\npassword= a;b#c=\"d' e\$f%g\\ \t\n"],
    ['service section'          => "[global]\na=1\n[SearchIndex::LoadTestService]\nMAX_WORKERS=3\n"],
    ['sections differ in case'  => "[My::Svc]\nx=1\n[my::svc]\nx=2\nX=3\n"],
    ['CR LF'                    => "[global]\r\na=1\r\n\r\n# c\r\nb = 2 \r\n"],
    ['CR'                       => "[global]\ra=1\rb=2\r"],
    ['CR, no end at the last'   => "[global]\ra=1"],
    ['CR alone at the end'      => "[global]\r"],
    ['LF first, CR LF later'    => "[global]\na=1\r\nb=2\n"],
    ['CR LF first, LF later'    => "[global]\r\na=1\nb=2\r\nc=3\r\n"],
    ['CR LF first, LF in blank' => "[global]\r\na=\nb\r\n"],
    ['CR LF first, LF at end'   => "[global]\r\na=1\n"],
    ['CR LF first, LF twice'    => "[global]\r\na=1\n\n"],
    ['CR LF first, LF in key'   => "[global]\r\na\nb=1\r\n"],
    ['CR LF first, LF in name'  => "[global]\r\n[a\nb]\r\n"],
    ['CR first, CR LF later'    => "[global]\ra=1\r\nb=2\r\n"],
    ['CR CR LF'                 => "[global]\na=1\r\r\n"],
    ['byte 0x15 ends a line'    => "[global]\x15a=1\x15b=2"],
    ['byte 0x15 inside a line'  => "[global]\na=1\x152\nb=1\x15"],
    ['one line without end'     => "[global]"],
    ['only a header'            => "[global]\n"],
    ['last line without end'    => "[global]\na=1"],
    ['comments'                 => "# one\n  ; two\n\t#three\n[global]\n;a=1\na=2\n #a=3\n"],
    ['comment behind a value'   => "[global]\na=v ; text\nb=v # text\n"],
    ['comment behind a header'  => "[global] ; text\na=1\n"],
    ['text behind a header'     => "[global]x\na=1\n"],
    ['bracket in a comment'     => "[global] ; x]\na=1\n"],
    ['header with equals'       => "[a=b]\nc=1\n"],
    ['header, then equals'      => "[global]\n[a] = 1\n[b=2\n"],
    ['header not closed'        => "[global\na=1\n"],
    ['empty header'             => "[]\na=1\n"],
    ['blank header'             => "[ \t ]\na=1\n"],
    ['header of one bracket'    => "[]]\na=1\n[[]\nb=2\n"],
    ['blanks around a header'   => "  [ a b ]  \nx=1\n\t[\tc\t]\t\ny=1\n"],
    ['odd characters in header' => "[a|b:c \$%\xe4\xf6]\nx=1\n"],
    ['blanks around a value'    => "[global]\n  a b  =  c d  \n\te\t=\tf\t\n"],
    ['vertical tab, form feed'  => "[global]\n\x0b\x0ca\x0b=\x0c1\x0c\n\x0b\n"],
    ['byte 0xa0, byte 0x85'     => "[global]\n\xa0a\xa0=\xa01\xa0\n\x85b=\x852\n"],
    ['UTF-8'                    => "[global]\nn\xc3\xa4me=w\xc3\xa9rt \xe2\x98\xba\n"],
    ['first equals divides'     => "[global]\na=b=c\nd==e\nf = = g\n"],
    ['empty value'              => "[global]\na=\nb= \t\nc=1\n"],
    ['no key'                   => "[global]\n=v\n"],
    ['blank key'                => "[global]\n  = v\n"],
    ['no equals'                => "[global]\nkey\n"],
    ['colon'                    => "[global]\nkey: v\n"],
    ['quotes stay'              => "[global]\na=\"v\"\nb='v'\n"],
    ['backslash'                => "[global]\na=c:\\temp\\\nb=2\n"],
    ['backslash joins nothing'  => "[global]\na=c:\\temp\\\nnext\n"],
    ['key before any section'   => "a=1\n[global]\nb=1\n"],
    ['same key twice'           => "[global]\na=3\na=4\nb=1\na=5\n"],
    ['same key twice, empty'    => "[global]\na=\na=\n"],
    ['same section twice'       => "[s]\na=1\nb=1\n[t]\na=1\n[s]\na=2\nc=3\n"],
    ['here-document'            => "[global]\na=<<EOT\none\n\n  two = 2 \n# three\n[four]\nEOT\nb=1\n"],
    ['here-document, CR LF'     => "[global]\r\na=<<EOT\r\none\r\ntwo\r\nEOT\r\nb=1\r\n"],
    ['here-document, one line'  => "[global]\na=<<EOT\none\nEOT\n"],
    ['here-document, empty'     => "[global]\na=<<EOT\nEOT\nb=1\n"],
    ['here-document, empty, 2'  => "[global]\na=1\na=<<EOT\nEOT\nb=1\n"],
    ['here-document, repeated'  => "[global]\na=1\na=<<X\n2\n3\nX\na=4\n"],
    ['here-document, blank mark'=> "[global]\na=<<\none\n\nb=1\n"],
    ['here-document, mark blank'=> "[global]\na=<<EOT \none\nEOT\ntwo\nEOT \nb=1\n"],
    ['here-document, end indented' => "[global]\na=<<EOT\none\n EOT\nEOT\n"],
    ['here-document, no end'    => "[global]\na=<<EOT\none\n"],
    ['here-document, end last'  => "[global]\na=<<EOT\none\nEOT"],
    ['half a here-document'     => "[global]\na=<EOT\nb= <<\n\nc=x<<EOT\n"],
    ['empty file'               => ""],
    ['blank file'               => "\n \n\t\n"],
    ['only comments'            => "# a\n; b\n"],
    ['malformed at the end'     => "[global]\na=1\n[s]\nb=2\noops\n"],
    ['long line'                => "[global]\na=" . ('x;#"' x 25_000) . "\nb=1\n"],
    ['long name'                => "[" . ('s' x 100_000) . "]\n" . ('k' x 100_000) . "=1\n"],
    ['many keys'                => "[global]\n" . join('', map { "k$_=$_\n" } 1 .. 2000)],
);

# What must differ: Perl refuses it, here it is read.
my @only_here = (["byte-order mark" => "\xef\xbb\xbf[global]\na=1\n", "S " . unpack('H*', 'global') . "\nV 61 31\n"]);

sub write_file {
    my ($text) = @_;
    my $path = "$folder/helios.ini";
    open my $out, '>:raw', $path or die "$path: $!";
    print {$out} $text;
    close $out or die "$path: $!";
    return $path;
}

# The dumper's format, from Config::IniFiles; undef if it refuses the file.
sub by_perl {
    my ($path) = @_;
    my $ini = Config::IniFiles->new(-file => $path) or return undef;
    my $text = '';
    for my $section ($ini->Sections) {
        $text .= 'S ' . unpack('H*', $section) . "\n";
        for my $key ($ini->Parameters($section)) {
            my $value = $ini->val($section, $key);
            $text .= 'V ' . unpack('H*', $key) . ' ' . unpack('H*', $value // '') . "\n";
        }
    }
    return $text;
}

sub by_c {
    my ($path) = @_;
    my $text = `'$dump' '$path' 2>'$folder/reason'`;
    return $text if $? == 0;
    die "ini_dump ended with status $?\n" if $? != 256;
    return undef;
}

sub reason {
    open my $in, '<', "$folder/reason" or die $!;
    local $/;
    return <$in>;
}

for my $file (@files) {
    my ($name, $text) = @$file;
    my $path = write_file($text);
    local $SIG{__WARN__} = sub { };
    my $expected = by_perl($path);
    my $got      = by_c($path);
    if (defined $expected) {
        ok(defined $got && $got eq $expected, "$name: read alike")
            or diag("expected:\n$expected", "got:\n", $got // 'refused: ' . reason());
    } else {
        ok(!defined $got, "$name: refused by both") or diag("got:\n$got");
        like(reason(), qr{helios\.ini:\d+: expected }, "$name: says where and what was expected") if !defined $got;
    }
}
for my $file (@only_here) {
    my ($name, $text, $expected) = @$file;
    my $path = write_file($text);
    is(by_perl($path), undef, "$name: refused by Perl");
    is(by_c($path), $expected, "$name: read here");
}
done_testing();
