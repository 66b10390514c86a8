"""Secrets where they do not belong. Looks through every byte of a request, so it is asked only when somebody wants it.

Nothing of what it finds is ever told: the evidence is the request's place in the journal.
"""

from collections.abc import Iterator
from typing import ClassVar

from simexchange.dialects.base import Request
from simexchange.domain.enums import KeyKind
from simexchange.runs.signs.seen import Detector, Heard, Sighting
from simexchange.services.journal import RequestEntry


class Secrets(Detector):
    signs: ClassVar = ("secret_leaked",)

    def request(self, heard: Heard, entry: RequestEntry) -> None:
        request = entry.request
        everything = " ".join(_texts(request))
        address = f"{request.path} {request.query}" if isinstance(request, Request) else ""
        for key in self.world.doors[heard.venue].venue.keys.values():
            is_secret = key.kind is KeyKind.HMAC and key.material.reveal() in everything
            if is_secret or key.api_key in address or key.api_key in heard.call.client_order_id:
                what = "a request that holds a secret" if is_secret else "a request that shows a key"
                evidence = (heard.seq,)
                self.see(
                    Sighting("secret_leaked", heard.ts_ns, evidence, heard.venue, heard.account, heard.among, text=what)
                )
                return


def _texts(request: object) -> Iterator[str]:
    if not isinstance(request, Request):
        yield str(request)
        return
    yield request.path
    yield request.query
    yield request.body.decode("latin-1")
    for name, value in request.headers.items():
        yield name.decode("latin-1")
        yield value.decode("latin-1")
