"""Is it up, what is served, and where everything else is."""

from typing import Final

from msgspec import Struct
from starlette.responses import Response

from simexchange import __version__
from simexchange.control import dashboard
from simexchange.control.operations import Asked, Operation, Redirect, Text
from simexchange.control.problems import Problem
from simexchange.control.reading import Query
from simexchange.control.security import cookie_header
from simexchange.description import as_reached

PEM: Final = "application/x-pem-file"


class Status(Struct, frozen=True):
    status: str
    """live, ready or starting."""


class VenueInfo(Struct, frozen=True):
    rest_url: str
    ws_url: str
    symbols: list[str]


class Info(Struct, frozen=True):
    """What is served; never an account, a key or a secret."""

    version: str
    seed: int | None
    scenario: str | None
    venues: dict[str, VenueInfo]


class IndexQuery(Query, frozen=True):
    token: str | None = None
    """The control token: answered with a cookie that holds it, so that a browser stays in."""

    def __repr__(self) -> str:
        return "IndexQuery()"


def live(_: Asked) -> Status:
    return Status("live")


def ready(asked: Asked) -> Status:
    if asked.controls.exchange.description is None:
        raise Problem(503, "the exchange is starting", state="starting")
    return Status("ready")


def info(asked: Asked) -> Info:
    description = asked.controls.exchange.description
    if description is None:
        return Info(__version__, None, None, {})
    venues = {
        name: VenueInfo(as_reached(venue.rest_url, asked.host), as_reached(venue.ws_url, asked.host), venue.symbols)
        for name, venue in description.venues.items()
    }
    return Info(__version__, description.seed, asked.controls.exchange.runner.scenario.name, venues)


def authority(asked: Asked) -> Text:
    front = asked.controls.exchange.front
    if front is None:
        raise Problem(404, "there is no TLS front here, and no authority: `simexchange serve --tls` has both")
    return Text(front.authority.identity.certificate_pem(), PEM)


def index(asked: Asked) -> Redirect | Response:
    exchange = asked.controls.exchange
    if asked.query.token is not None:
        return Redirect("/", cookie_header(exchange.control_port, exchange.control_token))
    return dashboard.page()


OPERATIONS: Final = (
    Operation("GET", "/health/live", "The process is up", live, Status, is_open=True),
    Operation(
        "GET", "/health/ready", "Markets are seeded and ports are served", ready, Status, is_open=True, problems=(503,)
    ),
    Operation(
        "GET",
        "/ca.pem",
        "The certificate that clients of the TLS front are to trust",
        authority,
        str,
        is_open=True,
        problems=(404,),
        media_type=PEM,
    ),
    Operation("GET", "/info", "Version, seed and venues; no secret", info, Info, is_open=True),
    Operation(
        "GET",
        "/",
        "The dashboard; with ?token= it leaves the token in a cookie, so that a browser stays in",
        index,
        str,
        query=IndexQuery,
        media_type="text/html",
    ),
)
