# SPDX-License-Identifier: MIT
# Jobs start because their commit was seen: all intervals are so long that nothing else would start
# them within the time of this script.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my %slow = (zero_sleep_interval => 600, zero_launch_interval => 600, master_launch_interval => 600,
    registration_interval => 600, WAKE => undef, log_priority_threshold => 7);
my $t = Helios::Test->new(global => \%slow,
    section => { OVERDRIVE => 1, MAX_WORKERS => 1, WORKER_LINGER => 600 });

sub done {
    my ($what, @ids) = @_;
    $t->wait_for(sub { !grep { $t->job($_) } @ids }, 10, $what);
    pass($what);
    return;
}

# ---- a jobtype that does not exist when the daemon starts ----
my $daemon = $t->start;
$t->watching;
done('the first job of a jobtype that came to be', $t->submit({}));
my ($worker) = $t->workers($daemon->{pid});
ok($worker, 'its worker stays');

# ---- inserted ----
$t->watching;
for my $n (1 .. 5) {
    my $file = $t->tmp . "/who.$n";
    done("job $n, inserted", $t->submit({ append => $file }));
    is((split ' ', slurp($file))[1], $worker, "job $n was run by the worker that waited");
}
done('ten jobs in one transaction', $t->submit(map { {} } 1 .. 10));

# ---- due later, released, brought forward ----
done('a job that became due', $t->submit_as($t->service, { run_after => int(time) + 2 }, {}));
my $later = int(time) + 3600;
my ($held) = $t->submit_as($t->service, { grabbed_until => $later }, {});
my ($delayed) = $t->submit_as($t->service, { run_after => $later }, {});
ok($t->job($held) && $t->job($delayed), 'jobs that are held or delayed are not run');
$t->sql('UPDATE job SET grabbed_until=0 WHERE jobid=?', $held);
done('a job that was released', $held);
$t->sql('UPDATE job SET run_after=? WHERE jobid=?', int(time) - 1, $delayed);
done('a job that was brought forward', $delayed);

# ---- parameters ----
$t->set_param(HOLD => 1);
$t->wait_for(sub { $t->board('master_state') == 2 }, 10, 'HOLD to be obeyed');
my ($waits) = $t->submit({});
$t->del_param('HOLD');
done('a job after HOLD was taken away', $waits);

# ---- others' jobs do not wake anybody ----
SKIP: {
    skip 'a file does not say what has changed', 1 if $t->sqlite;
    $t->watching;
    my $due = $t->board('watch_due');
    my @foreign = $t->submit_as('Toy::Foreign', {}, map { {} } 1 .. 5);
    done('a job among those of others', $t->submit({}));
    is($t->board('watch_due') - $due, 1, 'only ours was counted');
    $t->sql('DELETE FROM job WHERE jobid=?', $_) for @foreign;
}

# ---- the watcher dies ----
my $old = $t->watcher($daemon->{pid});
kill KILL => $old;
$t->wait_for(sub { ($t->watcher($daemon->{pid}) // $old) != $old }, 10, 'another watcher');
$t->watching;
done('a job after the watcher was killed', $t->submit({}));

# ---- one that cannot begin is tried again after longer and longer pauses ----
if ($t->sqlite) {
    my $ended = sub { scalar $t->log_rows(qr/^The watcher ended by exit code/) };
    my ($before, $file) = ($ended->(), $t->tmp . '/collective.db');
    rename $file, "$file.away" or die "rename: $!";
    kill KILL => $t->watcher($daemon->{pid});
    $t->wait_for(sub { $ended->() >= $before + 3 }, 10, 'three watchers to fail');
    my $since = Helios::Test::now();
    $t->wait_for(sub { $ended->() >= $before + 5 }, 20, 'two more');
    cmp_ok(Helios::Test::now() - $since, '>=', 0.8, 'which takes longer');
    rename "$file.away", $file or die "rename: $!";
    $t->watching;
    done('a job after the file was there again', $t->submit({}));
}

# ---- no lingering: workers are launched ----
$t->set_param(WORKER_LINGER => 0);
$t->wait_for(sub { $t->submit({}); !$t->workers($daemon->{pid}) }, 10, 'the workers to leave');
done('a job for which a worker is launched', $t->submit({}));

# ---- not wanted any more, and again ----
$t->set_param(WAKE => 'poll');
$t->wait_for(sub { !$t->watcher($daemon->{pid}) }, 10, 'the watcher to go');
is($t->stop($daemon)->{exit}, 0, 'TERM: exit code 0');
ok((grep { /WAKE: watching/ } $t->log_rows) == 1, 'the log says once that changes are watched');
$t->finish;
