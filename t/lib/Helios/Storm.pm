# SPDX-License-Identifier: MIT
package Helios::Storm;

# A workload under faults, and the audit of what became of it.
#
# Each job may leave two marks: a row in toy_effect, written in the transaction that completes it, and
# a line "<jobid> <pid>" in a file, as any effect outside the database. While it lasts, events drawn
# from the seed befall processes, database and network (Helios::Chaos); then all is put right, the
# queue drains, the daemon stops, and the audit compares what there is with what there must be.

use strict;
use warnings;

use Storable qw(nfreeze);
use Helios::Chaos;
use Helios::Proxy;
use Helios::Server;
use Helios::Test;
use Test::More;

my $RETRIES = 4;         # of the service
my $BACKLOG = 120;       # jobs that wait, at least, while the storm lasts
my $DRAIN_S = 30;        # for what is left when it is over

sub destroy {
    my ($self) = @_;
    $self->{t}->kill_all;
    $self->{t}{dbh} = undef;
    $self->{t}->destroy;
    $self->{proxy}->destroy if $self->{proxy};
    return;
}

# Options: seed, seconds.
sub new {
    my ($class, %option) = @_;
    my $self = bless { %option, boards => 0, submitted => {}, starts => 0 }, $class;
    my $sqlite = ($ENV{HELIOS_TEST_STORE} // 'sqlite') eq 'sqlite';
    if (!$sqlite) {
        $self->{server} = Helios::Server->new(clock => 1, options => ['--max-connections=60']);
        $ENV{HELIOS_TEST_SOCKET} = $self->{server}->socket;
    }
    my $service = $self->{seed} % 3 ? 'Toy::Storm' : 'Toy::StormIdem';
    my %section = (OVERDRIVE => 1, MAX_WORKERS => 3, WORKER_LAUNCH_PATTERN => 'optimistic', CLAIM_TARGET_MS => 20,
        WORKER_LINGER => $self->{seed} % 2 ? 5 : 0);
    my $t = $self->{t} = Helios::Test->new(service => $service, section => \%section, schema => 0);
    my %global;
    if ($sqlite) {
        # A file system of its own that can be full, where that is allowed.
        $self->{disk} = $t->mount_disk('disk', '12m');
        $t->{dsn} = "dbi:SQLite:dbname=$self->{disk}/collective.db" if $self->{disk};
        $global{dsn} = $t->{dsn};
    } else {
        $self->{proxy} = Helios::Proxy->new($self->{server}->socket);
        # The server may be stopped at any moment: this script must not be.
        $t->{dsn} .= ';mysql_connect_timeout=2;mysql_read_timeout=3;mysql_write_timeout=3';
        $t->{dbh} = undef;
        $t->sql("CREATE USER app\@localhost IDENTIFIED BY 'secret'");
        $t->sql("GRANT ALL ON $t->{database}.* TO app\@localhost");
        %global = (user => 'app', password => 'secret', dsn => "dbi:mysql:database=$t->{database};host=127.0.0.1;port="
            . $self->{proxy}->port . ';mysql_connect_timeout=3;mysql_read_timeout=4;mysql_write_timeout=4');
    }
    $t->write_ini(global => \%global, section => \%section);
    $t->command_ok('schema', 'init');
    $t->sql('CREATE TABLE toy_effect (jobid BIGINT NOT NULL, pid BIGINT, at BIGINT)');
    $self->{lines} = $t->tmp . '/lines';
    $self->{funcid} = $t->funcid($service);
    $self->{chaos} = Helios::Chaos->new($self);
    return $self;
}

sub use_database {
    my ($self, $dbh) = @_;
    $dbh->do("USE $self->{t}{database}");
    return $dbh;
}

sub master {
    my ($self) = @_;
    return $self->{daemon} && !exists $self->{daemon}{exit} ? $self->{daemon}{pid} : 0;
}

# ---- the workload ----

# What a job is to do; the mixture is of the seed, by the job's number.
sub arguments {
    my ($self, $number) = @_;
    my $h = ($number * 2654435761 + $self->{seed} * 40503) % 1000;
    my %args = (append => $self->{lines}, sleep_ms => $h % 15);
    $args{effect} = 1 if $h % 10 < 9 && $self->{t}->service eq 'Toy::Storm';
    my @actions = ([30, 'fail_once'], [60, 'fail_no_retry'], [70, 'fail'], [73, 'crash'], [75, 'exit'], [82, 'close_fds'],
        [115, 'leak_fd'], [120, 'block_signals'], [125, 'fork'], [135, 'chdir'], [145, 'none']);
    for (@actions) { if ($h < $_->[0]) { $args{action} = $_->[1]; last } }
    return \%args;
}

# Puts jobs in, each under a key of its own by which it is found again when nobody knows whether a
# COMMIT succeeded.
sub submit_some {
    my ($self, $n) = @_;
    my $t = $self->{t};
    my $first = $self->{next} // 1;
    eval {
        my $dbh = $t->dbh;
        $dbh->begin_work;
        my $insert = $dbh->prepare('INSERT INTO job (funcid, arg, uniqkey, insert_time, run_after, grabbed_until) VALUES (?,?,?,?,?,0)');
        for my $number ($first .. $first + $n - 1) {
            $insert->bind_param(1, $self->{funcid});
            $insert->bind_param(2, nfreeze([Helios::Test::xml($self->arguments($number))]), DBI::SQL_BLOB());
            $insert->bind_param(3, "storm-$number");
            $insert->bind_param(4, time);
            $insert->bind_param(5, time - 100);
            $insert->execute;
        }
        $dbh->commit;
        1;
    } or do { $self->{trouble} = $@; $t->{dbh} = undef };
    # A number that was tried is not used again, whether or not its job is there.
    $self->{next} = $first + $n;
    return;
}

sub top_up {
    my ($self) = @_;
    return if now() < ($self->{submit_at} // 0);
    my $waiting = eval { $self->{t}->count('job') };
    if (!defined $waiting) { $self->{t}{dbh} = undef; $self->{submit_at} = now() + 0.3; return }
    $self->submit_some(40) if $waiting < $BACKLOG;
    $self->{submit_at} = now() + 0.1;
    return;
}

# Keeps a daemon running, as a service manager does. It is started again however it ended.
sub keep_daemon {
    my ($self) = @_;
    my $t = $self->{t};
    my $daemon = $self->{daemon};
    if ($daemon && !$t->ended($daemon)) {
        # The board of each master, for its counters: the file itself goes with its daemon.
        my $board = $t->pid_file('board');
        if (!$daemon->{board} && ($t->board('master_pid') // 0) == $daemon->{pid}) {
            my $copy = $t->tmp . '/board.' . ++$self->{boards};
            $daemon->{board} = $copy if link $t->pid_file('board'), $copy;
        }
        return;
    }
    return if now() < ($self->{start_at} // 0);
    push @{ $self->{ends} }, $daemon if $daemon;
    $self->{start_at} = now() + 0.4;
    # No leak check: it stops the process by ptrace, from which a SIGCONT of ours does not wake it.
    $self->{daemon} = $t->spawn([$t->program('helios_d'), '--foreground', $t->service],
        asan => ['handle_segv=0', 'handle_abort=0', 'detect_leaks=0']);
    return;
}

sub step {
    my ($self) = @_;
    $self->keep_daemon;
    if (my $pid = $self->{chaos}{starting}) {
        delete $self->{chaos}{starting} if waitpid($pid, POSIX::WNOHANG()) == $pid;
    }
    for my $pid (keys %{ $self->{chaos}{helpers} }) {
        delete $self->{chaos}{helpers}{$pid} if waitpid($pid, POSIX::WNOHANG()) == $pid;
    }
    select undef, undef, undef, 0.02;
    return;
}

# The storm itself.
sub blow {
    my ($self) = @_;
    my $chaos = $self->{chaos};
    my @events = $chaos->draw($self->{seed}, $self->{seconds});
    $self->{events} = [@events];
    my @open;
    my $begun = now();
    while ((my $at = now() - $begun) < $self->{seconds}) {
        while (@events && $events[0]{at} <= $at) {
            my $event = shift @events;
            $chaos->begin($event);
            push @open, $event;
        }
        for my $event (grep { $_->{at} + $_->{seconds} <= $at } @open) { $chaos->end($event) }
        @open = grep { $_->{at} + $_->{seconds} > $at } @open;
        $self->top_up;
        $self->step;
    }
    $chaos->end($_) for @open;
    $chaos->heal;
    # What a helper that gave up has left.
    $self->{t}{dbh} = undef;
    $self->{t}->del_param($_) for qw(HOLD MAX_WORKERS);
    return if !$self->{server};
    $self->{t}->sql('SET GLOBAL read_only = 0');
    $self->{t}->sql('ALTER USER app@localhost WITH MAX_USER_CONNECTIONS 0');
    $self->{t}->sql("GRANT ALL ON $self->{t}{database}.* TO app\@localhost");
    return;
}

# All that is left is done, whoever left it: every lease of a process that is no more has run out or
# was given back by then.
sub calm {
    my ($self) = @_;
    my $t = $self->{t};
    $t->{dbh} = undef;
    my $left = -1;
    $t->wait_for(sub {
        $self->step;
        $left = eval { $t->count('job') } // do { $t->{dbh} = undef; -1 };
        return $left == 0;
    }, $DRAIN_S, 'the queue to drain after the storm');
    $self->keep_daemon while !$self->master;
    $t->wait_for(sub { $self->keep_daemon; (Helios::Test::pid_of($t->pid_file) // 0) == $self->{daemon}{pid} || !-e $t->pid_file('pid') }, 30,
        'the last daemon to be up');
    $t->stop($self->{daemon}, 30);
    return;
}

# ---- the audit ----

my @COUNTERS = qw(completed failed failed_final deferred released lost);

# The outcomes that the boards of all masters have counted, of workers and pollers.
sub counted {
    my ($self) = @_;
    my %sum = map { $_ => 0 } @COUNTERS;
    for my $path (glob $self->{t}->tmp . '/board.*') {
        my $bytes = slurp($path);
        my ($slots, $slot_size) = (unpack('L4', substr $bytes, 8))[1, 3];
        my $first = length($bytes) - $slots * $slot_size;
        my @total = unpack 'Q9', substr $bytes, 256, 72;
        $sum{ $COUNTERS[$_] } += $total[$_] for 0 .. 5;
        $sum{failed} += $total[6];
        $sum{failed_final} += $total[7];
        my $used = unpack 'L', substr $bytes, 328, 4;
        for my $i (0 .. $used - 1) {
            my @own = unpack 'Q6', substr $bytes, $first + $i * $slot_size + 48, 48;
            $sum{ $COUNTERS[$_] } += $own[$_] for 0 .. 5;
        }
    }
    return \%sum;
}

# Whether its poller has ever looked at the database: one that cannot at its start gives up.
sub was_up {
    my ($daemon) = @_;
    return $daemon->{board} && unpack('q', substr slurp($daemon->{board}), 208, 8) > 0;
}

# Everything that was logged, wherever it went.
sub all_log {
    my ($self) = @_;
    my $t = $self->{t};
    my @lines = map { sprintf '%s [%d] Job %d: %s', $_->{log_time}, $_->{process_id}, $_->{jobid} // 0, $_->{message} }
        $t->rows('SELECT log_time, process_id, jobid, message FROM helios_log_tb');
    push @lines, split /\n/, slurp($_) for glob $t->tmp . '/*.err';
    return @lines;
}

# An empty list, or what is wrong: one sentence for each kind of fault, with examples.
sub audit {
    my ($self) = @_;
    my $t = $self->{t};
    my %fault;
    my $note = sub { my ($kind, $what) = @_; push @{ $fault{$kind} }, $what };

    my (%good, %bad, %last, %errors, %effects, %lines, %status, %excuse, %runners);
    for my $row ($t->rows('SELECT jobid, exitstatus FROM helios_job_history_tb')) {
        $row->{exitstatus} ? $bad{ $row->{jobid} }++ : $good{ $row->{jobid} }++;
    }
    $errors{ $_->{jobid} }++  for $t->rows('SELECT jobid FROM error');
    $effects{ $_->{jobid} }++ for $t->rows('SELECT jobid FROM toy_effect');
    $status{ $_->{jobid} } = $_->{status} for $t->rows('SELECT jobid, status FROM exitstatus');
    for (split /\n/, slurp($self->{lines}) // '') {
        my ($id, $pid) = /^(\d+) (\d+)$/ or next;
        $lines{$id}++;
        push @{ $runners{$id} }, $pid;
        $excuse{$id}++ if $self->{chaos}{killed}{$pid};
    }
    my @log = $self->all_log;
    for (@log) {
        $excuse{$1}++ if /Job (\d+): .*(?:given back|no longer held it|lease lost|lost before the outcome)/;
    }

    $note->('still in the queue', $_->{jobid}) for $t->rows('SELECT jobid FROM job');
    my %known = map { $_ => 1 } keys %good, keys %bad;
    for my $id (sort { $a <=> $b } keys %known) {
        my ($good, $bad, $errors, $lines) = map { $_->{$id} // 0 } \%good, \%bad, \%errors, \%lines;
        $note->('completed more than once', $id) if $good > 1;
        $note->('neither completed nor failed for good', "$id ($bad failures)")
            if !$good && !defined $status{$id};
        $note->('failures in history and error differ', "$id ($bad, $errors)") if $bad != $errors;
        $note->('failed more often than its service allows', "$id ($bad)") if $bad > $RETRIES + 1;
        $note->('without exit status', $id) if !defined $status{$id};
        $note->('exit status differs from the outcome', $id) if defined $status{$id} && ($status{$id} == 0) != ($good == 1);
        $note->('completed without a line', $id) if $good && !$lines;
        my $may = $good + $bad + ($excuse{$id} // 0);
        $note->('ran more often than anything explains', "$id ($lines lines; $good completed, $bad failed, " . ($excuse{$id} // 0) . ' other)')
            if $lines > $may;
        if ($lines > $may) {
            my $who = join '|', @{ $runners{$id} };
            $note->("what is known of the runs of $id by $who", join ' / ', grep { /Job $id: |\b(?:$who)\b/ } @log);
        }
    }
    for my $id (keys %effects) {
        $note->('effect more than once', $id) if $effects{$id} > 1;
        $note->('effect of a job that did not complete', $id) if !$good{$id};
    }
    $self->audit_submitted(\%known, \%good, \%effects, $note);
    $self->audit_counters(\%good, \%status, $note);
    for my $daemon (@{ $self->{ends} // [] }) {
        $note->('a daemon ended by itself', "$daemon->{err} (exit $daemon->{exit}, signal $daemon->{signal})")
            if ($daemon->{exit} || $daemon->{signal}) && !$self->{chaos}{killed}{ $daemon->{pid} } && was_up($daemon);
    }
    $note->('the last daemon ended', "exit $self->{daemon}{exit}, signal $self->{daemon}{signal}") if $self->{daemon}{exit} || $self->{daemon}{signal};
    $self->{figures} = sprintf '%d jobs, %d completed, %d failed for good, %d failures, %d lines, %d events, %d killed, %d starts',
        scalar(keys %known), scalar(keys %good), scalar(grep { !$good{$_} } keys %known), scalar(map { ($_) x $bad{$_} } keys %bad),
        scalar(map { ($_) x $lines{$_} } keys %lines), scalar(@{ $self->{events} }), scalar(keys %{ $self->{chaos}{killed} }), 1 + @{ $self->{ends} // [] };
    return map { sprintf '%s: %d, such as %s', $_, scalar(@{ $fault{$_} }), join ', ', (@{ $fault{$_} })[0 .. ($#{ $fault{$_} } < 4 ? $#{ $fault{$_} } : 4)] } sort keys %fault;
}

# Each transaction of ours put in all of its forty jobs or none; a job that completed did what it was
# asked to.
sub audit_submitted {
    my ($self, $known, $good, $effects, $note) = @_;
    my %block;
    for my $row ($self->{t}->rows('SELECT DISTINCT jobid, uniqkey FROM helios_job_history_tb')) {
        my ($number) = ($row->{uniqkey} // '') =~ /^storm-(\d+)$/ or next;
        $block{ int(($number - 1) / 40) }{$number} = 1;
        my $args = $self->arguments($number);
        $note->('completed without its effect', $row->{jobid})
            if $good->{ $row->{jobid} } && $args->{effect} && !$effects->{ $row->{jobid} };
        $note->('completed although it always fails', $row->{jobid})
            if $good->{ $row->{jobid} } && ($args->{action} // '') =~ /^(?:crash|exit|fail|fail_no_retry|none)$/;
    }
    for my $n (keys %block) {
        my $there = keys %{ $block{$n} };
        $note->('jobs lost', "$there of 40 of block $n") if $there != 40;
    }
    return;
}

# A process that is killed between its COMMIT and its counter leaves the counter behind; nothing makes
# it run ahead.
sub audit_counters {
    my ($self, $good, $status, $note) = @_;
    my $counted = $self->counted;
    my $slack = keys %{ $self->{chaos}{killed} };
    my %rows = (completed => scalar(keys %$good), failed_final => scalar(grep { $_ != 0 } values %$status));
    for (sort keys %rows) {
        my $short = $rows{$_} - $counted->{$_};
        # An uncertain failure whose job somebody else has ended meanwhile passes for final.
        $short += grep { /Job \d+: the database was lost before the outcome/ } $self->all_log if $short < 0;
        $note->("counter of $_ differs", "$counted->{$_} counted, $rows{$_} in the tables, $slack killed")
            if ($rows{$_} < $counted->{$_} && $short < 0) || $short > $slack * 40;
    }
    return;
}

1;
