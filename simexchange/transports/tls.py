"""TLS contexts of the venues: one leaf certificate each, made when the exchange starts, renewed while it runs.

TLS 1.2 and 1.3, HTTP/1.1 by ALPN, no client certificates. Private keys reach the library through an anonymous file in
memory where the system has that, else through a temporary one that only its owner can read and that is gone at once.
"""

import os
import ssl
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from simexchange.transports.certificates import LEAF_LIFE, Identity, make_leaf, moment

RENEWED_BEFORE_END: Final = timedelta(days=7)
_ALPN: Final = ["http/1.1"]


def server_context(leaf: Identity) -> ssl.SSLContext:
    """What a server speaks TLS with, as this leaf."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(_ALPN)
    with _as_file(leaf.reveal_pem()) as path:
        context.load_cert_chain(path)
    return context


@contextmanager
def _as_file(secret: bytes) -> Iterator[str]:
    """A path at which the library, which takes nothing else, finds these bytes for a moment."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        handle = os.memfd_create("leaf")
        try:
            os.write(handle, secret)
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "leaf.pem")
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secret)
        yield path


class Contexts:
    """One venue's certificates: the good one, and those that a fault shows instead."""

    def __init__(self, authority: Identity, names: Sequence[str], wall_ns: Callable[[], int]) -> None:
        self._authority = authority
        self._names = names
        self._wall_ns = wall_ns
        self._good: tuple[Identity, ssl.SSLContext] | None = None

    def good(self) -> ssl.SSLContext:
        """A certificate that holds for another week at least."""
        now_ns = self._wall_ns()
        if self._good is None or self._good[0].certificate.not_valid_after_utc - RENEWED_BEFORE_END < moment(now_ns):
            leaf = make_leaf(self._authority, self._names, now_ns)
            self._good = leaf, server_context(leaf)
        return self._good[1]

    def expired(self) -> ssl.SSLContext:
        """A certificate for the right names that ended a day ago."""
        return server_context(make_leaf(self._authority, self._names, self._wall_ns(), LEAF_LIFE, is_expired=True))

    def wrong_host(self) -> ssl.SSLContext:
        """A certificate of the same authority for another name."""
        return server_context(make_leaf(self._authority, ("wrong.host.localhost",), self._wall_ns()))
