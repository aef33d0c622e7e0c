# SPDX-License-Identifier: MIT
# helios top in a real terminal: what is on the screen, keys, another size, a database outage, every way to end.
use strict;
use warnings;
use IO::Socket::INET;
use Test::More;
use Helios::Test;
use Helios::Cli;
use Helios::Screen;

my $t = Helios::Test->new;
plan skip_all => 'needs tmux and pseudo-terminals' if !Helios::Screen->available($t);
my $host = $t->host;
my $top = $t->program('helios') . ' top';

# The server is reached through a link, so that it can go away.
my $link = "$t->{tmp}/socket";
if (!$t->sqlite) {
    symlink $ENV{HELIOS_TEST_SOCKET}, $link or die "symlink: $!";
    $t->write_ini(global => { dsn => "dbi:mysql:database=$t->{database};mysql_socket=$link" });
}

sub outage {
    if ($t->sqlite) {
        $t->sql('ALTER TABLE funcmap RENAME TO hidden');
        return;
    }
    unlink $link;
    for my $row (@{ $t->{admin}->selectall_arrayref('SELECT id FROM information_schema.processlist WHERE db=? AND id<>CONNECTION_ID()', undef, $t->{database}) }) {
        eval { $t->{admin}->do("KILL $row->[0]") };
    }
    $t->{dbh} = undef;
    return;
}

sub end_outage {
    if ($t->sqlite) { $t->sql('ALTER TABLE hidden RENAME TO funcmap') }
    else            { symlink $ENV{HELIOS_TEST_SOCKET}, $link or die "symlink: $!" }
    return;
}

# ---- a daemon with a job, one of another host, failures ----
my $gate = "$t->{tmp}/gate";
$t->sql('INSERT INTO helios_worker_registry_tb (register_time, start_time, worker_class, worker_version, host, process_id) VALUES (?,?,?,?,?,?)',
    time, time - 5000, 'Other::Service', '1', 'far', 77);
my ($lease) = $t->submit_as('Other::Service', { grabbed_until => time + 3000 }, { n => 1 });
$t->sql('INSERT INTO error (error_time, jobid, message, funcid) VALUES (?,?,?,?)', time - 5, 4711, "no\033[2J disk \xe6\xbc\xa2", $t->funcid('Other::Service'));
my ($job) = $t->submit({ $t->gated($gate) });
my $daemon = $t->start;
$t->wait_for(sub { -e "$gate.up" }, 20, 'the job to run');

