# SPDX-License-Identifier: MIT
package Helios::Screen;

# A terminal in which a test types and reads what a person would see: a shell in tmux.
#
#   my $screen = Helios::Screen->new($t, 100, 30);
#   $screen->type("helios top\n");
#   $screen->wait_for(qr/WORKER/, 'the workers');
#   $screen->keys('C-z');

use strict;
use warnings;

use Test::More;

use Helios::Test;

my @open;    # an END of Helios::Test kills only what has files of the test's folder open

END { my $status = $?; $_->close for @open; $? = $status }

# A bare chroot has neither tmux nor pseudo-terminals.
sub available {
    my ($class, $t) = @_;
    return $t->run(['tmux', '-V'])->{exit} == 0 && !$t->run(['script', '-qec', 'true', '/dev/null'])->{exit};
}

sub new {
    my ($class, $t, $columns, $rows) = @_;
    my $self = bless { t => $t, socket => "$t->{tmp}/tmux" }, $class;
    push @open, $self;
    $self->tmux('new-session', '-d', '-x', $columns, '-y', $rows, 'exec bash --norc --noprofile');
    $self->{shell} = $self->ask('#{pane_pid}');
    return $self;
}

sub tmux {
    my ($self, @words) = @_;
    my $run = $self->{t}->run(['tmux', '-u', '-f', '/dev/null', '-S', $self->{socket}, @words],
        env => { TMUX => undef, LC_ALL => 'C.UTF-8', SHELL => '/bin/sh', PS1 => '$ ', HISTFILE => undef, NO_COLOR => undef });
    die "tmux @words: $run->{stderr}" if $run->{exit};
    return $run->{stdout};
}

sub ask { my ($self, $format) = @_; my $text = $self->tmux('display-message', '-p', $format); chomp $text; return $text }
sub type { my ($self, $text) = @_; $self->tmux('send-keys', '-l', $text); return }
sub keys { my ($self, @names) = @_; $self->tmux('send-keys', @names); return }
sub line { my ($self, $text) = @_; $self->type($text); $self->keys('Enter'); return }
sub text { return $_[0]->tmux('capture-pane', '-p') }
sub resize { my ($self, $columns, $rows) = @_; $self->tmux('resize-window', '-x', $columns, '-y', $rows); return }

# Whether a program that uses the whole screen has it.
sub full { return $_[0]->ask('#{alternate_on}') eq '1' }

# The process that the shell runs in the foreground.
sub program {
    my ($self) = @_;
    my @children = children($self->{shell});
    return @children ? $children[0]{pid} : undef;
}

sub wait_for {
    my ($self, $pattern, $what) = @_;
    my $seen = '';
    local $@;
    eval { $self->{t}->wait_for(sub { ($seen = $self->text) =~ $pattern }, 10, $what); 1 } or do {
        diag("the screen when the time was over:\n$seen");
        die $@;
    };
    Test::More::pass($what);
    return $seen;
}

sub close {
    my ($self) = @_;
    eval { $self->tmux('kill-server') } if -S $self->{socket};
    @open = grep { $_ != $self } @open;
    return;
}

1;
