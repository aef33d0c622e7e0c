# SPDX-License-Identifier: MIT
package Helios::Proxy;

# A TCP proxy before a database server's socket, which does what networks do: it cuts connections at
# any byte, stalls, swallows, delays, and cuts at a COMMIT on either side of it. It reorders nothing.
#
#   my $proxy = Helios::Proxy->new($server->socket);
#   ... dsn => 'dbi:mysql:...;host=127.0.0.1;port=' . $proxy->port
#   $proxy->tell('commit after 1');
#   $proxy->said(qr/commit after/);            # whether it has happened
#
# Orders:
#   cut                 resets all connections
#   cut_after N         resets each connection when N more bytes have passed, in whatever direction
#   commit before K     the next K COMMITs do not reach the server: both ends are reset
#   commit after K      the next K COMMITs reach it, the answers are swallowed and the client is reset
#   stall SECONDS       nothing passes, all is kept
#   swallow SECONDS     nothing passes, all is thrown away; then the connections are reset
#   delay MS SECONDS    every packet is late
#   heal                none of these

use strict;
use warnings;

use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

sub new {
    my ($class, $target) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 128, ReuseAddr => 1, Blocking => 0)
        or die "proxy: $!";
    pipe my $orders_read, my $orders or die "pipe: $!";
    pipe my $news, my $news_write or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
        close $orders;
        close $news;
        eval { serve($listen, $target, $orders_read, $news_write) };
        warn "proxy: $@" if $@;
        POSIX::_exit(0);
    }
    my $self = bless { pid => $pid, port => $listen->sockport, orders => $orders, news => $news, heard => '' }, $class;
    close $orders_read;
    close $news_write;
    $orders->autoflush(1);
    $news->blocking(0);
    return $self;
}

sub port { return $_[0]{port} }

sub tell {
    my ($self, $order) = @_;
    print { $self->{orders} } "$order\n";
    return;
}

# What it has done since the last question that matched: true once for each match.
sub said {
    my ($self, $pattern) = @_;
    while (sysread $self->{news}, my $some, 4096) { $self->{heard} .= $some }
    return $self->{heard} =~ s/^[^\n]*$pattern[^\n]*\n//m ? 1 : 0;
}

# The proxy ends with its owner: end of file on the orders.
sub destroy {
    my ($self) = @_;
    close $self->{orders};
    waitpid $self->{pid}, 0;
    return;
}

# ---- the process ----

sub reset_socket {
    my ($socket) = @_;
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'll', 1, 0;
    close $socket;
    return;
}

sub serve {
    my ($listen, $target, $orders, $news) = @_;
    my %ends;     # descriptor => its side of a connection
    my $text = '';
    my %mode = (stall => 0, swallow => 0, delay => 0, delay_s => 0, budget => undef, before => 0, after => 0);
    $orders->blocking(0);
    $news->autoflush(1);

    my $drop = sub {
        my ($end) = @_;
        for my $e ($end, $end->{peer}) {
            delete $ends{ fileno $e->{socket} } if defined fileno $e->{socket};
            reset_socket($e->{socket});
        }
    };
    my $obey = sub {
        my ($order) = @_;
        my ($verb, @n) = split ' ', $order;
        if    ($verb eq 'cut')       { my @all = grep { $_->{client} } values %ends; $drop->($_) for @all }
        elsif ($verb eq 'cut_after') { $_->{budget} = $n[0] for values %ends }
        elsif ($verb eq 'commit')    { $mode{ $n[0] } += $n[1] }
        elsif ($verb eq 'stall')     { $mode{stall} = time + $n[0] }
        elsif ($verb eq 'swallow')   { $mode{swallow} = time + $n[0] }
        elsif ($verb eq 'delay')     { @mode{qw(delay delay_s)} = ($n[0] / 1000, time + $n[1]) }
        elsif ($verb eq 'heal') {
            @mode{qw(stall swallow delay_s before after)} = (0) x 5;
            $_->{budget} = undef for values %ends;
        }
    };
    my $accept = sub {
        my $client = $listen->accept or return;
        my $server = IO::Socket::UNIX->new(Peer => $target);
        if (!$server) { reset_socket($client); return }
        setsockopt $client, IPPROTO_TCP, TCP_NODELAY, 1;
        $_->blocking(0) for $client, $server;
        my ($c, $s) = map { { socket => $_, queue => [] } } $client, $server;
        $c->{client} = 1;
        ($c->{peer}, $s->{peer}) = ($s, $c);
        $ends{ fileno $client } = $c;
        $ends{ fileno $server } = $s;
    };
    # Takes what came from one end, for the other.
    my $take = sub {
        my ($end, $data) = @_;
        my $now = time;
        if ($now < $mode{swallow}) { $end->{lame} = $end->{peer}{lame} = 1; return }
        if ($end->{client} && $data =~ /COMMIT/) {
            if ($mode{before} > 0) { $mode{before}--; print $news "commit before\n"; $drop->($end); return }
            if ($mode{after} > 0) { $mode{after}--; $end->{peer}{last} = 1 }
        }
        if ($end->{last}) { print $news "commit after\n"; $drop->($end); return }
        if (defined $end->{budget}) {
            $data = substr $data, 0, $end->{budget};
            $end->{budget} -= length $data;
            $end->{cut} = 1 if $end->{budget} == 0;
        }
        push @{ $end->{peer}{queue} }, [$now < $mode{delay_s} ? $now + $mode{delay} : $now, $data];
    };
    my $give = sub {
        my ($end) = @_;
        my $now = time;
        return if $now < $mode{stall};
        while (my $head = $end->{queue}[0]) {
            return if $head->[0] > $now;
            my $n = syswrite $end->{socket}, $head->[1];
            if (!defined $n) { $drop->($end) if !$!{EAGAIN}; return }
            substr $head->[1], 0, $n, '';
            shift @{ $end->{queue} } if $head->[1] eq '';
        }
        if ($end->{peer}{cut}) { print $news "cut\n"; $drop->($end) }
    };
    while (1) {
        my $select = IO::Select->new($listen, $orders, map { $_->{socket} } values %ends);
        my $busy = grep { @{ $_->{queue} } } values %ends;
        my @ready = $select->can_read($busy ? 0.002 : 0.05);
        for my $fh (@ready) {
            if ($fh == $listen) { $accept->(); next }
            if ($fh == $orders) {
                my $n = sysread $orders, $text, 4096, length $text;
                return if defined $n && $n == 0;
                $obey->($1) while $text =~ s/^([^\n]*)\n//;
                next;
            }
            my $number = fileno $fh // next;
            my $end = $ends{$number} // next;
            my $n = sysread $fh, my $data, 65536;
            if    ($n)                            { $take->($end, $data) }
            elsif (defined $n || !$!{EAGAIN})     { $drop->($end) }
        }
        my @all = values %ends;    # which may become fewer on the way
        for my $end (@all) {
            next if !defined fileno $end->{socket};
            if ($end->{lame} && time >= $mode{swallow}) { $drop->($end); next }
            $give->($end);
        }
    }
}

1;
