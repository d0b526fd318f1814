package Http;
# HTTP/1.1 to one server, one connection kept open. No timeouts: GET /next may take hours.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

sub new {
    my ($class, $server) = @_;
    return bless { server => $server, socket => undef, buffer => '' }, $class;
}

# Returns (status, \%headers with names in lower case, body).
sub request {
    my ($self, $method, $path, $headers, $body) = @_;
    my $head = "$method $path HTTP/1.1\r\nHost: $self->{server}\r\n";
    $head .= "$_: $headers->{$_}\r\n" for sort keys %$headers;
    $head .= 'Content-Length: ' . length($body) . "\r\n" if defined $body;
    $head .= "\r\n";
    for my $attempt (1, 2) {
        my $fresh = !$self->_usable;
        $self->_connect if $fresh;
        # A kept connection may break under our hands. A request of which the server answered nothing is sent
        # once more, on a new one.
        my @answer = eval {
            $self->_send($head . ($body // ''));
            $self->_answer;
        };
        return @answer if @answer;
        my $error = $@;
        $self->_close;
        die $error if $fresh || $error !~ /^no answer/;
    }
    die "no answer\n";
}

# A server that closed the connection has made it readable.
sub _usable {
    my ($self) = @_;
    my $socket = $self->{socket} or return 0;
    my $bits = '';
    vec($bits, fileno($socket), 1) = 1;
    return 1 if !select($bits, undef, undef, 0);
    $self->_close;
    return 0;
}

sub _connect {
    my ($self) = @_;
    $self->{socket} = IO::Socket::INET->new(PeerAddr => $self->{server}, Proto => 'tcp')
        or die "cannot connect to $self->{server}: $@\n";
    setsockopt($self->{socket}, IPPROTO_TCP, TCP_NODELAY, 1);
    $self->{buffer} = '';
}

sub _close {
    my ($self) = @_;
    close $self->{socket} if $self->{socket};
    $self->{socket} = undef;
    $self->{buffer} = '';
}

sub _send {
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $sent = 0;
    while ($sent < length $bytes) {
        my $count = syswrite($self->{socket}, $bytes, 1 << 20, $sent);
        next if !defined $count && $!{EINTR};
        # The server may have answered before it read all: 413. Read that.
        return if !defined $count;
        $sent += $count;
    }
}

sub _more {
    my ($self, $when) = @_;
    while (1) {
        my $count = sysread($self->{socket}, $self->{buffer}, 1 << 20, length $self->{buffer});
        next if !defined $count && $!{EINTR};
        return if $count;
        die "$when\n";
    }
}

sub _line {
    my ($self, $when) = @_;
    $self->_more($when) while $self->{buffer} !~ /\n/;
    $self->{buffer} =~ s/^([^\n]*)\n//;
    my $line = $1;
    $line =~ s/\r$//;
    return $line;
}

sub _bytes {
    my ($self, $wanted) = @_;
    $self->_more('the answer broke off') while length $self->{buffer} < $wanted;
    return substr($self->{buffer}, 0, $wanted, '');
}

sub _answer {
    my ($self) = @_;
    my $first = $self->_line(length $self->{buffer} ? 'the answer broke off' : 'no answer');
    my ($status) = $first =~ m{^HTTP/1\.[01] ([0-9]{3})} or die "no HTTP: $first\n";
    my %headers;
    while ((my $line = $self->_line('the answer broke off')) ne '') {
        my ($name, $value) = $line =~ /^([^:]+):[ \t]*(.*?)[ \t]*$/ or next;
        $headers{lc $name} = $value;
    }
    my $body = '';
    if (lc($headers{'transfer-encoding'} // '') eq 'chunked') {
        while (1) {
            my ($size) = $self->_line('the answer broke off') =~ /^([0-9a-fA-F]+)/ or die "no chunk\n";
            $body .= $self->_bytes(hex $size);
            last if !hex $size;
            $self->_line('the answer broke off');
        }
        1 while $self->_line('the answer broke off') ne '';
    } elsif (defined $headers{'content-length'}) {
        $body = $self->_bytes($headers{'content-length'});
    } elsif ($status != 204) {
        eval { $self->_more('end') while 1 };
        $body = $self->{buffer};
        $self->_close;
    }
    $self->_close if lc($headers{connection} // '') eq 'close';
    return ($status, \%headers, $body);
}

1;
