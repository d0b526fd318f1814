"""Events and results: JSON, strict, compact, in UTF-8.

CPython's C scanner and encoder are used without the package around them: importing that (regular expressions,
enumerations) is a third of a cold start. The package comes in for the message of a failure, and where there is no C.
"""

import sys

try:
    from _json import encode_basestring, encode_basestring_ascii, make_encoder, make_scanner
except ImportError:  # PyPy
    import json
    from json.encoder import encode_basestring, encode_basestring_ascii

    make_scanner = None

WHITESPACE = " \t\n\r"
# A long text, few strings, and what no string of JSON may hold as it is.
LONG, FEW = 65536, 200
CONTROLS = "".join(map(chr, range(32)))


def _no_constant(word):
    raise ValueError("%s is not JSON" % word)


class _Rules:
    """What the C scanner reads its settings from."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_no_constant)


_scan = make_scanner(_Rules) if make_scanner else None


def loads(data):
    """The value of a JSON document in bytes. ValueError says what is wrong with it."""
    text = str(data, "utf-8").strip(WHITESPACE)
    if _scan:
        try:
            return _scan_quickly(text)
        except (StopIteration, SystemError, RecursionError):  # SystemError: CPython finds no json.decoder for its error
            pass
    import json

    return json.loads(text, parse_constant=_no_constant)


def _scan_quickly(text):
    """The value of a text. The scanner looks at each character: long strings, in which there is nothing to see, are
    taken out before, and put back afterwards."""
    taken = {}
    short, last = [], 0
    for begin, end in _long_strings(text):
        name = "%s %d" % (_place, begin)
        taken[name] = text[begin:end]
        short += (text[last:begin], name)
        last = end
    if taken:
        text = "".join(short) + text[last:]
    value, end = _scan(text, 0)
    if end != len(text):
        raise StopIteration
    return _put_back(value, taken) if taken else value


def _long_strings(text):
    """Where long strings without anything to interpret begin and end, in a text of few strings."""
    global _place
    if len(text) <= LONG or "\\" in text:
        return
    quotes = [text.find('"')]
    while quotes[-1] >= 0:
        if len(quotes) > FEW:
            return
        quotes.append(text.find('"', quotes[-1] + 1))
    for begin, end in zip(quotes[::2], quotes[1::2]):
        if end - begin > LONG and not any(text.find(letter, begin, end) >= 0 for letter in CONTROLS):
            _place = _place or _unguessable()
            yield begin + 1, end


def _put_back(value, taken):
    if type(value) is str:
        return taken.get(value, value)
    if type(value) is list:
        return [_put_back(one, taken) for one in value]
    if type(value) is dict:
        return {taken.get(name, name): _put_back(one, taken) for name, one in value.items()}
    return value


def dumps(value):
    """A value as JSON. TypeError, ValueError or RecursionError where it has no such form, as NaN has none."""
    global _ascii
    strings = _quote if _has_long_text(value) else encode_basestring_ascii if _ascii else encode_basestring
    text = _encode(value, strings)  # fails where a value contains itself
    if _has_named_tuple(value):
        value = _unnamed(value)
        text = _encode(value, strings)
    if strings is encode_basestring_ascii and "\\u" in text:
        text = _encode(value, encode_basestring)
    _ascii = text.isascii()
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair: it has no UTF-8, but an escape
        return _encode(value, encode_basestring_ascii).encode()


# Whether the last result was ASCII, so that the next one may be too. C writes that form in two thirds of the time;
# where it had to escape something, the result is written once more: the caller gets UTF-8, not escapes.
_ascii = True


def ascii_of(value):
    """A value of plain types as JSON, all of it ASCII."""
    return _encode(value, encode_basestring_ascii)


def text_of(value):
    """A record as JSON, as `json.dumps` lays it out; what has no form of its own as its text."""
    return _encode(value, encode_basestring, str, (", ", ": "))


def _encode(value, strings, default=None, separators=(",", ":")):
    default = default or _default
    if make_scanner is None:
        ascii_only = strings is encode_basestring_ascii
        text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, default=default, separators=separators)
    else:
        item, key = separators
        # Markers against cycles, default, strings, indent, separators, sort_keys, skipkeys, allow_nan.
        text = "".join(make_encoder({}, default, strings, None, key, item, False, False, False)(value, 0))
    return _bare_numbers(text) if _mark and _mark in text else text


# -- A long text, as a response with a body has it, is mostly without anything to escape: to look for each such
# character in turn is several times faster than to look at each character of the text.

ESCAPED = '"\\' + CONTROLS


def _has_long_text(value):
    if type(value) is dict and len(value) < 100:
        return any(type(member) is str and len(member) > LONG for member in value.values())
    return type(value) is str and len(value) > LONG


def _quote(text):
    if not text.isascii():
        return encode_basestring(text)
    if len(text) < LONG or any(letter in text for letter in ESCAPED):
        return encode_basestring_ascii(text)
    return '"%s"' % text


# -- Named tuples are objects, as with AWS's client. C would write them as arrays and asks nobody, so they are looked
# for afterwards, where the function has any besides the standard library's.

PLAIN = frozenset((str, int, float, bool, type(None)))
_kinds, _named = 0, False  # how many subclasses of tuple there were, and whether one is the function's


def _has_named_tuple(value):
    global _kinds, _named
    kinds = tuple.__subclasses__()
    if len(kinds) != _kinds:
        standard = getattr(sys, "stdlib_module_names", ())
        _named = any(hasattr(kind, "_asdict") and kind.__module__.split(".")[0] not in standard for kind in kinds)
        _kinds = len(kinds)
    return _named and type(value) not in PLAIN and _look_for_named_tuple([value])


def _look_for_named_tuple(found):
    for one in found:
        if isinstance(one, dict):
            found += [member for member in one.values() if type(member) not in PLAIN]
        elif isinstance(one, (list, tuple)):
            if hasattr(one, "_asdict"):
                return True
            found += [member for member in one if type(member) not in PLAIN]
    return False


def _unnamed(value):
    """The same with named tuples as dicts."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {name: _unnamed(one) for name, one in value.items()}
    return [_unnamed(one) for one in value] if isinstance(value, (list, tuple)) else value


# -- Decimal, which boto3 returns for each number of DynamoDB, becomes a number with all its digits. The encoder can
# write no number but its own, so it gets a string with a mark nobody can guess, and the mark goes with its quotes.

_mark = ""
_place = ""  # the same for long strings of events


def _unguessable():
    import os

    return os.urandom(16).hex()


def _default(value):
    """What C does not know: as AWS's client has it, bytes are text, and what has `_asdict` is an object."""
    global _mark
    if isinstance(value, bytes):
        return value.decode()
    if callable(getattr(value, "_asdict", None)):
        return _unnamed(value)
    decimal = sys.modules.get("decimal")
    if decimal and isinstance(value, decimal.Decimal) and value.is_finite():
        _mark = _mark or _unguessable()
        return _mark + str(value)
    raise TypeError("Object of type %s is not JSON serializable: %.200r" % (type(value).__name__, value))


def _bare_numbers(text):
    head, *numbers = text.split('"' + _mark)
    return head + "".join([number.replace('"', "", 1) for number in numbers])
