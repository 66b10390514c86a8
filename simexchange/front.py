"""The TLS front of one exchange: its ports, the authority behind its certificates, and which host is which venue's."""

import errno
import logging
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from simexchange.description import TlsDescription, TlsOptions
from simexchange.transports.authority import Authority, open_authority
from simexchange.transports.certificates import LOCAL_NAMES
from simexchange.transports.server import AddressUnusable, VenueServer, open_socket
from simexchange.transports.tls import Contexts
from simexchange.transports.tls_front import Directory, FrontVenue, TlsPort
from simexchange.venues import VENUES

HTTPS_PORT: Final = 443
DEFAULT_PORTS: Final = (HTTPS_PORT, 9443)
"""Where clients of these venues connect to unless told otherwise."""
UNPRIVILEGED: Final = {HTTPS_PORT: 8443}
"""What takes a default port's place where this process may not have it."""

log = logging.getLogger(__name__)


def all_hosts() -> list[str]:
    """Every host name that some venue answers to, whichever venues are opened."""
    return sorted({host for kind in VENUES.values() for host in (*kind.hosts, *kind.neighbors)})


def hosts_of(opened: Iterable[str]) -> dict[str, list[str]]:
    """The names each of these venues answers to: its own, and its neighbours' that none of them has.

    ``binance.localhost`` leads to this machine in most resolvers by itself (RFC 6761), and tells venues apart.
    """
    names = {name: [*VENUES[name].hosts, f"{name}.localhost"] for name in opened}
    taken = {host for hosts in names.values() for host in hosts}
    for name, hosts in names.items():
        hosts += [host for host in VENUES[name].neighbors if host not in taken]
        taken.update(hosts)
    return names


def open_ports(host: str, wanted: tuple[int, ...] | None, are_free: bool) -> list[socket.socket]:
    """A listening socket for each. ``are_free`` takes a free one where none was asked for.

    Raises PortTaken or AddressUnusable, and leaves nothing open then.
    """
    sockets: list[socket.socket] = []
    try:
        for port in wanted or ((0,) if are_free else DEFAULT_PORTS):
            sockets.append(_open(host, port, may_move=wanted is None))  # noqa: PERF401 - those open so far are closed
    except BaseException:
        for taken in sockets:
            taken.close()
        raise
    return sockets


def _open(host: str, port: int, may_move: bool) -> socket.socket:
    try:
        return open_socket(host, port)
    except AddressUnusable as unusable:
        denied = isinstance(unusable.__cause__, OSError) and unusable.__cause__.errno == errno.EACCES
        other = UNPRIVILEGED.get(port)
        if not (denied and may_move and other):
            raise
        log.warning("port %d is not for this user: the TLS front takes %d instead", port, other)
        return open_socket(host, other)


class Front:
    """What becomes of ``--tls``: opened with the other ports, served once the venues are."""

    def __init__(self, options: TlsOptions, host: str, wall_ns: Callable[[], int], are_free: bool) -> None:
        """Raises AuthorityUnusable, PortTaken or AddressUnusable."""
        self._wall_ns = wall_ns
        self.authority: Authority = open_authority(options.folder, all_hosts(), wall_ns())
        if self.authority.renewed:
            log.warning(
                "the certificate authority is a new one, since of the old one %s: clients that took a copy of %s need"
                " the new one",
                self.authority.renewed,
                self.authority.file,
            )
        self._sockets = open_ports(host, options.ports, are_free)
        self._ports: list[TlsPort] = []
        self._hosts: dict[str, list[str]] = {}

    async def start(self, servers: Mapping[str, VenueServer]) -> None:
        """Serve these venues by their names."""
        self._hosts = hosts_of(servers)
        venues = {
            name: FrontVenue(name, servers[name], hosts, self._contexts(hosts)) for name, hosts in self._hosts.items()
        }
        directory = Directory(venues, self._contexts(list(LOCAL_NAMES)))
        for listening in self._sockets:
            port = TlsPort(directory, listening)
            await port.start()
            self._ports.append(port)

    def _contexts(self, names: list[str]) -> Contexts:
        return Contexts(self.authority.identity, names, self._wall_ns)

    async def stop(self) -> None:
        """Serve nobody any more."""
        ports, self._ports = self._ports, []
        for port in ports:
            await port.stop()
        self.close()

    def close(self) -> None:
        """Give the ports back, served or not."""
        for listening in self._sockets:
            listening.close()

    def describe(self) -> TlsDescription:
        file = self.authority.file
        return TlsDescription(None if file is None else str(file), [port.port for port in self._ports], self._hosts)