my $screen = Helios::Screen->new($t, 100, 30);
$screen->line('PS1="\\$ "; stty -g');
my $modes = ($screen->wait_for(qr/^[0-9a-f:]{40,}$/m, 'a shell') =~ /^([0-9a-f:]{40,})/m)[0];
$screen->line($top);
my $seen = $screen->wait_for(qr/^ *\d+ +Toy::Service +running +$job +\d/m, 'the worker with its job');
# down to the last line that is looked at below: a screen may be read while it is drawn
$seen = $screen->wait_for(qr/^Other::Service +far .*^JOBTYPE.*^FAILED.* 4711 +Other::Service +no\\x1b\[2J disk \xe6\xbc\xa2$/ms, 'the queue');
like($seen, qr/^Toy::Service +\Q$host\E +$daemon->{pid} +running .* 1 +0 +\d+$/m, 'the daemon');
like($seen, qr/^Other::Service +far +77 +running /m, 'the one of another host');
like($seen, qr/^ +- +Other::Service +elsewhere +$lease +- /m, 'a job that runs elsewhere');
like($seen, qr/^Toy::Service +0 +0 +1 /m, 'its queue');
like($seen, qr/ 4711 +Other::Service +no\\x1b\[2J disk \xe6\xbc\xa2$/m, 'a failure, harmless');

# ---- keys ----
$screen->keys('Down', 'h');
$screen->wait_for(qr/^Toy::Service is on hold on host \Q$host\E$/m, 'hold is said');
$screen->wait_for(qr/^Toy::Service +\Q$host\E +\d+ +holding /m, 'the daemon holds');
$screen->keys('r');
$screen->wait_for(qr/^Toy::Service +\Q$host\E +\d+ +running /m, 'the daemon takes jobs again');
$screen->keys('/');
$screen->type('other');
$seen = $screen->wait_for(qr/^filter: other_$/m, 'a filter is typed');
unlike($seen, qr/Toy/, 'what does not contain it is gone');
$screen->keys('BSpace', 'Enter', 'Escape');
$screen->wait_for(qr/^Toy::Service +\Q$host\E/m, 'all is shown again');
$screen->keys('?');
$screen->wait_for(qr/let it take jobs again/, 'help');
$screen->keys('?');

# ---- sizes ----
$screen->resize(20, 6);
$seen = $screen->wait_for(qr/\Ahelios top  .*\n(?:.{0,20}\n)+\z/, 'a small terminal');
$t->sql('INSERT INTO error (error_time, jobid, message, funcid) VALUES (?,?,?,?)', time - 50, 4712, "\xc3\xa9" x 150, $t->funcid('Other::Service'));
$screen->resize(200, 34);
$seen = $screen->wait_for(qr/ 4712 +Other::Service +\xc3\xa9.*$/m, 'a message that is too long');
like($seen, qr/ 4712 +Other::Service +(?:\xc3\xa9){127}$/m, 'is cut between two characters');
$screen->resize(110, 34);
$screen->wait_for(qr/^SERVICE.* MAX\n.*^WORKER.*^JOBTYPE.* DRAIN\n.*^FAILED/ms, 'a large one');

# ---- the database goes away and comes back ----
outage();
$seen = $screen->wait_for(qr/^database away for \d+s: \S.*^queue and failures .*^ *\d+ +Toy::Service +running +$job +\d/ms, 'an outage is said');
like($seen, qr/^ *\d+ +Toy::Service +running +$job +\d/m, 'the scoreboard still tells');
like($seen, qr/^queue and failures are as they were /m, 'and what is old');
$screen->keys('h');
$screen->wait_for(qr/^the database is away: nothing was changed$/m, 'an order is refused');
end_outage();
$t->wait_for(sub { $screen->text !~ /database away/ }, 20, 'the outage to end');
like($screen->text, qr/^JOBTYPE/m, 'all is there again');

# ---- every way to end ----
sub given_back {
    my ($how) = @_;
    $t->wait_for(sub { !$screen->full }, 10, "the screen to be given back after $how");
    $screen->keys('C-l');
    $screen->line('clear; stty -g');
    my $now = $screen->wait_for(qr/^[0-9a-f:]{40,}$/m, "a shell after $how");
    is(($now =~ /^([0-9a-f:]{40,})/m)[0], $modes, "the modes of the terminal after $how");
}
sub code_is {
    my ($code, $how) = @_;
    $t->wait_for(sub { !$screen->full }, 10, "$how to end it");
    $screen->line('echo code=$?');    # a line of its own: bash drops the rest of one that SIGINT ended
    $screen->wait_for(qr/^code=$code$/m, "$how ends it");
}
sub started {
    $screen->line("clear; $top");
    $t->wait_for(sub { $screen->full && $screen->text =~ /^SERVICE/m }, 20, 'top to be on the screen');
}
$screen->keys('C-z');
$t->wait_for(sub { !$screen->full }, 10, 'the screen to be given back to the shell');
$screen->line('fg');
$t->wait_for(sub { $screen->full && $screen->text =~ /^SERVICE/m }, 20, 'top to go on');
$screen->keys('q');
code_is(0, 'q');
given_back('q');
for (['TERM', 143], ['HUP', 129], ['INT', 130], ['ABRT', 134]) {
    my ($signal, $code) = @$_;
    started();
    kill $signal => $screen->program;
    code_is($code, $signal);
    given_back($signal);
}
started();
$screen->keys('C-c');
code_is(130, '^C');
given_back('^C');
# ---- a server that takes connections and says nothing holds up neither screen nor keys ----
my $deaf = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "listen: $@";
$t->board_of_any_database;
$t->write_ini(global => { dsn => 'dbi:mysql:database=x;host=127.0.0.1;port=' . $deaf->sockport });
$screen->line("clear; $top");
$screen->wait_for(qr/^ *\d+ +Toy::Service +running +$job +\d/m, 'the scoreboards are shown while the database hangs');
$screen->keys('?');
$screen->wait_for(qr/let it take jobs again/, 'a key is obeyed');
$screen->keys('?');
$screen->wait_for(qr/^database away for \d+s: it does not answer$/m, 'and it says so');
$screen->keys('q');
code_is(0, 'q, while the database hangs,');
given_back('q while the database hangs');
$screen->line("clear; TERM=nonsense $top; echo code=\$?");
$screen->wait_for(qr/helios: the terminal 'nonsense' is not known: set TERM to one that is\s.*code=78/s, 'an unknown terminal');
$screen->close;

says($t, 'no terminal', ['top'], { err => "helios: top needs a terminal: elsewhere use helios queue and helios service status\n", exit => EX_USAGE });
spew($gate, '');
$t->stop($daemon);
$t->finish;
