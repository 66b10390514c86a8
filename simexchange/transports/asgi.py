"""uvicorn's protocols for ASGI applications, set up as its settings document them and given sockets by ``server``."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from simexchange.transports.port import Port
from simexchange.transports.websocket import StreamProtocol

_UNFINISHED: Final = "ASGI callable returned without completing handshake."


def _is_news(record: logging.LogRecord) -> bool:
    """uvicorn says this of every handshake that is answered with a refusal, as of one that is not answered at all."""
    return record.msg != _UNFINISHED


def asgi_protocol(
    application: Any, ws: Callable[..., asyncio.Protocol] | None = None, idle_s: float = 75.0
) -> tuple[Callable[[], asyncio.BaseProtocol], ServerState]:
    """A protocol factory for one application, and the state that knows its connections.

    Sends no ``Server`` and no ``Date``, writes no access log (targets hold keys and signatures), believes no
    forwarded header. ``ws`` makes the protocol of a WebSocket; None takes uvicorn's.
    """
    config = Config(
        application,
        ws=cast(type[asyncio.Protocol], ws) if ws is not None else "websockets-sansio",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=int(idle_s),
    )
    config.load()
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    state = ServerState()

    def protocol() -> asyncio.BaseProtocol:
        make = cast(Callable[..., asyncio.BaseProtocol], config.http_protocol_class)
        return make(config=config, server_state=state, app_state={})

    return protocol, state


def stream_setting(port: Port) -> Callable[..., asyncio.Protocol]:
    """What uvicorn's ``ws`` setting asks for: called with uvicorn's own words, which ours has no use for."""

    def make(**_: object) -> asyncio.Protocol:
        return StreamProtocol(port)

    return make
