"""For tests on machines without network namespaces: venues' names lead to this machine, and to other ports than 443.

Loaded by the client's interpreter itself, so that the client's program stays as it is. SIMX_SERVED says which names and
which port; SIMX_TRUSTED is the bundle that stands in for certifi's.
"""

import json
import os
import socket
import sys
from typing import Any

import certifi

HTTPS_PORTS = {443, 9443}


def redirect(hosts: frozenset[str], to_port: int) -> None:
    """Answer look-ups of these names with this machine's address and that port, and all others as before."""
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in hosts:
            assert int(port) in HTTPS_PORTS, f"{name} is asked for on port {port}"
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", to_port))]
        return look_up(host, port, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo
    # Its resolver is C code that asks name servers itself; aiohttp does without it.
    sys.modules["aiodns"] = None  # type: ignore[assignment]


if "SIMX_TRUSTED" in os.environ:
    tls = json.loads(os.environ["SIMX_SERVED"])["tls"]
    redirect(frozenset(host for hosts in tls["hosts"].values() for host in hosts), tls["ports"][0])
    certifi.where = lambda: os.environ["SIMX_TRUSTED"]
