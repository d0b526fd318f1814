package Json;
# A small JSON reader and writer on characters, not bytes. Perl 5.36 and newer.
use strict;
use warnings;
no warnings 'experimental::builtin';
use builtin qw(true false is_bool created_as_number);

my %ESCAPE = ('"' => '"', '\\' => '\\', '/' => '/', b => "\b", f => "\f", n => "\n", r => "\r", t => "\t");
my %UNESCAPE = ("\b" => '\b', "\f" => '\f', "\n" => '\n', "\r" => '\r', "\t" => '\t', '"' => '\"', '\\' => '\\\\');

sub decode {
    my ($text) = @_;
    pos($text) = 0;
    my $value = _value(\$text);
    $text =~ /\G\s*/gc;
    die "unexpected text at character " . pos($text) . "\n" if pos($text) < length $text;
    return $value;
}

sub _value {
    my ($text) = @_;
    $$text =~ /\G[ \t\r\n]*/gc;
    if ($$text =~ /\G\{/gc) {
        my %object;
        return \%object if $$text =~ /\G[ \t\r\n]*\}/gc;
        while (1) {
            $$text =~ /\G[ \t\r\n]*"/gc or _expected($text, 'a name');
            my $name = _string($text);
            $$text =~ /\G[ \t\r\n]*:/gc or _expected($text, ':');
            $object{$name} = _value($text);
            next if $$text =~ /\G[ \t\r\n]*,/gc;
            return \%object if $$text =~ /\G[ \t\r\n]*\}/gc;
            _expected($text, ', or }');
        }
    }
    if ($$text =~ /\G\[/gc) {
        my @array;
        return \@array if $$text =~ /\G[ \t\r\n]*\]/gc;
        while (1) {
            push @array, _value($text);
            next if $$text =~ /\G[ \t\r\n]*,/gc;
            return \@array if $$text =~ /\G[ \t\r\n]*\]/gc;
            _expected($text, ', or ]');
        }
    }
    return _string($text) if $$text =~ /\G"/gc;
    return 0 + $1 if $$text =~ /\G(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)/gc;
    return true  if $$text =~ /\Gtrue/gc;
    return false if $$text =~ /\Gfalse/gc;
    return undef if $$text =~ /\Gnull/gc;
    _expected($text, 'a value');
}

sub _string {
    my ($text) = @_;
    my $string = '';
    while (1) {
        $string .= $1 if $$text =~ /\G([^"\\\x00-\x1f]+)/gc;
        return $string if $$text =~ /\G"/gc;
        if ($$text =~ /\G\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/gc) {
            $string .= chr(0x10000 + ((hex($1) - 0xD800) << 10) + hex($2) - 0xDC00);
        } elsif ($$text =~ /\G\\u([0-9a-fA-F]{4})/gc) {
            my $code = hex $1;
            $string .= $code >= 0xD800 && $code <= 0xDFFF ? "\x{FFFD}" : chr $code;
        } elsif ($$text =~ m{\G\\(["\\/bfnrt])}gc) {
            $string .= $ESCAPE{$1};
        } else {
            _expected($text, 'the rest of a string');
        }
    }
}

sub _expected {
    my ($text, $what) = @_;
    die "expected $what at character " . (pos($$text) // 0) . "\n";
}

sub encode {
    my ($value) = @_;
    return 'null' if !defined $value;
    if (ref $value eq 'HASH') {
        return '{' . join(',', map { _quoted($_) . ':' . encode($value->{$_}) } sort keys %$value) . '}';
    }
    return '[' . join(',', map { encode($_) } @$value) . ']' if ref $value eq 'ARRAY';
    die 'a ' . ref($value) . " reference has no form in JSON\n" if ref $value;
    return $value ? 'true' : 'false' if is_bool($value);
    if (created_as_number($value)) {
        die "$value is no number in JSON\n" if "$value" !~ /^-?[0-9]/;
        return "$value";
    }
    return _quoted($value);
}

sub _quoted {
    my ($string) = @_;
    $string =~ s/(["\\\x00-\x1f])/$UNESCAPE{$1} || sprintf '\u%04x', ord $1/ge;
    return qq("$string");
}

1;
