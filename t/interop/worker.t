# SPDX-License-Identifier: MIT
# Scenarios of a TheSchwartz worker with ours in its place: a Perl client inserts and asks by its
# handles, Toy::Keep (two retries, exit status kept for an hour) does the jobs.
use strict;
use warnings;
use Helios::Test;
use Helios::Schwartz;
use Storable qw(nfreeze);
use Test::More;

my $t = Helios::Test->new(service => 'Toy::Keep', section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
my $client = perl_client($t);
$client->can_do('Toy::Other');

sub job {
    my ($args, %column) = @_;
    return TheSchwartz::Job->new(funcname => $t->service, arg => [ref $args ? Helios::Test::xml($args) : $args], %column);
}
sub put {
    my $handle = $client->insert(job(@_)) // die 'not inserted';
    return $handle;
}
sub drain {
    my ($what, @options) = @_;
    my $run = $t->helios_d('--foreground', '--drain', @options, $t->service);
    ok($run->{exit} <= 1 && !$run->{signal}, "$what: drained") or diag $run->{stderr};
    return;
}

# ---- cleaning does not wait for a job to fail ----
my $now = int time;
$t->sql('INSERT INTO error (error_time, jobid, message) VALUES (?, 7000001, ?)', $now - 604900, 'old');
$t->sql('INSERT INTO error (error_time, jobid, message) VALUES (?, 7000001, ?)', $now - 604700, 'young');
$t->sql('INSERT INTO exitstatus (jobid, delete_after) VALUES (7000001, ?), (7000002, ?)', $now - 5, $now + 600);
my $daemon = $t->start;
$t->wait_for(sub { $t->count('exitstatus') == 1 && $t->count('error') == 1 }, 10, 'old rows to be cleaned while nothing runs');
is_deeply([$t->errors(7000001)], ['young'], 'an error of less than a week stays');
is($t->stop($daemon)->{exit}, 0, 'the daemon has stopped');

# ---- ends, as a handle tells them ----
my @table = (
    # name, arguments, failures, exit status, pattern of each message
    ['complete', { action => 'complete' }, 0, 0],
    ['retry', { action => 'fail_once', message => 'not yet' }, 1, 0, 'not yet'],
    ['final failure', { action => 'fail', status => 9, message => 'no luck' }, 3, 9, 'no luck'],
    ['failure without a status', { action => 'fail', status => 0, message => 'no luck' }, 3, 1, 'no luck'],
    ['permanent failure', { action => 'fail_no_retry', status => 6, message => 'never' }, 1, 6, 'never'],
    ['no verdict', { action => 'none' }, 3, 1, 'Job did not explicitly complete, fail, or get replaced'],
    ['exit in the middle', { action => 'exit', status => 3 }, 3, 1, qr/exit/],
    ['a second verdict', { action => 'complete_then_fail' }, 0, 0],
    ['replace', '<metajob><jobs><job><params><log>child</log></params></job><job><params><log>child</log></params></job></jobs></metajob>', 0, 0],
    ['replace with nothing', '<metajob><jobs></jobs></metajob>', 0, 0],
);
my @handles = map { put($_->[1]) } @table;
is(scalar(grep { $_->is_pending } @handles), @table, 'all are pending');
$daemon = $t->start;
$t->wait_for(sub { $t->count('job') == 0 }, 30, 'all jobs to have ended');
is($t->stop($daemon)->{exit}, 0, 'the daemon stops cleanly');
for my $i (0 .. $#table) {
    my ($name, undef, $failures, $status, $message) = @{ $table[$i] };
    my $handle = $handles[$i];
    ok(!$handle->is_pending, "$name: not pending");
    is($handle->failures, $failures, "$name: $failures failures");
    is($handle->exit_status, $status, "$name: exit status $status");
    like($_, ref $message ? $message : qr/\A\Q$message\E\n?\z/, "$name: message") for $handle->failure_log;
}
is(scalar(grep { $_ eq 'child' } $t->log_rows), 2, 'both jobs of the replacement have run');
$t->sql('DELETE FROM error');

# ---- run_after ----
my $later = put({ action => 'complete' }, run_after => time + 3600);
drain('run_after');
ok($later->is_pending, 'a job of the next hour is not run');
$t->sql('UPDATE job SET run_after=1 WHERE jobid=?', $later->jobid);
drain('run_after again');
ok(!$later->is_pending, 'it is when its time has come');

# ---- uniqkey ----
my $first = put({ action => 'complete' }, uniqkey => 'Key');
my @submit = ('submit', '--uniqkey');
is($t->command(@submit, 'Key', $t->service, 'a=1')->{exit}, 65, 'our client refuses the key that Perl has taken');
is($t->command(@submit, 'Key', 'Toy::Other', 'a=1')->{exit}, 0, 'another jobtype may have it');
is($t->count('job', "uniqkey='Key'"), 2, 'one row of each');
my $perl_takes = $client->insert(job({ action => 'complete' }, uniqkey => 'KEY')) ? 1 : 0;
$t->sql("DELETE FROM job WHERE uniqkey='KEY'") if $perl_takes;
my $we_take = $t->command(@submit, 'KEY', $t->service, 'a=1')->{exit} == 0 ? 1 : 0;
is($we_take, $perl_takes, 'KEY is ' . ($perl_takes ? 'another' : 'the same') . ' key to both, as the collation has it');
drain('keys');
ok(!$first->is_pending, 'the job is done');
is($t->command(@submit, 'Key', $t->service, 'a=1')->{exit}, 0, 'then our client can use the key again');
is($client->insert(job({ action => 'complete' }, uniqkey => 'Key')), undef, 'and Perl cannot');
drain('the key again');

# ---- no jobtype waits until the others are drained ----
my $order = $t->tmp . '/order';
my @types = ($t->service, 'Toy::Other', 'Toy::Third');
my %type;
for my $type (@types) {
    $type{$_} = $type for $t->submit_as($type, {}, map { { append => $order } } 1 .. 10);
}
drain('three jobtypes', '--jobtypes=Toy::Other,Toy::Third');
my @order = map { $type{(split)[0]} } split /\n/, slurp($order);
is(scalar @order, 30, 'each job of three types has run');
my %first_at = map { $order[$_] => $_ } reverse 0 .. $#order;
my %last_at  = map { $order[$_] => $_ } 0 .. $#order;
my ($drained) = sort { $a <=> $b } values %last_at;
cmp_ok($first_at{$_}, '<', $drained, "$_ began before one of them was drained") for @types;

# ---- a drain does what becomes due while it works, and what is tried again without a delay ----
{
    my $retry = Helios::Test->new(service => 'Toy::Retry', section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
    $retry->submit({ sleep_ms => 2500 }, map { { action => 'fail_once' } } 1 .. 5);
    $retry->submit_as('Toy::Retry', { run_after => time + 2 }, { action => 'complete' });
    is($retry->helios_d('--foreground', '--drain', 'Toy::Retry')->{exit}, 0, 'drained once');
    is($retry->count('job'), 0, 'with what has become due meanwhile');
    is($retry->count('error'), 5, 'and what had failed once');
    is($retry->sanitizer_reports, '', 'nothing of the sanitizers');
}

# ---- what monitors count (schwartzmon of TheSchwartz 1.12 asks this, but ends by a fault of its own) ----
{
    my $outstanding = sub { $t->count('job', 'funcid=? AND run_after<=?', $t->funcid($t->service), time) };
    my $failed = sub { $t->count('error', 'funcid=? AND error_time>=?', $t->funcid($t->service), time - 60) };
    my $before = $failed->();
    is($outstanding->(), 0, 'a monitor sees an empty queue');
    put({ action => 'fail_no_retry', message => 'seen by a monitor' }) for 1 .. 3;
    is($outstanding->(), 3, 'it counts what waits');
    drain('before the monitor');
    is($failed->() - $before, 3, 'our errors');
    is($outstanding->(), 0, 'and an empty queue again');
}

# ---- a floor of priority: what one side leaves alone the other does too ----
{
    my @section = (section => { OVERDRIVE => 1, MAX_WORKERS => 1, PRIORITIZE_JOBS => 'high', PRIORITY_FLOOR => 5 });
    $t->write_ini(@section);
    my %left;
    for my $who ('ours', 'Perl') {
        my %handle = map { $_ => put({ action => 'complete' }, $_ eq 'none' ? () : (priority => $_)) } 'none', 0, 4, 5, 6, 65535;
        if ($who eq 'ours') { drain('with a floor') }
        else {
            my $worker = $t->collect(perl_process($t, sub {
                $_[0]->set_prioritize(1);
                $_[0]->set_floor(5);
                $_[0]->work_until_done;
            }), 30);
        }
        $left{$who} = join ' ', grep { $handle{$_}->is_pending } sort keys %handle;
        $t->sql('DELETE FROM job');
    }
    is($left{ours}, '0 4 none', 'jobs below the floor, or without a priority, are left alone');
    is($left{Perl}, $left{ours}, 'as Perl leaves them');
    $t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 1, PRIORITY_FLOOR => 5 });
    my $check = $t->helios_d('--check', $t->service);
    like($check->{stdout} . $check->{stderr}, qr/PRIORITY_FLOOR .* without effect unless PRIORITIZE_JOBS is set/, 'a floor alone is reported');
    $t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 1 });
}

