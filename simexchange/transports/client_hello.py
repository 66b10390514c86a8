"""The server name in the first bytes of a TLS connection, read before any TLS is spoken (RFC 8446, section 4.1.2).

Knows just enough of a ClientHello to find one extension; whatever is malformed has no name, and is left to the TLS
library to refuse.
"""

from typing import Final

HANDSHAKE: Final = 0x16
"""The first byte of every TLS connection; no HTTP method begins with it."""
RECORD_HEAD: Final = 5
_CLIENT_HELLO: Final = 1
_HELLO_HEAD: Final = 4
_VERSION_AND_RANDOM: Final = 34
_SERVER_NAME: Final = 0
_HOST_NAME: Final = 0
_ALERT: Final = b"\x15\x03\x03\x00\x02"
_FATAL: Final = 2
UNRECOGNIZED_NAME: Final = 112


def record_size(head: bytes) -> int:
    """How long the first record is, its head included; as much as the head where that is not there yet."""
    if len(head) < RECORD_HEAD:
        return RECORD_HEAD
    return RECORD_HEAD + int.from_bytes(head[3:5], "big")


def server_name(record: bytes) -> str | None:
    """The host that the client asks for, lower case; None where it names none."""
    try:
        return _server_name(_Reader(record))
    except (IndexError, UnicodeDecodeError):
        return None


def fatal_alert(description: int) -> bytes:
    """An alert as it goes over the wire before any key is agreed on."""
    return _ALERT + bytes((_FATAL, description))


class _Reader:
    """Fields of given length, and vectors that begin with theirs, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, length: int) -> bytes:
        taken = self._data[self._at : self._at + length]
        if len(taken) < length:
            raise IndexError("cut short")
        self._at += length
        return taken

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")

    def vector(self, length_bytes: int) -> "_Reader":
        return _Reader(self.take(self.number(length_bytes)))


def _server_name(record: _Reader) -> str | None:
    record.take(RECORD_HEAD)
    if record.number(1) != _CLIENT_HELLO:
        return None
    hello = record.vector(_HELLO_HEAD - 1)
    hello.take(_VERSION_AND_RANDOM)
    for length_bytes in (1, 2, 1):  # session id, cipher suites, compression methods
        hello.vector(length_bytes)
    extensions = hello.vector(2)
    while extensions:
        kind, extension = extensions.number(2), extensions.vector(2)
        if kind == _SERVER_NAME:
            names = extension.vector(2)
            while names:
                name_kind, name = names.number(1), names.vector(2)
                if name_kind == _HOST_NAME:
                    return name._data.decode("ascii").lower()
    return None
