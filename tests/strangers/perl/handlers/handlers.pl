# The handler contract of lambda-image's suite, in Perl.
use strict;
use warnings;
use POSIX ();

package HandlerError {
    sub new { my ($class, $message) = @_; return bless { message => $message }, $class }
    sub message { $_[0]{message} }
}

package main;

my $PATTERN = '0123456789abcdef';
my $started_ms = Context::now_ms();
my $count = 0;

sub deepest { die HandlerError->new($_[0]) }
sub pause { select undef, undef, undef, $_[0] / 1000 if $_[0] }
sub text { my ($bytes) = @_; utf8::decode($bytes) if defined $bytes; return $bytes }
sub printed { my ($handle, $text) = @_; utf8::encode($text); print $handle $text }

sub echo { $_[0] }
sub length_of { length $_[0] }
sub nothing { return }
sub nan { my $infinity = 9**9**9; return $infinity - $infinity }
sub big { my $n = $_[0]{length}; return substr $PATTERN x ($n / 16 + 1), 0, $n }
sub invalid { return { code => sub { } } }

sub context {
    my ($event, $context) = @_;
    my @reads;
    for my $wait (@{ $event->{reads} // [0] }) {
        pause($wait);
        push @reads, {
            remaining_ms => $context->get_remaining_time_in_millis,
            request_id => $context->{aws_request_id},
            tenant_id => $context->{tenant_id},
        };
    }
    my $identity = $context->{identity};
    return {
        request_id => $context->{aws_request_id},
        function_name => $context->{function_name},
        function_version => $context->{function_version},
        memory_limit_mb => $context->{memory_limit_in_mb},
        log_group => $context->{log_group_name},
        log_stream => $context->{log_stream_name},
        arn => $context->{invoked_function_arn},
        client_context => $context->{client_context},
        identity => $identity && { id => $identity->{cognitoIdentityId}, pool => $identity->{cognitoIdentityPoolId} },
        tenant_id => $context->{tenant_id},
        reads => \@reads,
    };
}

sub env { return { map { $_ => text($ENV{$_}) } @{ $_[0]{names} } } }

sub trace {
    my $before = $ENV{_X_AMZN_TRACE_ID};
    pause($_[0]{wait_ms});
    return { before => $before, after => $ENV{_X_AMZN_TRACE_ID} };
}

sub counter {
    my ($event) = @_;
    $count++;
    deepest('boom') if ref $event && $event->{fail};
    return { count => $count, process => 0 + $$, started_ms => $started_ms };
}

sub sleep_ms {
    my ($event) = @_;
    pause($event->{ms});
    POSIX::_exit($event->{exit}) if exists $event->{exit};
    deepest($event->{fail}) if exists $event->{fail};
    return $event;
}

sub raise { deepest($_[0]{message} // 'boom') }
sub exit_with { exit $_[0]{status} }

sub log_lines {
    my ($event) = @_;
    printed(*STDOUT, "$event->{stdout}\n") if exists $event->{stdout};
    printed(*STDERR, "$event->{stderr}\n") if exists $event->{stderr};
    printed(*STDOUT, $event->{unfinished}) if exists $event->{unfinished};
    return 'logged';
}

sub tmp {
    my ($event) = @_;
    my $path = "/tmp/$event->{name}";
    my $content;
    if (open my $file, '<', $path) { local $/; $content = text(<$file>) }
    if (defined $event->{write}) {
        open my $file, '>', $path or die "$path: $!\n";
        printed($file, $event->{write});
        close $file;
    }
    return { content => $content };
}

sub local_time { POSIX::tzset(); return { local => POSIX::strftime('%Y-%m-%dT%H:%M:%S', localtime $_[0]{epoch}) } }

sub run {
    my ($event) = @_;
    my ($out, $err) = ("/tmp/out.$$", "/tmp/err.$$");
    my $child = fork // die "fork: $!\n";
    if (!$child) {
        my $environment = $event->{environment} // {};
        $ENV{$_} = $environment->{$_} for keys %$environment;
        open STDOUT, '>', $out;
        open STDERR, '>', $err;
        { no warnings 'exec'; exec { $event->{program} } $event->{program}, @{ $event->{arguments} // [] } }
        POSIX::_exit(127);
    }
    waitpid $child, 0;
    my $status = $? >> 8;
    my @texts = map { open my $file, '<', $_; local $/; text(<$file> // '') } $out, $err;
    return { status => $status == 127 ? undef : $status, stdout => $texts[0], stderr => $texts[1] };
}

sub files {
    my ($event) = @_;
    my ($folder, $name) = @$event{qw(folder name)};
    utf8::encode($name);
    open my $file, '>', "$folder/$name" or die "$folder/$name: $!\n";
    close $file;
    opendir my $handle, $folder or die "$folder: $!\n";
    return { names => [sort map { text($_) } grep { !/^\.\.?$/ } readdir $handle] };
}

1;
