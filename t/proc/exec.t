# SPDX-License-Identifier: MIT
# ExecService: a program does not outlive its worker, however that ends.
use strict;
use warnings;
use Helios::Test;
use Test::More;

my $t = Helios::Test->new(service => 'ExecService');
my $tmp = $t->tmp;
my $program = spew("$tmp/program", <<'END');
#!/bin/sh
# Ignores a TERM, as does what it starts.
trap '' TERM
sleep 300 &
echo $$ $! >>"$1"
wait
END
chmod 0755, $program;

sub configure {
    my (%more) = @_;
    $t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 1, exec_program => $program, exec_args => "$tmp/started", exec_timeout => 300, %more });
    unlink "$tmp/started";
    $t->sql('DELETE FROM job');
    return;
}

# A daemon whose worker runs the program: it, the worker, and the processes of the program.
sub running {
    my $daemon = $t->start;
    $t->submit({ a => 1 });
    my @pids = @{ $t->wait_for(sub { my @p = (slurp("$tmp/started") // '') =~ /^(\d+) (\d+)$/ and return [$1, $2] }, 20, 'the program to run') };
    return ($daemon, ($t->workers($daemon->{pid}))[0], @pids);
}

sub gone {
    my ($what, @pids) = @_;
    $t->wait_for(sub { !grep { alive($_) } @pids }, 10, "$what: the program to end");
    pass("$what: the program ends");
    return;
}

configure();
my ($daemon, $worker, @program) = running();
kill KILL => $worker;
gone('the worker is killed', @program);
$t->stop($daemon);

configure(WORKER_MAX_TTL => 1, WORKER_MAX_TTL_WAIT_INTERVAL => 1);
($daemon, $worker, @program) = running();
gone('WORKER_MAX_TTL', @program);
$t->stop($daemon);

configure();
($daemon, $worker, @program) = running();
kill QUIT => $daemon->{pid};
is($t->collect($daemon)->{exit}, 0, 'QUIT: the daemon stops');
gone('QUIT', @program);

# ---- a program that cannot be run: said once, and doctor knows ----
configure(exec_program => '/nonexistent');
$daemon = $t->start;
$t->submit({ a => 1 });
$t->wait_for(sub { $t->board('looks') && $t->log_rows(qr/^Workers of ExecService end before they can take a job, the last \(process \d+\) by exit code 78: /) }, 20,
    'the deaths at the start to be said');
like($t->command('doctor')->{stdout}, qr/^warning\tscoreboards\t\d+ workers in a row of ExecService, pid $daemon->{pid}, have ended before they could take a job/m, 'doctor warns');
is(scalar($t->log_rows(qr/; 0 workers running; launching 0 workers/)), 0, 'and the log does not fill with launches that are none');
$t->stop($daemon);

configure(WORKER_LINGER => 60);
my $quick = spew("$tmp/quick", "#!/bin/sh\nsleep 300 >/dev/null 2>&1 &\necho \$! >>\"\$1\"\n");
chmod 0755, $quick;
$t->write_ini(section => { OVERDRIVE => 1, MAX_WORKERS => 1, WORKER_LINGER => 60, exec_program => $quick, exec_args => "$tmp/left" });
$daemon = $t->start;
$t->submit({ a => 1 });
$t->wait_for(sub { $t->count('helios_job_history_tb', 'exitstatus=0') }, 20, 'the job to be done');
my ($left) = slurp("$tmp/left") =~ /(\d+)/;
kill KILL => ($t->workers($daemon->{pid}))[0];
$t->wait_for(sub { $t->log_rows(qr/^Worker process \d+ was killed by signal 9/) }, 10, 'the death of the worker to be said');
ok(alive($left), 'what a program that has ended left behind is its own affair');
kill KILL => $left;
$t->stop($daemon);
$t->finish;
