"""Keeps a client on this machine: a look-up or connection beyond loopback raises before a packet leaves.

It listens to the interpreter's own audit events, so no library can hold on to an unguarded socket function.
"""

import ipaddress
import sys

NAME_EVENTS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
ADDRESS_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})

escapes: list[str] = []
"""Every host that was refused, for a client that swallows the exception."""


own_names: set[str] = set()
"""Names that lead to this machine where the client runs; the addresses they lead to are watched all the same."""


class LeftLoopback(RuntimeError):
    """A client tried to reach a host that is not this machine."""


def is_loopback(host: object) -> bool:
    """True for nothing (a local bind), `localhost` and every loopback address; False for any other name."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or name in {"", "localhost"} or name in own_names:
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


def _refuse_strangers(event: str, arguments: tuple[object, ...]) -> None:
    if event in NAME_EVENTS:
        host = arguments[0]
    elif event in ADDRESS_EVENTS and isinstance(arguments[1], tuple):
        host = arguments[1][0]  # a path or None is a socket of this machine
    else:
        return
    if not is_loopback(host):
        escapes.append(f"{event} {host!r}")
        raise LeftLoopback(f"{event} to {host!r}: this client may only reach the served venue")


def stay_on_loopback(*names: str) -> None:
    """Guards this interpreter until it ends; an audit hook cannot be removed. `names` may be looked up too."""
    own_names.update(names)
    sys.addaudithook(_refuse_strangers)
