"""How an answer is broken on a real socket: cut, reset, truncated, dripped, doubled, or never written at all.

Works on what an asyncio transport offers; times are the world clock's. What is broken stays broken after its rule is
gone: a client has seen it.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Final, TypeAlias

from simexchange.dialects.base import Reply
from simexchange.services.faults.quantities import PPM
from simexchange.services.faults.verdicts import Breakage, Delivery

Later: TypeAlias = Callable[[int, Callable[[], None]], None]
"""Has something done after so many virtual ns, as the gate does: not at all if the world is another one by then."""
_NO_LINGER: Final = struct.pack("ii", 1, 0)


def reset(transport: asyncio.Transport) -> None:
    """End a connection so that its peer sees it reset: unsent bytes are dropped, a RST goes out instead of a FIN."""
    raw = transport.get_extra_info("socket")
    if raw is not None and not transport.is_closing():
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def altered(reply: Reply, delivery: Delivery) -> Reply:
    """The reply with its body and headers as the breakage makes them."""
    body = reply.body if delivery.alter is None else delivery.alter(reply.body)
    content_type = delivery.content_type or reply.content_type
    return Reply(reply.status, body, (*reply.headers, *delivery.headers), content_type)


def truncated(data: bytes, body_size: int, delivery: Delivery) -> bytes:
    """Whole headers and the part of the body that arrives: never all of it."""
    kept = min(body_size * delivery.keep_ppm // PPM, max(body_size - 1, 0))
    return data[: len(data) - body_size + kept]


def write_broken(
    transport: asyncio.Transport,
    data: bytes,
    body_size: int,
    delivery: Delivery,
    later: Later,
    done: Callable[[], None],
) -> None:
    """Write one rendered answer the way ``delivery`` says; ``done`` once the next request may be answered, if ever."""
    how = delivery.how
    if how is Breakage.RESET:
        reset(transport)
    elif how is Breakage.CLOSE:
        transport.close()
    elif how is Breakage.TRUNCATE:
        transport.write(truncated(data, body_size, delivery))
        transport.close()
    elif how is Breakage.DRIP:
        if delivery.head_at_once:
            transport.write(data[: len(data) - body_size])
            data = data[len(data) - body_size :]
        _drip(transport, data, delivery, later, done)
    elif how is Breakage.SILENCE:
        return
    else:
        transport.write(data * 2 if how is Breakage.TWICE else data)
        done()


def _drip(
    transport: asyncio.Transport, data: bytes, delivery: Delivery, later: Later, done: Callable[[], None]
) -> None:
    if transport.is_closing():
        return
    transport.write(data[: delivery.chunk])
    rest = data[delivery.chunk :]
    if rest:
        later(max(delivery.every_ns, 1), lambda: _drip(transport, rest, delivery, later, done))
    else:
        done()
