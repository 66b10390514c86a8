"""What a person sees when the exchange is ready. Plain text; colour only where the caller says there is a terminal."""

from collections.abc import Iterator, Sequence

from simexchange import __version__
from simexchange.description import AccountDescription, Description, VenueDescription

_BOLD, _DIM, _CYAN, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[0m"
_SHOWN_PRICES = 6


class Paint:
    """Puts colour on text, or leaves it."""

    def __init__(self, in_color: bool) -> None:
        self._in_color = in_color

    def _wrap(self, text: str, code: str) -> str:
        return f"{code}{text}{_RESET}" if self._in_color and text else text

    def title(self, text: str) -> str:
        return self._wrap(text, _BOLD)

    def address(self, text: str) -> str:
        return self._wrap(text, _CYAN)

    def aside(self, text: str) -> str:
        return self._wrap(text, _DIM)


def banner(description: Description, in_color: bool) -> str:
    """The whole banner, with a line break at its end."""
    paint = Paint(in_color)
    lines = [
        "",
        paint.title(f"simexchange {__version__}") + "  a simulated exchange: nothing here is real money",
        f"seed {description.seed}   scenario {description.scenario}   clock {description.clock}",
        "",
        *_venue_table(description, paint),
        *_tls(description, paint),
    ]
    for name, venue in description.venues.items():
        lines += ["", *_prices(venue, paint), "", *_account_table(name, venue, paint)]
    lines += ["", *_to_copy(description, paint), "", paint.aside("Ctrl-C stops the exchange."), ""]
    return "\n".join(lines)


def _venue_table(description: Description, paint: Paint) -> Iterator[str]:
    rows = [("control", description.control_url, "", "")]
    rows += [
        (name, venue.rest_url, venue.ws_url, f"{len(venue.symbols)}") for name, venue in description.venues.items()
    ]
    widths = _widths(("venue", "REST", "WebSocket", "symbols"), rows)
    yield paint.title(_row(("venue", "REST", "WebSocket", "symbols"), widths))
    for name, rest, ws, count in rows:
        cells = _padded((name, rest, ws, count), widths)
        yield "  ".join((cells[0], paint.address(cells[1]), paint.address(cells[2]), cells[3])).rstrip()


def _tls(description: Description, paint: Paint) -> Iterator[str]:
    tls = description.tls
    if tls is None:
        return
    ports = ", ".join(map(str, tls.ports))
    yield ""
    yield f"{paint.title('TLS')}  by their real names, such as {tls.examples()}, on port {ports}"
    trusted = "the control port's /ca.pem" if tls.ca_file is None else tls.ca_file
    yield f"     clients trust {paint.address(trusted)}; `simexchange ca doctor` tells what is missing"


def _prices(venue: VenueDescription, paint: Paint) -> Iterator[str]:
    shown = [f"{symbol} {price}" for symbol, price in venue.prices.items()]
    more = f"   and {len(shown) - _SHOWN_PRICES} more" if len(shown) > _SHOWN_PRICES else ""
    yield paint.title("last prices") + "  " + "   ".join(shown[:_SHOWN_PRICES]) + more


def _account_table(name: str, venue: VenueDescription, paint: Paint) -> Iterator[str]:
    heads = ("account", "permissions", "balances")
    rows = [(account.name, _permissions(account), _balances(account)) for account in venue.accounts]
    widths = _widths(heads, rows)
    yield paint.title(f"accounts of {name}")
    yield paint.aside(_row(heads, widths))
    for account, row in zip(venue.accounts, rows, strict=True):
        yield _row(row, widths)
        yield paint.aside("  key    ") + account.api_key
        yield paint.aside("  secret ") + account.api_secret


def _permissions(account: AccountDescription) -> str:
    text = ", ".join(account.permissions)
    return f"{text} (only from {', '.join(account.ip_allow)})" if account.ip_allow else text


def _balances(account: AccountDescription) -> str:
    return "  ".join(f"{asset} {amount}" for asset, amount in account.balances.items())


def _to_copy(description: Description, paint: Paint) -> Iterator[str]:
    yield paint.title("to copy")
    for name, venue in list(description.venues.items())[:1]:
        options = f"--url {venue.rest_url} --seed {description.seed}"
        if venue.accounts:
            yield f"  simexchange config ccxt --venue {name} --account {venue.accounts[0].name} {options}"
        yield f"  curl {venue.rest_url}/api/v3/ticker/price"
    yield f"  {dashboard_url(description)}    # the page, and then /docs: what the control API offers"
    yield (
        f"  simexchange ctl --url {description.control_url} --token {description.control_token}"
        " faults add response-lost count=1"
    )
    yield "  simexchange coverage    # how true to the venue each endpoint, stream, error and limit is"


def dashboard_url(description: Description) -> str:
    """The address that lets a browser in."""
    return f"{description.control_url}/?token={description.control_token}"


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(heads, *rows, strict=True)]


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(_padded(cells, widths)).rstrip()
