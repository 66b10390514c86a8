"""The servers that ``bench_http`` puts beside ours, one per name; each says where it listens, then serves until killed.

Runs in the peers' environment too, so it imports nothing but what the named server needs.
"""

import hmac
import json
import logging
import socket
import sys
import threading
from typing import Any

REPLY = b'{"ok":true}'
SECRET = b"s" * 64


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """The least an ASGI application can do."""
    assert scope["type"] == "http"
    headers = [(b"content-type", b"application/json"), (b"content-length", b"11")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": REPLY})


def serve_bare(fast: bool) -> None:
    serve(bare, loop="uvloop" if fast else "asyncio", http="httptools" if fast else "h11")


def serve(application: Any, **settings: Any) -> None:
    import uvicorn

    # The protocol is named, else asyncio does not see that it is TCP, and leaves small writes waiting.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(2_048)
    announce(listening)
    config = uvicorn.Config(application, log_level="error", access_log=False, lifespan="off", **settings)
    uvicorn.Server(config).run(sockets=[listening])


def announce(listening: socket.socket) -> None:
    host, port = listening.getsockname()
    print(json.dumps({"authority": f"{host}:{port}"}), flush=True)


def serve_fastapi() -> None:
    """What one would write first: a route, typed parameters, the signature; and then a constant."""
    from fastapi import FastAPI, Header, Request

    application = FastAPI()

    @application.get("/api/v3/ping")  # type: ignore[untyped-decorator, unused-ignore]
    async def ping() -> dict[str, bool]:
        return {}

    def check(request: Request, signature: str) -> dict[str, bool]:
        payload = request.url.query.partition("&signature=")[0].encode()
        hmac.compare_digest(hmac.new(SECRET, payload, "sha256").hexdigest(), signature)
        return {"ok": True}

    @application.post("/api/v3/order")  # type: ignore[untyped-decorator, unused-ignore]
    async def place(
        request: Request,
        symbol: str,
        side: str,
        type: str,  # noqa: A002
        quantity: float,
        price: float,
        signature: str,
        timestamp: int,
        x_mbx_apikey: str = Header(),
    ) -> dict[str, bool]:
        return check(request, signature)

    @application.delete("/api/v3/order")  # type: ignore[untyped-decorator, unused-ignore]
    async def cancel(
        request: Request, symbol: str, signature: str, timestamp: int, x_mbx_apikey: str = Header()
    ) -> dict[str, bool]:
        return check(request, signature)

    serve(application)


def serve_order_matching() -> None:
    from order_matching.api.app import app

    serve(app)


def serve_moto() -> None:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(json.dumps({"authority": f"{host}:{port}"}), flush=True)
    threading.Event().wait()


SERVERS = {
    "bare": lambda: serve_bare(fast=True),
    "stock": lambda: serve_bare(fast=False),
    "fastapi": serve_fastapi,
    "order-matching": serve_order_matching,
    "moto": serve_moto,
}

if __name__ == "__main__":
    try:
        SERVERS[sys.argv[1]]()
    except ImportError as missing:
        print(json.dumps({"absent": f"not installed ({missing})"}), flush=True)
