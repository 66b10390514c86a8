"""Ready-made configuration of client libraries. It holds a key and its secret: that is what it is for."""

from typing import Any, Final
from urllib.parse import urlsplit

from simexchange.client import CONFIGURATIONS, ConfigError, configuration, target, why_not
from simexchange.control.operations import Asked, Operation, Text
from simexchange.control.problems import Problem, bad
from simexchange.control.reading import Query
from simexchange.description import as_reached, describe_venue
from simexchange.services.likeness import did_you_mean
from simexchange.venues import VENUES


class ConfigQuery(Query, frozen=True):
    venue: str | None = None
    """The first, by default."""
    account: str = "alice"
    """Whose key to use."""
    format: str | None = None
    """python or json; ccxt has both."""


def show(asked: Asked) -> Text:
    controls, query, client = asked.controls, asked.query, asked.path["client"]
    if client not in CONFIGURATIONS:
        raise Problem(404, why_not(client))
    description = controls.exchange.description
    if description is None:
        raise Problem(503, "the exchange is starting")
    venue = query.venue or next(iter(description.venues))
    if venue not in description.venues:
        raise bad("venue", f"there is no venue {venue!r}; {did_you_mean(venue, description.venues)}", sent=venue)
    served = urlsplit(as_reached(description.venues[venue].rest_url, asked.host))
    now = describe_venue(controls.door(venue).venue, VENUES[venue].spell, served.netloc, served.scheme == "https")
    if now.account(query.account) is None:
        names = [account.name for account in now.accounts]
        raise bad(
            "account", f"{venue} has no account {query.account!r} with a key; {did_you_mean(query.account, names)}"
        )
    forms: dict[str, Any] = CONFIGURATIONS[client]
    form = query.format or next(iter(forms))
    try:
        text = configuration(client, form, target(venue, now, query.account, None))
    except ConfigError as error:
        raise bad("format", str(error), sent=query.format, passes=", ".join(forms)) from None
    return Text(text, "application/json" if form == "json" else "text/plain; charset=utf-8")


OPERATIONS: Final = (
    Operation(
        "GET",
        "/config/{client}",
        f"Configuration of a client library, to be pasted or run, key and secret included: {', '.join(CONFIGURATIONS)}",
        show,
        str,
        query=ConfigQuery,
        problems=(404, 503),
        media_type="text/plain",
    ),
)
