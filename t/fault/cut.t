# SPDX-License-Identifier: MIT
# A network that cuts: at a COMMIT before it arrives and after it has happened, and at any byte. Each
# job's row in its own transaction is there once, whatever was lost.
use strict;
use warnings;
use Helios::Proxy;
use Helios::Server;
use Helios::Test;
use Test::More;

my $server = Helios::Server->new;
$ENV{HELIOS_TEST_SOCKET} = $server->socket;
my $proxy = Helios::Proxy->new($server->socket);
my %section = (OVERDRIVE => 1, MAX_WORKERS => 2, WORKER_LAUNCH_PATTERN => 'optimistic', WORKER_LINGER => 5, CLAIM_TARGET_MS => 20);
my $t = Helios::Test->new(service => 'Toy::Storm', section => \%section);
$t->sql("CREATE USER app\@localhost IDENTIFIED BY 'secret'");
$t->sql("GRANT ALL ON $t->{database}.* TO app\@localhost");
$t->write_ini(section => \%section, global => { user => 'app', password => 'secret',
    dsn => "dbi:mysql:database=$t->{database};host=127.0.0.1;mysql_read_timeout=4;port=" . $proxy->port });
$t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');
my $daemon = $t->start;
# One that has never seen its database gives up.
$t->wait_for(sub { $t->board('looks') }, 20, 'the daemon to be up');

sub done {
    my ($n, $what) = @_;
    $t->wait_for(sub { $t->count('job') == 0 }, 30, "$what: the jobs to be done");
    is($t->count('toy_effect'), $n, "$what: each effect is there");
    is($t->one('SELECT COUNT(DISTINCT jobid) FROM toy_effect'), $n, "$what: and once");
    is($t->count('helios_job_history_tb', 'exitstatus=0'), $n, "$what: as is each completion");
    return;
}

my $jobs = 0;
for my $side (qw(before after)) {
    for my $k (1 .. 6) {
        $proxy->tell("commit $side 1");
        $t->submit(map { { effect => 1, sleep_ms => 3 } } 1 .. 10);
        $jobs += 10;
        $t->wait_for(sub { $proxy->said(qr/commit $side/) }, 20, "a COMMIT to be cut $side the server");
        $t->wait_for(sub { $t->count('job') == 0 }, 30, 'the jobs to be done');
    }
    done($jobs, "COMMIT cut $side the server");
}
my $cuts = 0;
for (my $bytes = 1; $bytes < 1500; $bytes += 53) {
    $t->submit(map { { effect => 1, sleep_ms => 1 } } 1 .. 5);
    $jobs += 5;
    $proxy->tell("cut_after $bytes");
    $t->wait_for(sub { $t->count('job') == 0 }, 30, "the jobs to be done when $bytes bytes have passed");
    $cuts++ while $proxy->said(qr/^cut/);
}
cmp_ok($cuts, '>=', 15, "$cuts connections were cut");
done($jobs, 'cut at any byte');
$proxy->tell('heal');
# A service whose own statement was cut may say so: that is its verdict, and the job is tried again.
is($t->count('error', "message NOT LIKE '%onnection%'"), 0, 'no job failed but by word of its service');

# A history row that is larger than the server takes by now.
my ($large) = $t->submit({ pad => 'x' x 2_000_000, sleep_ms => 500 });
$t->sql('SET GLOBAL max_allowed_packet = 1048576');
$proxy->tell('cut');
$t->wait_for(sub { $t->history($large) }, 20, 'a large job to be completed');
is_deeply([map { [$_->{exitstatus}, defined $_->{arg} ? 'there' : 'none'] } $t->history($large)], [[0, 'none']],
    'a job whose history row is over max_allowed_packet is completed without its argument');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
is(scalar($t->log_rows(qr/lacks its argument of \d+ bytes/)), 1, 'which is logged');
$proxy->destroy;
$t->finish;
