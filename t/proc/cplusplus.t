# SPDX-License-Identifier: MIT
# A plugin in C++: the one of docs/plugin.md as it stands, and one that lets an exception out of `run`.
use strict;
use warnings;
use Helios::Test;
use Test::More;

plan skip_all => 'there is no g++' if !grep { -x "$_/g++" } split /:/, $ENV{PATH};

my $throws = <<'END';
#include <helios/service.h>
#include <stdexcept>

static int run(struct helios_worker *, struct helios_job *)
{
    throw std::runtime_error("nobody catches this");
}

static struct helios_service describe()
{
    struct helios_service s = HELIOS_SERVICE_INIT;
    s.name = "Throws";
    s.run = run;
    return s;
}

HELIOS_SERVICE_EXPORT;
const struct helios_service helios_service = describe();
END

# A collective with the plugin built for it.
sub built {
    my ($service, $source) = @_;
    my $t = Helios::Test->new(service => $service);
    my $folder = $t->tmp;
    spew("$folder/plugin.cc", $source);
    my $run = $t->run(['g++', '-std=c++17', '-Wall', '-Wextra', '-pedantic', '-Werror', '-fvisibility=hidden', '-shared', '-fPIC',
        "-I$Helios::Test::SOURCE/lib/include", '-o', "$folder/" . lc($service) . '.so', "$folder/plugin.cc"]);
    is($run->{exit}, 0, "$service: compiled as C++17 without a warning") or diag $run->{stderr};
    $t->write_ini(global => { service_path => $folder }, section => { MAX_WORKERS => 1 });
    return $t;
}

my ($hello) = slurp("$Helios::Test::SOURCE/docs/plugin.md") =~ /^```cpp hello\.cc\n(.*?)^```$/ms;
ok($hello, 'the manual has a service in C++') or BAIL_OUT('nothing to build');
my $t = built('Hello', $hello);
is($t->helios_d('--check', 'Hello')->{exit}, 0, '--check finds nothing wrong');
my ($good, $bad) = $t->submit({ who => 'world' }, { nobody => 1 });
my $run = $t->helios_d('--foreground', '--drain', 'Hello');
is_deeply([$t->log_rows(qr/^Hello, /)], ['Hello, world!'], 'the job ran');
is(($t->history($good))[0]{exitstatus}, 0, 'and was completed');
is(($t->history($bad))[0]{exitstatus}, 1, 'the one without its argument has failed');
is($t->sanitizer_reports, '', 'the sanitizers reported nothing');
$t->destroy;

$t = built('Throws', $throws);
my ($id) = $t->submit({});
my $daemon = $t->start;
$t->wait_for(sub { !$t->job($id) }, 20, 'the job whose exception nobody catches');
like(($t->errors($id))[0], qr/signal 6/, 'an exception that leaves run is the death of the worker');
ok(!$t->ended($daemon), 'the daemon lives');
is($t->stop($daemon)->{exit}, 0, 'and stops cleanly');
$t->finish;
