# SPDX-License-Identifier: MIT
# helios config explain.
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new(service => 'My::Service');
$t->write_ini(section => { OVERDRIVE => 1 }, global => { own_thing => 'abc', $t->sqlite ? (password => 'Tr0ub4dor') : () });
$t->set_param('MAX_WORKERS', 5);
$t->set_param('HOLD', 0, $t->host);

my $text = $t->command_ok('config', 'explain', 'My::Service');
my $host = quotemeta $t->host;
my $file = quotemeta $t->ini;
my @lines = (
    # name, value, where from
    ['MAX_WORKERS',    '5',   qr/row for host \*/],
    ['HOLD',           '0',   qr/row for host $host/],
    ['OVERDRIVE',      '1',   qr/\[My::Service\] line \d+ of $file/],
    ['own_thing',      'abc', qr/\[global\] line \d+ of $file/],
    ['WORKER_MAX_TTL', '0',   qr/default/],
    $t->sqlite ? ['password', '\(hidden\)', qr/\[global\] line \d+ of $file/] : (),
);
like($text, qr/^$_->[0] += $_->[1] +\(from: $_->[2]\)$/m, "$_->[0] and where it comes from") for @lines;
unlike($text, qr/Tr0ub4dor/, 'the password is not shown');

$t->set_param('WORKER_MAX_TTL', 'many');
says($t, 'a value that is no number', ['config', 'explain', 'My::Service'], { out => qr/^WORKER_MAX_TTL /m, err => qr/\Ahelios: [^\n]*WORKER_MAX_TTL[^\n]*many[^\n]*\n\z/ });
$t->del_param('WORKER_MAX_TTL');

# ---- without the database ----
$t->write_ini(global => { dsn => $t->sqlite ? 'dbi:SQLite:dbname=/nonexistent/c.db' : 'dbi:mysql:database=x;mysql_socket=/nonexistent/s' });
says($t, 'without the database', ['config', 'explain', 'My::Service'],
    { out => qr/^MAX_WORKERS += 1 +\(from: default\)$/m, err => qr/\Ahelios: without rows of the params table: [^\n]+\n\z/ });

says($t, 'no name of a service', ['config', 'explain', '../x'], { err => "helios: '../x' is not the name of a service\n", exit => EX_USAGE });

$t->finish;
