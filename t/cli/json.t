# SPDX-License-Identifier: MIT
# --json of every command that tells something: the object, its keys in their order.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use Helios::Test;
use Helios::Cli;

my $t = Helios::Test->new(service => 'Sv', schema => 0);
my $host = $t->host;
my $now = time;

# A template has the text of the line but for numbers of this run, which stand as patterns.
my @rows = (
    # words, the line (or lines)
    $t->sqlite ? () : [[qw(schema status)], '{"version":0,"latest":N,"state":"empty","missing":null}', EX_CONFIG],    # there is no file yet
    [[qw(schema init)],                      '{"version":N,"latest":N,"state":"current","missing":null}'],
    [[qw(schema upgrade)],                   '{"version":N,"latest":N,"state":"current","missing":null}'],
    [[qw(jobtype add A::One)],               '{"jobtypeid":N,"name":"A::One"}'],
    [[qw(jobtype info A::One)],              '{"jobtypeid":N,"name":"A::One"}'],
    [[qw(config set Sv HOLD 1 --host far)],  '{"service":"Sv","host":"far","param":"HOLD","value":"1"}'],
    [[qw(config set Sv db_password geheim --host *)], '{"service":"Sv","host":"*","param":"db_password","value":"(hidden)"}'],
    [[qw(config get Sv HOLD --host far)],    '{"service":"Sv","host":"far","param":"HOLD","value":"1"}'],
    [[qw(config get Sv HOLD)],               qq({"service":"Sv","host":"$host","param":"HOLD","value":null})],
    [[qw(config unset Sv HOLD --host far)],  '{"service":"Sv","host":"far","param":"HOLD","value":null}'],
    [['config', 'import', "$t->{tmp}/import.ini"], '{"imported":2}'],
    [[qw(service hold Sv)],                  qq({"service":"Sv","host":"$host","order":"hold"})],
    [[qw(service resume -a -y Sv)],          '{"service":"Sv","host":"*","order":"resume"}'],
    [[qw(service halt Sv)],                  qq({"service":"Sv","host":"$host","order":"halt"})],
    [[qw(service clear-halt Sv)],            qq({"service":"Sv","host":"$host","order":"clear-halt"})],
    [[qw(submit A::One a=1 --priority 7)],   '{"jobid":N,"handle":"HANDLE"}'],
    [[qw(submit --lines A::One)],            qq({"jobid":N,"handle":"HANDLE"}\n{"jobid":N,"handle":"HANDLE"})],
    [[qw(job status 1)],                     '{"jobid":1,"state":"waiting","failures":0,"exitstatus":null,"ended":null}'],
    [[qw(job info 1)],                       '{"jobid":1,"jobtype":"A::One","submitted":N,"run_after":N,"locked_until":null,"priority":7,"ended":null,"exitstatus":null,"args":null}'],
    [[qw(job hold --jobtype A::One)],        '{"changed":3,"unchanged":0}'],
    [[qw(job cancel 1)],                     '{"changed":1,"unchanged":0}'],
    [[qw(job wait 1)],                       '{"jobid":1,"state":"failed","failures":1,"exitstatus":1,"ended":N}', 1],
    [[qw(job info --args --logs 1)],         '{"jobid":1,"jobtype":"A::One","submitted":N,"run_after":null,"locked_until":null,"priority":7,"ended":N,"exitstatus":1,"args":"<job><params><a>1</a></params></job>"}'
        . qq(\n{"time":$now,"host":"vm","pid":5,"level":"err","message":"no\\u001b[2J disk"})],
    [[qw(job retry 1)],                      '{"changed":1,"unchanged":0}'],
    [[qw(job requeue --all)],                '{"changed":2,"unchanged":0}'],
    [[qw(job retry --dry-run --all)],        ''],
    [[qw(history clean --days -1)],          '{"deleted":1}'],
    [[qw(log clean --days -1)],              '{"deleted":1}'],
    [[qw(schema status)],                    '{"version":N,"latest":N,"state":"current","missing":null}'],
);
spew("$t->{tmp}/import.ini", "[global]\nx=1\n[Sv]\nA=1\nB=2\n");
for (@rows) {
    my ($words, $line, $exit) = @$_;
    if ("@$words" eq 'job info --args --logs 1') {
        $t->sql('INSERT INTO helios_log_tb (log_time, host, process_id, jobid, job_class, priority, message) VALUES (?,?,?,?,?,?,?)', $now, 'vm', 5, 1, 'A::One', 3, "no\033[2J disk");
    }
    my $pattern = join '\d+', map { quotemeta } split /N(?=[,}])/, $line eq '' ? '' : "$line\n", -1;
    $pattern =~ s/HANDLE/[0-9a-f]{32}-\\d+/g;
    says($t, "@$words", [@$words, '--json'], { out => qr/\A$pattern\z/, exit => $exit // 0, stdin => "<job><params/></job>\n<job><params/></job>\n" });
}

my @explained = map { decode_json($_) } split /\n/, $t->command_ok(qw(config explain Sv --json));
my ($password) = grep { $_->{param} eq 'db_password' } @explained;
is_deeply($password, { param => 'db_password', value => '(hidden)', from => 'row for host *' }, 'config explain: a secret');
my ($b) = grep { $_->{param} eq 'B' } @explained;
is_deeply($b, { param => 'B', value => '2', from => 'row for host *' }, 'config explain: a row');
like((grep { $_->{param} eq 'dsn' } @explained)[0]{from}, qr/\[global\] line \d+ of /, 'config explain: the file');

# ---- times ----
my ($id) = $t->submit_as('A::One', { insert_time => 86400, run_after => 86401 }, { a => 1 });
my %time = (
    '--utc'        => '1970-01-02 00:00:00',
    '--epoch-time' => 86400,
);
like($t->command_ok('job', 'info', $id, $_), qr/^Submit Time: $time{$_}$/m, "job info $_") for sort keys %time;
like($t->command('job', 'info', $id, { env => { TZ => 'UTC-5' } })->{stdout}, qr/^Submit Time: 1970-01-02 05:00:00$/m, 'job info in local time');
like($t->command_ok('job', 'list', $_), qr/^$id\tA::One\twaiting\t$time{$_}\t/m, "job list $_") for sort keys %time;
like($t->command('job', 'list', { env => { TZ => 'UTC-5' } })->{stdout}, qr/^$id\tA::One\twaiting\t1970-01-02 05:00:00\t/m, 'job list in local time');

$t->finish;
