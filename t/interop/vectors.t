# SPDX-License-Identifier: MIT
# Arguments of every shape: each image of the vectors file, as it stands and as a Perl client
# writes the same structure, is worked off by our worker with the same end.
use strict;
use warnings;
use Helios::Test;
use Helios::Schwartz;
use JSON::PP;
use Storable qw(nfreeze thaw);
use Test::More;

my $t = Helios::Test->new(section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
my (@vectors, %direct, %perl);
for my $line (split /\n/, slurp("$Helios::Test::SOURCE/t/data/storable.jsonl")) {
    my $vector = JSON::PP->new->decode($line);
    my @parts = $vector->{repeat} ? @{ $vector->{repeat} } : [$vector->{frozen_hex}, 1];
    $vector->{image} = join '', map { pack('H*', $_->[0]) x $_->[1] } @parts;
    push @vectors, $vector if $vector->{name} !~ /metajob/;    # burst.t
}
@direct{map { $_->{name} } @vectors} = $t->submit(map { \$_->{image} } @vectors);

# What this Perl can read, and a client may insert: lists, hashes and other references.
my $client = perl_client($t);
for my $vector (grep { $_->{accept} } @vectors) {
    my $tree = eval { local $SIG{__WARN__} = sub { }; thaw($vector->{image}) };
    next if !ref $tree;
    my $handle = eval { $client->insert($t->service, $tree) } // next;
    $perl{ $vector->{name} } = $handle->jobid;
}
cmp_ok(scalar keys %perl, '>', 100, scalar(keys %perl) . ' structures are inserted by Perl');

my $run = $t->helios_d('--foreground', '--drain', $t->service, { seconds => 50 });
is($run->{exit}, 1, 'drained; some have failed for good');
is($t->one('SELECT COUNT(DISTINCT jobid) FROM helios_job_history_tb'), keys(%direct) + keys(%perl), 'each has been tried');
is($t->count('helios_job_history_tb', 'exitstatus=0') + $t->one('SELECT COUNT(DISTINCT jobid) FROM error'),
    keys(%direct) + keys(%perl), 'and completed, or failed with a reason');

# A list that begins with text is taken for a job of Helios, whose text must be XML or JSON.
my %status = map { $_->{jobid} => $_->{exitstatus} } $t->rows('SELECT jobid, exitstatus FROM helios_job_history_tb');
my %message = map { $_->{jobid} => $_->{message} } $t->rows('SELECT jobid, message FROM error');
my (@differ, @unread, @swallowed, $read);
for my $vector (@vectors) {
    my $name = $vector->{name};
    my $id = $direct{$name};
    my $why = $message{$id} // '';
    if ($vector->{accept}) {
        $read++ if !$status{$id};
        push @unread, "$name: $why" if $status{$id} && $why !~ /^Invalid arguments: the argument is (?:XML|neither XML nor)/;
    } elsif (!$status{$id} != ($vector->{image} !~ /\A[\x04\x05]./s)) {
        push @swallowed, "$name: $status{$id} $why";
    }
    push @differ, "$name: $status{$id} from the file, $status{ $perl{$name} } from Perl"
        if $perl{$name} && $status{ $perl{$name} } != $status{$id};
}
cmp_ok($read, '>', 200, "$read structures are read");
is_deeply(\@unread, [], 'what can be read is, and what fails is text that Helios could not read either');
is_deeply(\@swallowed, [], 'damage fails the job, and only what looks like no image is taken for bytes');
is_deeply(\@differ, [], 'what Perl inserts ends as the image of the file');
$t->finish;
