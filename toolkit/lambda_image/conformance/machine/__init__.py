"""Programs and libraries for a container that may hold no shell and no compiler: ELF files, written here.

*say* writes a text and exits. *launch* prepares a process and becomes the program that its arguments name: it
can make a descriptor (a copy of standard error), print its arguments, and add an argument and a variable.
*fetch* sends its arguments to a port and writes the answers. *gate* waits for one byte of an address, then becomes
the program that its arguments name: whoever measures a start says when it begins. A *library* is a shared object
with nothing in it, for the loader to find. They need no library of the image, no privilege, and serve every language.
"""

from __future__ import annotations

import struct

from lambda_image.architectures import ELF_MACHINES
from lambda_image.conformance.machine.code import CODE

_EXECUTABLE, _SHARED = 2, 3
_LOAD, _DYNAMIC, _GNU_STACK = 1, 2, 0x6474E551
_READ, _WRITE, _EXECUTE = 4, 2, 1
_PAGE = 0x10000  # the largest that either architecture may have
_BASE = 0x400000
_HEADER, _ENTRY = 64, 56
_SETTINGS = _HEADER + 2 * _ENTRY  # the programs know this address: _BASE + 0xb0

ARCHITECTURES = tuple(ELF_MACHINES)


def say(architecture: str, text: str, *, status: int = 0) -> bytes:
    """A program that writes a line to standard output and exits."""
    data = f"{text}\n".encode()
    strings = _Strings(_SETTINGS + 24 + len(CODE["say", architecture]))
    settings = struct.pack("<QQQ", strings.add(data), len(data), status)
    return _program(architecture, settings, CODE["say", architecture], strings)


def launch(
    architecture: str,
    *,
    descriptor: int = 0,
    argument: str = "",
    variable: str = "",
    prefix: str = "",
) -> bytes:
    """A program that becomes what its arguments say: `launch PROGRAM ARGUMENT …`.

    `descriptor` is made a copy of standard error; `argument` is put before the program's own; `variable`
    (NAME=value) leads its environment; with a `prefix` each argument is printed on a line that begins with it.
    Where the program cannot be started it exits with 126.
    """
    code = CODE["launch", architecture]
    strings = _Strings(_SETTINGS + 40 + len(code))
    line = f"\n{prefix}".encode() if prefix else b""
    settings = struct.pack(
        "<QQQQQ",
        descriptor,
        strings.add(argument.encode()) if argument else 0,
        strings.add(variable.encode()) if variable else 0,
        strings.add(line) if line else 0,
        len(line),
    )
    return _program(architecture, settings, code, strings)


def fetch(architecture: str, port: int) -> bytes:
    """A program that sends each of its arguments over a connection of its own to that port of 127.0.0.1, and
    writes what comes until the other side closes. It tries to connect for 20 s in all, then exits with 1."""
    address = struct.pack("<H", 2) + struct.pack(">H", port) + bytes([127, 0, 0, 1]) + bytes(8)
    pause = struct.pack("<QQ", 0, 50_000_000)
    code = CODE["fetch", architecture]
    return _program(architecture, address + pause, code, _Strings(_SETTINGS + 32 + len(code)))


def gate(architecture: str, host: str, port: int) -> bytes:
    """A program that connects to that IPv4 address, waits for one byte, and becomes what its arguments say:
    `gate PROGRAM ARGUMENT …`. Nothing of it stays open. Without connection or byte it exits with 126."""
    octets = bytes(int(part) for part in host.split("."))
    address = struct.pack("<H", 2) + struct.pack(">H", port) + octets + bytes(8)
    code = CODE["gate", architecture]
    return _program(architecture, address, code, _Strings(_SETTINGS + len(address) + len(code)))


class _Strings:
    """Texts that end with NUL, one after another from a place in the file."""

    def __init__(self, place: int) -> None:
        self._place = place
        self.data = b""

    def add(self, text: bytes) -> int:
        """The address of the text."""
        address = _BASE + self._place + len(self.data)
        self.data += text + b"\0"
        return address


def _program(architecture: str, settings: bytes, code: bytes, strings: _Strings) -> bytes:
    content = settings + code + strings.data
    size = _SETTINGS + len(content)
    entry = _BASE + _SETTINGS + len(settings)
    return (
        _elf_header(architecture, _EXECUTABLE, entry=entry, segments=2)
        + _segment(_LOAD, _READ | _EXECUTE, address=_BASE, size=size, align=_PAGE)
        + _segment(_GNU_STACK, _READ | _WRITE, align=16)
        + content
    )


# Tags of the dynamic section, and the least that loaders want: a hash table, symbols and strings.
_HASH, _STRTAB, _SYMTAB, _STRSZ, _SYMENT, _SONAME = 4, 5, 6, 10, 11, 14


def library(architecture: str, name: str) -> bytes:
    """A shared object of that name with no code and no symbols: that it is loaded is all there is to see."""
    strings = b"\0" + name.encode() + b"\0"
    symbols = bytes(24)
    table = struct.pack("<IIII", 1, 1, 0, 0)  # one bucket, one chain, and only the undefined symbol
    place = _HEADER + 3 * _ENTRY
    symbols_at, table_at = place, place + len(symbols)
    strings_at = table_at + len(table)
    dynamic_at = -(-(strings_at + len(strings)) // 16) * 16
    tags = (
        (_SONAME, 1),
        (_HASH, table_at),
        (_STRTAB, strings_at),
        (_SYMTAB, symbols_at),
        (_STRSZ, len(strings)),
        (_SYMENT, 24),
        (0, 0),
    )
    dynamic = b"".join(struct.pack("<QQ", *tag) for tag in tags)
    size = dynamic_at + len(dynamic)
    head = (
        _elf_header(architecture, _SHARED, entry=0, segments=3)
        # Writable: the loader puts addresses into the dynamic section.
        + _segment(_LOAD, _READ | _WRITE, address=0, size=size, align=_PAGE)
        + _segment(_DYNAMIC, _READ | _WRITE, address=dynamic_at, size=len(dynamic), offset=dynamic_at, align=8)
        # Without this a loader takes the stack to be executable, which newer ones refuse.
        + _segment(_GNU_STACK, _READ | _WRITE, align=16)
    )
    return (head + symbols + table + strings).ljust(dynamic_at, b"\0") + dynamic


def _elf_header(architecture: str, kind: int, *, entry: int, segments: int) -> bytes:
    """64 bits, little-endian, version 1, no sections."""
    identification = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    rest = (kind, ELF_MACHINES[architecture], 1, entry, _HEADER, 0, 0, _HEADER, _ENTRY, segments, 64, 0, 0)
    return identification + struct.pack("<HHIQQQIHHHHHH", *rest)


def _segment(kind: int, flags: int, *, address: int = 0, size: int = 0, offset: int = 0, align: int = 1) -> bytes:
    return struct.pack("<IIQQQQQQ", kind, flags, offset, address, address, size, size, align)
