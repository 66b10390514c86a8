"""What streams write: every message framed once, everything one turn of the loop says to a connection in one write.

RFC 6455, section 5.2: a server's frames are not masked, so the same bytes serve every connection.
"""

from asyncio import AbstractEventLoop
from typing import Final, Protocol

_TEXT_FRAME: Final = 0x81  # the only frame of a text message
_TEXT: Final = 0x01
_CONTINUATION: Final = 0x00
_FINAL: Final = 0x80
_SHORT: Final = 126
_LONG: Final = 1 << 16


def text_frame(payload: bytes) -> bytes:
    """One whole, unfragmented text message as a server sends it."""
    length = len(payload)
    if length < _SHORT:
        return bytes((_TEXT_FRAME, length)) + payload
    if length < _LONG:
        return bytes((_TEXT_FRAME, 126)) + length.to_bytes(2, "big") + payload
    return bytes((_TEXT_FRAME, 127)) + length.to_bytes(8, "big") + payload


def fragmented_frames(payload: bytes, parts: int) -> bytes:
    """The same message in as many frames as asked for, and no more than it has bytes, one after the other."""
    size = max(-(-len(payload) // max(parts, 1)), 1)
    pieces = [payload[at : at + size] for at in range(0, len(payload), size)] or [payload]
    frames = []
    for place, piece in enumerate(pieces):
        first = (_TEXT if place == 0 else _CONTINUATION) | (_FINAL if place == len(pieces) - 1 else 0)
        frames.append(bytes((first,)) + text_frame(piece)[1:])
    return b"".join(frames)


class Writer(Protocol):
    """A connection with frames to be written."""

    pending: list[bytes]

    def write(self, data: bytes) -> None: ...


class Outbox:
    """Shared by all streams of one venue port."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Writer] = []
        self._payload: bytes | None = None
        self._frame = b""

    def frame(self, payload: bytes) -> bytes:
        """The text frame of a message; a message sent to many connections in a row is framed once."""
        if payload is not self._payload:
            self._payload = payload
            self._frame = text_frame(payload)
        return self._frame

    def register(self, writer: Writer) -> None:
        """Have ``writer.pending`` written at the end of this turn; to be called as its first frame is added."""
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append(writer)

    def flush(self) -> None:
        """Write everything now. Subscribers of the same channels were sent the same frames: joined once."""
        waiting, self._waiting = self._waiting, []
        self._payload = None
        last: list[bytes] = []
        joined = b""
        for writer in waiting:
            frames, writer.pending = writer.pending, []
            if frames != last:
                last = frames
                joined = frames[0] if len(frames) == 1 else b"".join(frames)
            if frames:
                writer.write(joined)
