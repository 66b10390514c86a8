"""Frames as a server sends them, whole and in parts."""

import pytest
from websockets.extensions import Extension
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from simexchange.transports.outbox import fragmented_frames, text_frame


def read(data: bytes) -> list[Frame]:
    """The frames that a client's library makes of it."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    frames, extensions = [], list[Extension]()
    while reader.buffer:
        parsing = Frame.parse(reader.read_exact, mask=False, extensions=extensions)
        try:
            while True:
                next(parsing)
        except StopIteration as done:
            frames.append(done.value)
    return frames


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_message_is_one_frame(size: int) -> None:
    (frame,) = read(text_frame(b"x" * size))
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, b"x" * size)


@pytest.mark.parametrize(
    ("size", "parts", "frames"), [(0, 3, 1), (1, 3, 1), (10, 3, 3), (400, 2, 2), (9, 100, 9), (9, 1, 1)]
)
def test_a_message_in_parts_is_a_beginning_and_its_continuations(size: int, parts: int, frames: int) -> None:
    payload = bytes(65 + place % 26 for place in range(size))
    found = read(fragmented_frames(payload, parts))
    assert [frame.opcode for frame in found] == [Opcode.TEXT, *[Opcode.CONT] * (frames - 1)]
    assert [frame.fin for frame in found] == [*[False] * (frames - 1), True]
    assert b"".join(bytes(frame.data) for frame in found) == payload
