"""Request weights, raw requests and unfilled orders: this venue's windows, refusals and headers.

Source: Binance REST, "LIMITS"; "Spot Unfilled Order Count Rules". All counters are fixed calendar windows.
"""

from functools import lru_cache
from typing import Final, NoReturn

from simexchange.dialects.base import Coverage, Fidelity, LimitInUse
from simexchange.dialects.binance import errors
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.settings import LimitSettings
from simexchange.domain.commands import CancelOrder
from simexchange.domain.events import Batch, Execution, OrderAccepted, OrderListPlaced, Trade
from simexchange.domain.ids import AccountId
from simexchange.services.clock import DAY, MILLISECOND, MINUTE, SECOND
from simexchange.services.rate_limits import Bans, CalendarWindow
from simexchange.venue.accounts import Account

Header = tuple[bytes, bytes]
_USED_WEIGHT: Final = b"x-mbx-used-weight"
_USED_WEIGHT_1M: Final = b"x-mbx-used-weight-1m"
_SAPI_USED_WEIGHT: Final = b"x-sapi-used-ip-weight-1m"
_ORDER_COUNT_10S: Final = b"x-mbx-order-count-10s"
_ORDER_COUNT_1D: Final = b"x-mbx-order-count-1d"


class Limits:
    """All request and order counters of one venue, shared by REST and the WebSocket API."""

    def __init__(self, settings: LimitSettings, accounts: dict[AccountId, Account]) -> None:
        self.settings = settings
        self._accounts = accounts
        self.weight: CalendarWindow[str] = CalendarWindow(MINUTE, settings.request_weight)
        self.sapi_weight: CalendarWindow[str] = CalendarWindow(MINUTE, settings.sapi_weight)
        self.raw: CalendarWindow[str] = CalendarWindow(5 * MINUTE, settings.raw_requests)
        self.orders_10s: CalendarWindow[AccountId] = CalendarWindow(10 * SECOND, settings.orders_10s)
        self.orders_1d: CalendarWindow[AccountId] = CalendarWindow(DAY, settings.orders_1d)
        self.bans: Bans[str] = Bans(settings.first_ban_ns, settings.longest_ban_ns)
        self._turn_ns = 0
        self._refused: CalendarWindow[str] = CalendarWindow(MINUTE, settings.refusals_before_ban)

    def admit(self, peer: str, weight: int, now_ns: int) -> None:
        """Count one raw request and see that ``weight`` more is allowed; 429 or 418 where it is not.

        The weight itself is not counted yet: see ``charge``.
        """
        if now_ns >= self._turn_ns:
            self._turn(now_ns)
        if self.bans:
            self._refuse_banned(peer, now_ns)
        raw, used = self.raw, self.weight
        requests = raw.counts[peer] = raw.counts.get(peer, 0) + 1
        if 0 < raw.limit < requests:
            self._refuse(peer, now_ns, errors.REQUESTS_EXCEEDED, raw, "5 MINUTE")
        if 0 < used.limit < used.counts.get(peer, 0) + weight:
            used.add(peer, now_ns, weight)
            self._refuse(peer, now_ns, errors.WEIGHT_EXCEEDED, used, "1 MINUTE")

    def _turn(self, now_ns: int) -> None:
        """Ten seconds have passed, the length that all windows are multiples of: begin those that are due."""
        for window in (self.weight, self.raw, self.orders_10s, self.orders_1d):
            window.roll(now_ns)
        self._turn_ns = self.orders_10s.ends_ns

    def admit_sapi(self, peer: str, weight: int, now_ns: int) -> None:
        """The same for /sapi, whose weight is counted apart and at once."""
        if self.bans:
            self._refuse_banned(peer, now_ns)
        if self.sapi_weight.exceeds(self.sapi_weight.add(peer, now_ns, weight)):
            self._refuse(peer, now_ns, errors.WEIGHT_EXCEEDED, self.sapi_weight, "1 MINUTE")

    def charge(self, peer: str, weight: int, now_ns: int) -> int:
        """Count weight that was used; the sum of this minute."""
        return self.weight.add(peer, now_ns, weight)

    def check_orders(self, account_id: AccountId, orders: int, now_ns: int) -> None:
        """-1015 (429) if so many more orders would be too many unfilled ones of this account."""
        if now_ns >= self._turn_ns:
            self._turn(now_ns)
        window = self.orders_10s
        if 0 < window.limit < window.counts.get(account_id, 0) + orders:
            _refuse_orders(window, "10 SECOND")
        window = self.orders_1d
        if 0 < window.limit < window.counts.get(account_id, 0) + orders:
            _refuse_orders(window, "1 DAY")

    def on_batch(self, batch: Batch) -> None:
        """Count accepted orders, and take one back for each order that trades for the first time."""
        if type(batch.command) is CancelOrder or not batch.events:
            return
        first = batch.events[0]
        if isinstance(first, OrderAccepted):
            self._count_order(first.order.account_id, 1, batch.ts_ns)
        elif isinstance(first, OrderListPlaced):
            self._count_order(first.order_list.account_id, len(first.order_list.orders), batch.ts_ns)
        for event in batch.events:
            if isinstance(event, Trade):
                self._note_fill(event.taker, batch.ts_ns)
                self._note_fill(event.maker, batch.ts_ns)

    def count_unplaced(self, account_id: AccountId, now_ns: int) -> None:
        """Count the new order of a cancel-replace that did not come to be."""
        self._count_order(account_id, 1, now_ns)

    def headers(self, peer: str, now_ns: int) -> tuple[Header, Header]:
        """What every reply of /api carries."""
        if now_ns >= self._turn_ns:
            self._turn(now_ns)
        return _weight_headers(self.weight.counts.get(peer, 0))

    def sapi_headers(self, peer: str, now_ns: int) -> tuple[Header]:
        """What every reply of /sapi carries."""
        return ((_SAPI_USED_WEIGHT, b"%d" % self.sapi_weight.count(peer, now_ns)),)

    def order_headers(self, account_id: AccountId, now_ns: int) -> tuple[Header, Header]:
        """What an accepted order's reply carries beside."""
        if now_ns >= self._turn_ns:
            self._turn(now_ns)
        return _order_headers(self.orders_10s.counts.get(account_id, 0), self.orders_1d.counts.get(account_id, 0))

    def in_use(self, now_ns: int) -> list[LimitInUse]:
        """Every counter that is not at nought, and every ban."""
        if now_ns >= self._turn_ns:
            self._turn(now_ns)
        rows = [
            LimitInUse(what, peer, used, window.limit, window.ends_ns)
            for what, window in (
                ("request weight, 1 minute", self.weight),
                ("wallet weight, 1 minute", self.sapi_weight),
                ("raw requests, 5 minutes", self.raw),
                ("refusals before a ban, 1 minute", self._refused),
            )
            for peer, used in window.used(now_ns)
        ]
        rows += [
            LimitInUse(what, self._accounts[account_id].name, used, window.limit, window.ends_ns)
            for what, window in (("unfilled orders, 10 seconds", self.orders_10s), ("orders, 1 day", self.orders_1d))
            for account_id, used in window.used(now_ns)
        ]
        return rows + [
            LimitInUse("banned", peer, 0, 0, until_ns, is_ban=True) for peer, until_ns in self.bans.active(now_ns)
        ]

    def _count_order(self, account_id: AccountId, orders: int, now_ns: int) -> None:
        if self._accounts[account_id].house:
            return
        if now_ns >= self._turn_ns:
            self._turn(now_ns)
        for counts in (self.orders_10s.counts, self.orders_1d.counts):
            count = counts.get(account_id, 0) + orders
            counts[account_id] = count if count > 0 else 0

    def _note_fill(self, execution: Execution, now_ns: int) -> None:
        if execution.cum_quantity == execution.last_quantity:
            self._count_order(execution.order.account_id, -1, now_ns)

    def _refuse_banned(self, peer: str, now_ns: int) -> None:
        until_ns = self.bans.until(peer, now_ns)
        if until_ns is not None:
            raise BinanceRefusal(errors.IP_BANNED, until_ns // MILLISECOND, retry_after_ns=until_ns)

    def _refuse(self, peer: str, now_ns: int, entry: errors.Entry, window: CalendarWindow[str], interval: str) -> None:
        if self._refused.exceeds(self._refused.add(peer, now_ns)):
            self.bans.ban(peer, now_ns)
            self._refuse_banned(peer, now_ns)
        raise BinanceRefusal(entry, window.limit, interval, retry_after_ns=window.ends_ns)


@lru_cache(maxsize=8192)
def _weight_headers(used: int) -> tuple[Header, Header]:
    text = b"%d" % used
    return (_USED_WEIGHT, text), (_USED_WEIGHT_1M, text)


@lru_cache(maxsize=8192)
def _order_headers(count_10s: int, count_1d: int) -> tuple[Header, Header]:
    return (_ORDER_COUNT_10S, b"%d" % count_10s), (_ORDER_COUNT_1D, b"%d" % count_1d)


def _refuse_orders(window: CalendarWindow[AccountId], interval: str) -> NoReturn:
    raise BinanceRefusal(errors.ORDERS_EXCEEDED, window.limit, interval, retry_after_ns=window.ends_ns)


def rate_limit_rows(settings: LimitSettings) -> list[dict[str, object]]:
    """``rateLimits`` of exchangeInfo; a limit that is switched off is not listed."""
    rows = (
        ("REQUEST_WEIGHT", "MINUTE", 1, settings.request_weight),
        ("ORDERS", "SECOND", 10, settings.orders_10s),
        ("ORDERS", "DAY", 1, settings.orders_1d),
        ("RAW_REQUESTS", "MINUTE", 5, settings.raw_requests),
    )
    return [
        {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
        for kind, interval, number, limit in rows
        if limit
    ]


def order_count_rows(limits: Limits, account_id: AccountId, now_ns: int) -> list[dict[str, object]]:
    """The unfilled order counts of an account, as rateLimit/order and the WebSocket API list them."""
    rows = (("SECOND", 10, limits.orders_10s), ("DAY", 1, limits.orders_1d))
    return [
        {
            "rateLimitType": "ORDERS",
            "interval": interval,
            "intervalNum": number,
            "limit": window.limit,
            "count": window.count(account_id, now_ns),
        }
        for interval, number, window in rows
        if window.limit
    ]


def weight_rows(limits: Limits, peer: str, now_ns: int) -> list[dict[str, object]]:
    """The weight used by an address, as the WebSocket API lists it; nothing where that limit is switched off."""
    if not limits.weight.limit:
        return []
    row: dict[str, object] = {
        "rateLimitType": "REQUEST_WEIGHT",
        "interval": "MINUTE",
        "intervalNum": 1,
        "limit": limits.weight.limit,
        "count": limits.weight.count(peer, now_ns),
    }
    return [row]


COVERAGE: Final = (
    Coverage("limit", "REQUEST_WEIGHT 6000 per 1 MINUTE and IP", Fidelity.SAME),
    Coverage("limit", "RAW_REQUESTS 300000 per 5 MINUTE and IP", Fidelity.SAME),
    Coverage("limit", "ORDERS 100 per 10 SECOND and account", Fidelity.SAME),
    Coverage("limit", "ORDERS 200000 per 1 DAY and account", Fidelity.SAME),
    Coverage(
        "limit",
        "unfilled order count",
        Fidelity.SIMPLIFIED,
        "every first fill gives back one order; the venue may give back more for makers and large fills",
    ),
    Coverage(
        "limit",
        "429 and 418 with Retry-After",
        Fidelity.SIMPLIFIED,
        "bans double from 2 minutes to 3 days after 10 refusals in a minute; the venue keeps its steps to itself",
    ),
    Coverage("limit", "sapi weight per 1 MINUTE and IP", Fidelity.SIMPLIFIED, "one counter for all of /sapi"),
    Coverage("limit", "web application firewall (403)", Fidelity.MISSING, "its rules are not published"),
)
