# SPDX-License-Identifier: MIT
package Helios::Chaos;

# The faults of a storm: a list of events drawn from a seed, and what each of them does. An event
# begins, and most end after a while; what ends it puts right what it broke. Events of one group do
# not overlap.

use strict;
use warnings;

use POSIX ();
use Helios::Test;

my $PASSING = qr/gone away|connect|lost|lock|busy|restart/i; # errors after which a helper tries again

# name => [weight, shortest, longest (seconds), group, begin, end]
my %common = (
    worker_killed  => [10, 0, 0, '', sub { $_[0]->hit(KILL => $_[0]->worker($_[1])) }],
    worker_segv    => [3, 0, 0, '', sub { $_[0]->hit(SEGV => $_[0]->worker($_[1])) }],
    worker_stopped => [3, 0.5, 3, '', sub { $_[1]{pid} = $_[0]->worker($_[1]); $_[0]->halt_process($_[1]{pid}) },
        sub { $_[0]->go_on($_[1]{pid}) }],
    poller_killed  => [3, 0, 0, 'poller', sub { $_[0]->hit(KILL => $_[0]->poller) }],
    poller_stopped => [2, 0.5, 3, 'poller', sub { $_[1]{pid} = $_[0]->poller; $_[0]->halt_process($_[1]{pid}) },
        sub { $_[0]->go_on($_[1]{pid}) }],
    master_killed  => [2, 0, 0, 'master', sub { $_[0]->hit(KILL => $_[0]{storm}->master); $_[0]->forget_board }],
    master_stopped => [1, 0.5, 2, 'master', sub { $_[1]{pid} = $_[0]{storm}->master; $_[0]->halt_process($_[1]{pid}) },
        sub { $_[0]->go_on($_[1]{pid}) }],
    all_stopped    => [1, 1, 3, 'master', sub { $_[1]{pids} = [$_[0]->everybody]; $_[0]->halt_process($_) for @{ $_[1]{pids} } },
        sub { $_[0]->go_on($_) for @{ $_[1]{pids} } }],
    all_killed     => [1, 0, 0, 'master', sub { $_[0]->hit(KILL => $_) for $_[0]->everybody; $_[0]->forget_board }],
    restarted      => [1, 0, 0, 'master', sub { kill TERM => $_[0]{storm}->master || return }],
    reloaded       => [1, 0, 0, '', sub { kill HUP => $_[0]{storm}->master || return }],
    reported       => [1, 0, 0, '', sub { kill USR1 => $_[0]{storm}->master || return }],
    held           => [1, 0.3, 1.5, 'hold', sub { $_[0]->param($_[1], HOLD => 1) }],
    workers_cut    => [1, 0.5, 3, 'max', sub { $_[0]->param($_[1], MAX_WORKERS => 1) }],
    run_emptied    => [1, 0, 0, 'master', sub { $_[0]->empty_run_folder }],
    column_added   => [1, 0, 0, 'schema', sub { my $n = $_[1]{number}; $_[0]->apart("ALTER TABLE job ADD COLUMN storm_$n INTEGER") }],
    index_dropped  => [1, 1, 3, 'schema', sub { $_[0]->for_a_while($_[1], $_[0]{storm}{t}->sqlite
            ? ('DROP INDEX helios_job_run_after', 'CREATE INDEX helios_job_run_after ON job (funcid, run_after)')
            : ('ALTER TABLE job DROP INDEX funcid', 'ALTER TABLE job ADD INDEX funcid (funcid, run_after)')) }],
);
my %mysql = (
    server_killed  => [2, 0, 0, 'server', sub { my ($c) = @_; $c->{storm}{server}->crash; $c->{starting} = $c->{storm}{server}->launch('start') }],
    server_stopped => [2, 0.5, 5, 'server', sub { $_[1]{pid} = $_[0]{storm}{server}->pid; kill STOP => $_[1]{pid} }, sub { kill CONT => $_[1]{pid} }],
    read_only      => [2, 0.3, 3, 'global', sub { $_[0]->for_a_while($_[1], 'SET GLOBAL read_only = 1', 'SET GLOBAL read_only = 0') }],
    connections_killed => [3, 0, 0, '', sub { $_[0]->kill_connections('CONNECTION') }],
    queries_killed => [2, 0, 0, '', sub { $_[0]->kill_connections('QUERY') }],
    too_many       => [1, 0.5, 3, 'user', sub { $_[0]->for_a_while($_[1], map { "ALTER USER app\@localhost WITH MAX_USER_CONNECTIONS $_" } 1, 0); $_[0]->kill_connections('CONNECTION') }],
    revoked        => [2, 0.3, 3, 'user', sub { my $on = "ALL ON $_[0]{storm}{t}{database}.*"; $_[0]->for_a_while($_[1], "REVOKE $on FROM app\@localhost", "GRANT $on TO app\@localhost") }],
    rows_locked    => [3, 0.3, 3, 'lock', sub { $_[0]->hold_open($_[1], 'SELECT jobid FROM job ORDER BY jobid DESC LIMIT 50 FOR UPDATE') }],
    table_locked   => [1, 0.3, 2, 'lock', sub { $_[0]->hold_open($_[1], 'LOCK TABLES job WRITE, helios_job_history_tb WRITE') }],
    deadlocked     => [3, 0.3, 2, 'lock', sub { $_[0]->collide($_[1]) }],
    snapshot_held  => [2, 1, 5, 'snapshot', sub { $_[0]->hold_open($_[1], 'SELECT COUNT(*) FROM job') }],
    clock_ahead    => [1, 1, 3, 'clock', sub { $_[0]{storm}{server}->set_clock(20) }, sub { $_[0]{storm}{server}->set_clock(0) }],
    clock_back     => [1, 1, 3, 'clock', sub { $_[0]{storm}{server}->set_clock(-20) }, sub { $_[0]{storm}{server}->set_clock(0) }],
    cut            => [3, 0, 0, '', sub { $_[0]{storm}{proxy}->tell('cut') }],
    cut_after      => [4, 0, 0, '', sub { $_[0]{storm}{proxy}->tell('cut_after ' . int($_[1]{draw} * 2000 + 1)) }],
    commit_unsent  => [4, 0, 0, '', sub { $_[0]{storm}{proxy}->tell('commit before 1') }],
    commit_unheard => [4, 0, 0, '', sub { $_[0]{storm}{proxy}->tell('commit after 1') }],
    stalled        => [2, 0.5, 5, 'net', sub { $_[0]{storm}{proxy}->tell("stall $_[1]{seconds}") }],
    swallowed      => [1, 0.5, 4, 'net', sub { $_[0]{storm}{proxy}->tell("swallow $_[1]{seconds}") }],
    delayed        => [2, 1, 3, 'net', sub { $_[0]{storm}{proxy}->tell("delay 20 $_[1]{seconds}") }],
);
my %sqlite = (
    file_locked => [4, 0.3, 7, 'lock', sub { $_[0]->lock_file($_[1]) }],
    disk_full   => [3, 0.3, 3, 'disk', sub { Helios::Test::fill_disk($_[0]{storm}{disk}) }, sub { unlink $_[0]{storm}{disk} . '/filler' }],
);