# ---- connections and privileges ----
SKIP: {
    skip 'a file has neither connections nor users', 4 if $t->sqlite;
    my ($user, $password) = ("u$t->{database}" =~ /^(.{1,32})/, 'p' . int rand 1 << 30);
    $t->{admin}->do("CREATE USER '$user'\@'localhost' IDENTIFIED BY '$password'");
    # For each table alone, and none for the notes, which Perl's programs need not have either.
    $t->{admin}->do("GRANT SELECT, INSERT, UPDATE, DELETE ON $t->{database}.$_ TO '$user'\@'localhost'")
        for grep { $_ ne 'note' } @{ $t->dbh->selectcol_arrayref('SHOW TABLES') };
    $t->write_ini(global => { user => $user, password => $password }, section => { OVERDRIVE => 1, MAX_WORKERS => 2 });
    my $gate = $t->tmp . '/gate';
    my $up = eval {
        $daemon = $t->start;
        $t->submit({ $t->gated($gate), action => 'complete' });
        $t->submit({ action => 'fail', message => 'as a plain user' }, \nfreeze(['<metajob><jobs><job><params/></job></jobs></metajob>']));
        $t->wait_for(sub { -e "$gate.up" }, 10, 'a job to run');
        1;
    };
    ok($up, 'runs with the privileges SELECT, INSERT, UPDATE and DELETE') or diag $@;
    my $count = sub { ($t->{admin}->selectrow_array('SELECT COUNT(*) FROM information_schema.processlist WHERE user=?', undef, $user))[0] };
    $t->wait_for(sub { $count->() <= 1 + $t->workers($daemon->{pid}) }, 10, 'one connection for each process');
    pass('one connection for each process');
    spew($gate, '');
    $t->wait_for(sub { $t->count('job') == 0 }, 20, 'the jobs');
    is($t->count('error', "message='as a plain user'"), 3, 'failures are written too');
    is($t->stop($daemon)->{exit}, 0, 'the daemon has stopped');
    $t->{admin}->do("DROP USER '$user'\@'localhost'");
}
$t->finish;
