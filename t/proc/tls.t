# SPDX-License-Identifier: MIT
# TLS to the database: what is asked for is what happens, or there is no connection. A server of its
# own, with a certificate authority that is made here.
use strict;
use warnings;
use Helios::Test;
use IO::Socket::INET;
use Test::More;

if (!grep { -x "$_/openssl" } split /:/, $ENV{PATH}) { plan skip_all => 'needs openssl' }
my $t = Helios::Test->new(section => { OVERDRIVE => 1 });
my $pki = $t->tmp . '/pki';
mkdir $pki or die;

sub openssl { my $run = $t->run(['openssl', @_]); die "openssl @_: $run->{stderr}" if $run->{exit}; return }

# An authority, and what it says of a server.
sub authority {
    my ($name) = @_;
    openssl(qw(req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30), '-subj', "/CN=$name authority",
        '-keyout', "$pki/$name.key", '-out', "$pki/$name.pem");
    spew("$pki/$name.txt", '');
    spew("$pki/$name.cnf", <<"END");
[ca]
default_ca=own
[own]
database=$pki/$name.txt
new_certs_dir=$pki
rand_serial=yes
default_md=sha256
policy=any
unique_subject=no
copy_extensions=copy
[any]
commonName=supplied
END
    return;
}

sub certificate {
    my ($authority, $name, $alt, @dates) = @_;
    openssl(qw(req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes), '-subj', "/CN=$name", '-addext', "subjectAltName=$alt",
        '-keyout', "$pki/$name.key", '-out', "$pki/$name.csr");
    @dates = ('-days', 30) if !@dates;
    openssl('ca', '-batch', '-notext', '-config', "$pki/$authority.cnf", '-cert', "$pki/$authority.pem", '-keyfile', "$pki/$authority.key",
        @dates, '-in', "$pki/$name.csr", '-out', "$pki/$name.pem");
    return;
}
authority($_) for qw(own foreign);
certificate('own', 'right', 'IP:127.0.0.1,DNS:localhost');
certificate('own', 'elsewhere', 'DNS:db.example.org');
certificate('own', 'expired', 'IP:127.0.0.1,DNS:localhost', qw(-startdate 20200101000000Z -enddate 20200201000000Z));
certificate('foreign', 'stranger', 'IP:127.0.0.1,DNS:localhost');

# ---- the server, at a port that was free a moment ago ----
sub present {
    my ($name) = @_;
    for my $kind (qw(key pem)) { spew("$pki/server.$kind", slurp("$pki/$name.$kind")) }
    return;
}
my ($server, $port) = $t->tmp . '/db';
sub start_server {
    for (1 .. 5) {
        my $probe = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!";
        $port = $probe->sockport;
        close $probe;
        my $run = $t->run(['sh', "$Helios::Test::SOURCE/t/mariadb.sh", 'start', $server, '--skip-networking=0', '--bind-address=127.0.0.1',
            "--port=$port", '--ssl', "--ssl-cert=$pki/server.pem", "--ssl-key=$pki/server.key"], seconds => 60);
        return if $run->{exit} == 0;
        die $run->{stderr} if (slurp("$server/log") // '') !~ /bind on TCP/i;
    }
    die 'no port stayed free';
}
present('right');
start_server();
my $admin = DBI->connect("dbi:mysql:mysql_socket=$server/socket", 'root', '', { RaiseError => 1, AutoInactiveDestroy => 1 });
$admin->do('CREATE DATABASE c CHARACTER SET utf8mb4');
$admin->do(q{CREATE USER 'safe'@'%' IDENTIFIED BY 'Tr0ub4dor' REQUIRE SSL});
$admin->do(q{GRANT ALL ON c.* TO 'safe'@'%'});

# ---- what helios_d makes of it ----
sub tried {
    my ($more, $place) = @_;
    $t->write_ini(global => { dsn => ($place // "dbi:mysql:database=c;host=127.0.0.1;port=$port") . $more,
        user => $place ? 'root' : 'safe', password => $place ? '' : 'Tr0ub4dor' }, section => { OVERDRIVE => 1 });
    return $t->helios_d('--check', $t->service);
}
sub works { my ($what, @how) = @_; my $run = tried(@how); is($run->{exit}, 0, "$what: connected") or diag($run->{stderr}); return }
sub fails {
    my ($what, $exit, $pattern, @how) = @_;
    my $run = tried(@how);
    is($run->{exit}, $exit, "$what: no connection");
    like($run->{stderr}, $pattern, "$what: says why");
    unlike($run->{stderr}, qr/Tr0ub4dor/, "$what: and no password");
    diag($run->{stderr}) if $ENV{HELIOS_TEST_SHOW};
    return;
}
my $verified = ";mysql_ssl=1;mysql_ssl_ca_file=$pki/own.pem;mysql_ssl_verify_server_cert=1";
$t->write_ini(global => { dsn => "dbi:mysql:database=c;host=127.0.0.1;port=$port$verified", user => 'safe', password => 'Tr0ub4dor' });
is($t->command('schema', 'init')->{exit}, 0, 'the tables are made over TLS');
works('the right certificate', $verified);
works('not verified', ';mysql_ssl=1');
fails('an account that must use TLS, without', 77, qr/Access denied/, '');
my $tls = qr/connect: TLS.*\(MySQL error 2026\); check mysql_ssl_ca_file of dsn.*names the host/;
fails('an authority that has not signed it', 69, $tls, $verified =~ s/own\.pem/foreign.pem/r);
fails('an authority whose file is missing', 69, $tls, $verified =~ s/own\.pem/none.pem/r);
my %why = (elsewhere => 'a certificate for another host', expired => 'a certificate that has expired', stranger => 'a certificate of a stranger');
for my $name (sort keys %why) {
    present($name);
    $admin->do('FLUSH SSL');
    fails($why{$name}, 69, $tls, $verified);
    works("$why{$name}, not verified", ';mysql_ssl=1') if $name ne 'expired';
}
present('right');
$admin->do('FLUSH SSL');

# ---- a daemon at work ----
tried($verified);
my $daemon = do {
    my $child = $t->spawn([$t->program('helios_d'), '--foreground', $t->service]);
    $t->wait_for(sub { -e $t->pid_file && $t->poller($child->{pid}) }, 20, 'the daemon to be up');
    $child;
};
my $jobs = sub { return ($admin->selectrow_array('SELECT COUNT(*) FROM c.job'))[0] };
is($t->command('submit', $t->service, 'n=1')->{exit}, 0, 'a job is submitted over TLS');
$t->wait_for(sub { !$jobs->() }, 20, 'the job to run over TLS');
is_deeply($admin->selectall_arrayref(q{SELECT DISTINCT user FROM information_schema.processlist WHERE db='c'}), [['safe']], 'by the account that must use it');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');

# ---- a server without TLS ----
my $plain = "dbi:mysql:database=$t->{database};mysql_socket=$ENV{HELIOS_TEST_SOCKET}";
SKIP: {
    my ($has) = $t->dbh->selectrow_array('SELECT @@have_ssl');
    skip 'the server of the tests has TLS', 4 if $has eq 'YES';
    fails('TLS of a server that has none', 69, qr/the server offers no TLS and mysql_ssl/, ';mysql_ssl=1', $plain);
    works('TLS only if there is some', ';mysql_ssl=1;mysql_ssl_optional=1', $plain);
}
$admin->disconnect;
$t->run(['sh', "$Helios::Test::SOURCE/t/mariadb.sh", 'stop', $server]);
$t->finish;