sub new {
    my ($class, $storm) = @_;
    return bless { storm => $storm, killed => {}, helpers => {} }, $class;
}

# The events of a seed, in order: { at, name, seconds, draw, number }. Drawn before anything runs, so
# that they depend on nothing else.
sub draw {
    my ($self, $seed, $seconds) = @_;
    my %kinds = (%common, $self->{storm}{t}->sqlite ? %sqlite : %mysql);
    delete $kinds{disk_full} if !$self->{storm}{disk};
    my @names = sort keys %kinds;
    my $sum = 0;
    $sum += $kinds{$_}[0] for @names;
    my (@events, %busy);
    srand $seed;
    for (my $at = 0.7; $at < $seconds - 1.5; $at += 0.15 + rand 0.9) {
        my ($pick, $span, $draw) = (rand $sum, rand, rand);
        my $name;
        for (@names) { $name = $_; last if ($pick -= $kinds{$_}[0]) < 0 }
        my (undef, $shortest, $longest, $group) = @{ $kinds{$name} };
        my $last = $shortest + $span * ($longest - $shortest);
        $last = $seconds - 0.5 - $at if $last > $seconds - 0.5 - $at;
        next if $group ne '' && $at < ($busy{$group} // 0);
        $busy{$group} = $at + $last + 0.2;
        push @events, { at => sprintf('%.2f', $at), name => $name, seconds => sprintf('%.2f', $last), draw => $draw, number => scalar @events };
    }
    $self->{kinds} = \%kinds;
    return @events;
}

sub begin {
    my ($self, $event) = @_;
    eval { $self->{kinds}{ $event->{name} }[4]->($self, $event); 1 } or $event->{trouble} = $@;
    return;
}

sub end {
    my ($self, $event) = @_;
    my $end = $self->{kinds}{ $event->{name} }[5] or return;
    eval { $end->($self, $event); 1 } or $event->{trouble} .= $@;
    return;
}

# Everything put right, whatever was under way.
sub heal {
    my ($self) = @_;
    my $storm = $self->{storm};
    kill CONT => $_ for $self->everybody;
    if ($storm->{server}) {
        my $server = $storm->{server};
        $storm->{proxy}->tell('heal');
        $server->set_clock(0);
        if (my $pid = $server->pid) { kill CONT => $pid }
        waitpid delete $self->{starting}, 0 if $self->{starting};
        eval { $server->connect } or $server->start or die "the server does not start again\n";
    }
    waitpid $_, 0 for keys %{ $self->{helpers} };
    return;
}

# ---- processes ----

sub worker {
    my ($self, $event) = @_;
    my @pids = $self->{storm}{t}->workers($self->{storm}->master // return 0);
    return @pids ? $pids[$event->{draw} * @pids] : 0;
}

sub poller { return $_[0]{storm}{t}->poller($_[0]{storm}->master // return 0) // 0 }

sub everybody {
    my ($self) = @_;
    return grep { (slurp("/proc/$_/cmdline") // '') =~ /helios_d/ } $self->{storm}{t}->users;
}

sub hit {
    my ($self, $signal, $pid) = @_;
    return if !$pid;
    $self->{killed}{$pid} = 1 if kill $signal => $pid;
    return;
}

# After its death: a master whose files had been removed leaves nothing by which its workers' jobs could
# be settled if they die too: their leases run out, and nobody can say why.
sub forget_board {
    my ($self) = @_;
    my $daemon = $self->{storm}{daemon};
    $self->forget($daemon->{board}) if $daemon->{emptied} && $daemon->{board};
    return;
}

# Those that have died already too.
sub forget {
    my ($self, $board) = @_;
    my $bytes = slurp($board);
    my ($slots, $size) = (unpack 'L4', substr $bytes, 8)[1, 3];
    my $first = length($bytes) - $slots * $size;
    $self->{killed}{ unpack 'l', substr $bytes, $first + $_ * $size, 4 } = 1 for 0 .. 15;
    return;
}

# The boards that daemons before the running one have left there go unsettled with it.
sub empty_run_folder {
    my ($self) = @_;
    my $storm = $self->{storm};
    my $t = $storm->{t};
    $storm->keep_daemon;
    my $own = $t->pid_file('board');
    my $running = ($t->board('master_pid') // 0) == $storm->{daemon}{pid};
    $self->forget($_) for grep { !($running && $_ eq $own) } glob $own . '*';
    $storm->{daemon}{emptied} = 1;
    unlink glob $t->tmp . '/run/*';
    return;
}

sub halt_process { kill STOP => $_[1] if $_[1] }
sub go_on        { kill CONT => $_[1] if $_[1] }

# ---- the database ----

sub param {
    my ($self, $event, $param, $value) = @_;
    my $t = $self->{storm}{t};
    my ($service, $host) = ($t->service, '*');
    $self->for_a_while($event, "INSERT INTO helios_params_tb (host, worker_class, param, value) VALUES ('$host','$service','$param','$value')",
        "DELETE FROM helios_params_tb WHERE worker_class='$service' AND host='$host' AND param='$param'");
    return;
}

# Runs code with a connection of its own in a process of its own, which may wait for locks and tries
# again while the database is away: the storm goes on meanwhile.
sub in_helper {
    my ($self, $code) = @_;
    my $storm = $self->{storm};
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
        alarm 60;
        for (1 .. 400) {
            last if eval { $code->($storm->{server} ? $storm->use_database($storm->{server}->connect) : $storm->{t}->connect_database); 1 };
            if ($@ !~ $PASSING) { print STDERR "helper: $@"; last }
            select undef, undef, undef, 0.1;
        }
        POSIX::_exit(0);
    }
    $self->{helpers}{$pid} = 1;
    return;
}

sub apart {
    my ($self, $sql) = @_;
    $self->in_helper(sub { $_[0]->do($sql) });
    return;
}

# One process for both, in this order, however long the first has to wait.
sub for_a_while {
    my ($self, $event, $set, $unset) = @_;
    my $is_set = 0;
    $self->in_helper(sub {
        my ($dbh) = @_;
        enforce($dbh, $set) if !$is_set;
        select undef, undef, undef, $event->{seconds} if !$is_set++;
        enforce($dbh, $unset);
    });
    return;
}

# One whose answer was lost may have been done: then it is refused the second time.
sub enforce {
    my ($dbh, $sql) = @_;
    eval { $dbh->do($sql); 1 } or $@ =~ $PASSING and die $@;
    return;
}

# Keeps what the statement locks, or the snapshot that it reads, for as long as the event lasts.
sub hold_open {
    my ($self, $event, $sql) = @_;
    $self->in_helper(sub {
        my ($dbh) = @_;
        $dbh->do('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        $dbh->begin_work if $sql !~ /^LOCK/;
        $sql =~ /^SELECT/ ? $dbh->selectall_arrayref($sql) : $dbh->do($sql);
        select undef, undef, undef, $event->{seconds};
        $dbh->disconnect;
    });
    return;
}

# Takes rows in an order that nobody else does.
sub collide {
    my ($self, $event) = @_;
    my $end = now() + $event->{seconds};
    $self->in_helper(sub {
        my ($dbh) = @_;
        while (now() < $end) {
            eval {
                $dbh->begin_work;
                for my $row (@{ $dbh->selectall_arrayref('SELECT jobid FROM job ORDER BY jobid DESC LIMIT 8') }) {
                    $dbh->do('UPDATE job SET priority = priority WHERE jobid=?', undef, $row->[0]);
                }
                $dbh->commit;
                1;
            } or eval { $dbh->rollback };
        }
    });
    return;
}

sub kill_connections {
    my ($self, $what) = @_;
    $self->in_helper(sub {
        my ($dbh) = @_;
        my $ids = $dbh->selectcol_arrayref("SELECT id FROM information_schema.processlist WHERE user='app'");
        for my $id (@$ids) { eval { $dbh->do("KILL $what $id") } }
    });
    return;
}

# As another program that does not care.
sub lock_file {
    my ($self, $event) = @_;
    $self->in_helper(sub {
        my ($dbh) = @_;
        $dbh->do('BEGIN EXCLUSIVE');
        select undef, undef, undef, $event->{seconds};
        $dbh->do('ROLLBACK');
    });
    return;
}

1;
