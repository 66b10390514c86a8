"""Which hosts are this machine, and which others a project allows."""

import socket
from collections.abc import Iterable
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network


def is_own(host: object) -> bool:
    """Whether a host is this machine: nothing at all, localhost, a loopback address, an address that means "any"."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
    if name is None:
        return True
    if not isinstance(name, str):
        return False
    name = name.lower().rstrip(".").partition("%")[0]
    if name in ("", "localhost", "ip6-localhost", "<broadcast>") or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return name == socket.gethostname().lower()
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or address.is_unspecified or (mapped is not None and mapped.is_loopback)


class Allowed:
    """Names (``*`` stands for anything), addresses and networks; what allowed names resolve to is allowed with them."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._patterns: list[str] = []
        self._networks: list[IPv4Network | IPv6Network] = []
        self._resolved: set[str] = set()
        for entry in entries:
            try:
                self._networks.append(ip_network(entry.strip(), strict=False))
            except ValueError:
                self._patterns.append(entry.strip().lower())

    def __contains__(self, host: object) -> bool:
        name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
        name = name.lower().rstrip(".")
        if name in self._resolved or any(fnmatchcase(name, pattern) for pattern in self._patterns):
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return any(address in network for network in self._networks if network.version == address.version)

    def learn(self, answers: Iterable[object]) -> None:
        """What an allowed name was resolved to, as getaddrinfo tells it."""
        for answer in answers:
            if isinstance(answer, tuple) and len(answer) == 5:
                self._resolved.add(str(answer[4][0]).lower())
