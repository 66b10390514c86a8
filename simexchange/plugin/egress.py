"""The guard that keeps a test on this machine: looking up or connecting to any other raises, before a packet leaves.

It stands where Python code leaves: the socket module's functions, and the methods of uvloop's loops, which go past
them. Installed and removed as a whole; while it is removed nothing of it is left.
"""

import functools
import socket
import sys
import warnings
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from simexchange.plugin.egress_hints import hints, venue_of
from simexchange.plugin.hosts import Allowed, is_own


class EgressRefused(RuntimeError):
    """A test that uses simexchange was about to reach another machine. No OSError: bots retry those."""


class EgressWarning(UserWarning):
    """A test went on although it was kept from reaching another machine."""


class EgressGuard:
    """``with EgressGuard(allowed): ...``; one at a time."""

    def __init__(self, allowed: Iterable[str] = (), is_off: bool = False) -> None:
        self._allowed = Allowed(allowed)
        self._is_off = is_off
        self._undo: list[Callable[[], None]] = []
        self._refused: list[str] = []

    def __enter__(self) -> Self:
        if not self._is_off:
            self._install()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._undo:
            self._undo.pop()()

    def take_refused(self) -> list[str]:
        """The hosts that were refused since this was asked before, each once."""
        refused, self._refused = list(dict.fromkeys(self._refused)), []
        return refused

    def warn(self) -> None:
        """Tell of refusals that no failure has told of: somebody has caught the error, the bot perhaps."""
        refused = self.take_refused()
        if refused:
            warnings.warn(
                EgressWarning(f"kept from reaching {', '.join(refused)}, and the error was caught"), stacklevel=2
            )

    def _install(self) -> None:
        self._replace(socket, "getaddrinfo", self._resolving)
        self._replace(socket, "gethostbyname", self._naming)
        self._replace(socket, "gethostbyname_ex", self._naming)
        self._replace(socket.socket, "connect", self._connecting)
        self._replace(socket.socket, "connect_ex", self._connecting)
        self._replace(socket.socket, "sendto", self._sending)
        uvloop = sys.modules.get("uvloop")
        if uvloop is not None:
            self._replace(uvloop.Loop, "getaddrinfo", self._resolving_later)
            self._replace(uvloop.Loop, "create_connection", self._opening)
            self._replace(uvloop.Loop, "sock_connect", self._connecting_later)

    def _replace(self, owner: Any, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Put ``around`` in place of an attribute; undone, the owner has it of itself only if it had before."""
        original = getattr(owner, name)
        was_own = name in vars(owner)
        setattr(owner, name, functools.wraps(original)(around(original)))
        self._undo.append(lambda: setattr(owner, name, original) if was_own else delattr(owner, name))

    # What stands in place of each.

    def _resolving(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            is_allowed = self._check(host)
            answers = original(host, *args, **kwargs)
            if is_allowed:
                self._allowed.learn(answers)
            return answers

        return getaddrinfo

    def _naming(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def gethostbyname(host: Any) -> Any:
            __tracebackhide__ = True
            self._check(host)
            return original(host)

        return gethostbyname

    def _connecting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(own: Any, address: Any) -> Any:
            __tracebackhide__ = True
            self._check_address(address)
            return original(own, address)

        return connect

    def _sending(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def sendto(own: Any, data: Any, *flags_and_address: Any) -> Any:
            __tracebackhide__ = True
            self._check_address(flags_and_address[-1])
            return original(own, data, *flags_and_address)

        return sendto

    def _resolving_later(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def getaddrinfo(own: Any, host: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            is_allowed = self._check(host)
            answers = await original(own, host, *args, **kwargs)
            if is_allowed:
                self._allowed.learn(answers)
            return answers

        return getaddrinfo

    def _opening(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def create_connection(own: Any, protocol: Any, host: Any = None, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            self._check(host)
            return await original(own, protocol, host, *args, **kwargs)

        return create_connection

    def _connecting_later(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def sock_connect(own: Any, sock: Any, address: Any) -> Any:
            __tracebackhide__ = True
            self._check_address(address)
            return await original(own, sock, address)

        return sock_connect

    # The decision.

    def _check_address(self, address: Any) -> None:
        """A path or a number is a socket of this machine."""
        __tracebackhide__ = True
        if isinstance(address, tuple) and address:
            self._check(address[0])

    def _check(self, host: Any) -> bool:
        """Whether it is another machine that is allowed. Raises EgressRefused for one that is not."""
        __tracebackhide__ = True
        if is_own(host):
            return False
        if host in self._allowed:
            return True
        name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
        self._refused.append(name)
        raise EgressRefused(refusal(name))


def refusal(host: str) -> str:
    """What the error says: which host, what to do about the client that calls, how to allow it."""
    venue = venue_of(host)
    whose = f", which is the real {venue}" if venue is not None else ""
    lines = [
        f"a test that uses simexchange was about to reach {host}{whose}; it may reach this machine alone.",
        *(f"  {hint}" for hint in hints(host, sys._getframe(1))),
        f"  To allow it: simx_allow_hosts = {host} in pytest's ini file; --simx-allow-egress allows all.",
    ]
    return "\n".join(lines)
