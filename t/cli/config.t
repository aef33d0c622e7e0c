# SPDX-License-Identifier: MIT
# helios config get | set | unset, and the historical programs for the same (149-152).
use strict;
use warnings;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new(service => 'S', section => { from_section => 'section' }, global => { from_global => 'global' });
my $host = $t->host;

sub rows {
    return join ';', map { "$_->{host}|$_->{param}|" . ($_->{value} // 'NULL') }
        $t->rows("SELECT host, param, value FROM helios_params_tb WHERE worker_class='S' ORDER BY host, param, value");
}
sub put { my ($on, $param, $value) = @_; $t->sql('INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES (?,?,?,?)', $on, 'S', $param, $value) }

# ---- set ----
my @set = (
    # name, helios, historical options, host, value
    ['this host',     [qw(S P 1)],              [qw(--service=S --param=P --value=1)],          $host, '1'],
    ['every host',    [qw(--host * S P 2)],     [qw(--service S --param P --value 2 -H *)],     '*',   '2'],
    ['another host',  [qw(-H other S P 3)],     [qw(-s S -p P -v 3 --hostname=other)],          'other', '3'],
    ['value 0',       [qw(S P 0)],              [qw(-s S -p P -v 0)],                           $host, '0'],
    ['empty value',   ['S', 'P', ''],           ['-s', 'S', '-p', 'P', '-v', ''],               $host, ''],
    ['any case',      ['S', 'P', 'x y'],        ['--SERVICE=S', '-Param=P', '--val=x y', '-h=' . $host], $host, 'x y'],
);
for my $row (@set) {
    my ($name, $words, $options, $on, $value) = @$row;
    for my $form ([['config', 'set', @$words], 'helios'], [['helios_config_set', @$options], 'historical']) {
        $t->sql('DELETE FROM helios_params_tb');
        put($on, 'P', 'old') for 1 .. 2;
        put('third', 'P', 'kept');
        says($t, "set: $name ($form->[1])", $form->[0], { out => "Service: S Host: $on Param: P SET.\n" });
        is(rows(), join(';', sort "$on|P|$value", 'third|P|kept'), "$name: one row, others untouched ($form->[1])");
    }
}
says($t, 'a parameter of the file only', [qw(config set S password secret)], { err => "helios: password belongs into helios.ini: it is not obeyed in the table\n", exit => EX_USAGE });
says($t, 'a value that does not fit', ['config', 'set', 'S', 'P', 'x' x 129], { err => qr/\Ahelios: [^\n]+\n\z/, exit => EX_DATAERR })
    if !$t->sqlite;
for my $missing ([qw(--param=P --value=1)], [qw(--service=S --value=1)], [qw(--service=S --param=P)]) {
    says($t, "set @$missing", ['helios_config_set', @$missing], { err => qr/: A service name, config parameter name, and value are required\.\n\z/, exit => 1 });
}
says($t, 'set without a value', [qw(config set S P)], { err => "helios: something is missing: helios config set SERVICE PARAM VALUE\n", exit => EX_USAGE });

# ---- get ----
$t->sql('DELETE FROM helios_params_tb');
put('*', 'both', 'all');
put($host, 'both', 'own');
put('*', 'all', 'all');
put('other', 'all', 'others');
put('*', 'null', 'all');
put($host, 'null', undef);
put('*', 'empty', '');
put('*', 'from_section', 'row');
my @get = (
    # name, param, host or undef, what is printed
    ['unset',                       'nothing',      undef,   ''],
    ['of the global section',       'from_global',  undef,   "global\n"],
    ['a row over the section',      'from_section', undef,   "row\n"],
    ['the row of the host',         'both',         undef,   "own\n"],
    ['the local host by name',      'both',         $host,   "own\n"],
    ['the row for all',             'both',         '*',     "all\n"],
    ['a host without a row',        'both',         'third', "all\n"],
    ['another host',                'all',          'other', "others\n"],
    ['a host row of NULL',          'null',         undef,   "all\n"],
    ['an empty value',              'empty',        undef,   "\n"],
    ['the file is not of others',   'from_global',  'other', ''],
    ['the file is not of all',      'from_global',  '*',     ''],
    ['a default is nobody\'s setting', 'MAX_WORKERS', undef, ''],
);
for my $row (@get) {
    my ($name, $param, $on, $out) = @$row;
    says($t, "get: $name", ['config', 'get', defined $on ? ('--host', $on) : (), 'S', $param], { out => $out });
    says($t, "get: $name (historical)", ['helios_config_get', "--service=S", "--param=$param", defined $on ? "-H=$on" : ()], { out => $out });
}
says($t, 'get without a param', ['helios_config_get', '--service=S'], { err => qr/helios_config_get: a service name and config parameter name are required\.\n\z/, exit => 1 });
says($t, '-h wants a host', ['helios_config_get', '--service=S', '--param=both', '-h'], { err => "Option h requires an argument\n", out => "own\n" });
says($t, 'an unknown option is ignored', ['helios_config_get', '--service=S', '--param=both', '--wat'], { err => "Unknown option: wat\n", out => "own\n" });

# ---- unset ----
for my $form ([[qw(config unset S P)], 'helios'], [[qw(helios_config_unset -s S -p P)], 'historical']) {
    $t->sql('DELETE FROM helios_params_tb');
    put($host, 'P', $_) for 1, 2;
    put('*', 'P', 3);
    says($t, "unset ($form->[1])", $form->[0], { out => "Service: S Hostname: $host Param: P CLEARED.\n" });
    is(rows(), '*|P|3', "all rows of this host are gone, others not ($form->[1])");
    says($t, "unset again ($form->[1])", $form->[0], { out => "Service: S Hostname: $host Param: P CLEARED.\n" });
}
says($t, 'unset for all', [qw(config unset --host * S P)], { out => "Service: S Hostname: * Param: P CLEARED.\n" });
is(rows(), '', 'no row is left');

# ---- failures have the original's form ----
says($t, 'no file', [qw(helios_config_set -s S -p P -v 1)], { env => { HELIOS_INI => '/nonexistent/helios.ini' }, err => qr{\A\S+/helios_config_set: Helios::Config ERROR: [^\n]*/nonexistent/helios\.ini[^\n]*\n\z}, exit => 1 });

# ---- a name that is nearly one of ours ----
says($t, 'a slip', ['config', 'set', 'Sv', 'MAX_WORKRS', 3], { out => qr/ SET\.\n\z/, err => "helios: MAX_WORKRS is no parameter of the daemon; did you mean MAX_WORKERS?\n" });
says($t, "a service's own parameter", ['config', 'set', 'Sv', 'colour', 'red'], { out => qr/ SET\.\n\z/ });
says($t, 'the same under the historical name', [qw(helios_config_set --service=Sv --param=MAX_WORKRS --value=3)], { out => qr/ SET\.\n\z/ });

# ---- a value that is not obeyed is set all the same ----
my @odd = (
    # param, value, what is said
    ['HOLD',        'on',         "HOLD of Sv: 'on' (row for host $host) is not the number 1; it counts as off"],
    ['MAX_WORKERS', '5 # five',   "MAX_WORKERS of Sv: '5 # five' (row for host $host) is not a whole number; 1 stays in force"],
    ['MAX_WORKERS', '99999',      qr/\Ahelios: MAX_WORKERS of Sv: '99999' \(row for host \S+\) is outside 0 to \d+; \d+ is used\n\z/],
    ['WAKE',        'sometimes',  qr/\Ahelios: WAKE of Sv: 'sometimes' .* is none of /],
    ['HALT',        '0',          qr/\Ahelios: HALT of Sv: '0' .* is in force with any value: /],
    ['loggers',     'file',       qr/\Ahelios: loggers of Sv: 'file' .* names 'file', which is not known/],
    ['HOLD',        '1',          ''],
    ['MAX_WORKERS', '7',          ''],
);
for (@odd) {
    my ($param, $value, $err) = @$_;
    $t->sql("DELETE FROM helios_params_tb WHERE worker_class = 'Sv'");
    says($t, "$param=$value", ['config', 'set', 'Sv', $param, $value], { out => qr/ SET\.\n\z/, err => ref $err || $err eq '' ? $err : "helios: $err\n" });
    is($t->one("SELECT value FROM helios_params_tb WHERE worker_class = 'Sv' AND param = ?", $param), $value, 'it is set');
}
says($t, 'for all hosts', ['config', 'set', '--host', '*', 'Sv', 'OVERDRIVE', 'yes'], { out => qr/ SET\.\n\z/, err => "helios: OVERDRIVE of Sv: 'yes' (row for host *) is not the number 1; it counts as off\n" });
says($t, 'for another host', ['config', 'set', '--host', 'far', 'Sv', 'OVERDRIVE', 'on'], { out => qr/ SET\.\n\z/, err => "helios: OVERDRIVE of Sv: 'on' (row for host far) is not the number 1; it counts as off\n" });
says($t, 'the same under the historical name', [qw(helios_config_set --service=Sv --param=HOLD --value=on)], { out => qr/ SET\.\n\z/ });

$t->finish;
