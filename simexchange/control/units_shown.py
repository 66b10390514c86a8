"""Commands and events as plain data: a number of units as the decimal it stands for, an account by its name.

What a number counts is said by the name of its field, once, here. Fields that say nothing (their default) and secrets
are left out.
"""

import re
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct

from simexchange.control.masking import key_name
from simexchange.domain.enums import Word
from simexchange.domain.errors import RejectReason
from simexchange.domain.instrument import Asset, Instrument
from simexchange.domain.secret import Secret
from simexchange.domain.units import RATE_DECIMALS, format_trimmed
from simexchange.venue.market import Market
from simexchange.venue.state import VenueState

PRICES: Final = frozenset(
    {
        *("price", "last_price", "best_bid", "best_ask", "asked_price", "trail_amount"),
        *("tick_size", "min_price", "max_price"),
    }
)
QUANTITIES: Final = frozenset(
    {
        *("quantity", "last_quantity", "leaves_quantity", "cum_quantity", "prevented_quantity", "display_quantity"),
        *("best_bid_quantity", "best_ask_quantity", "taker_prevented_quantity", "maker_prevented_quantity"),
        *("taker_leaves_quantity", "maker_leaves_quantity", "taker_cum_quantity", "maker_cum_quantity"),
        *("taker_total_prevented", "maker_total_prevented", "lot_size", "min_quantity", "max_quantity"),
        *("market_lot_size", "market_min_quantity", "market_max_quantity", "max_position"),
    }
)
QUOTES: Final = frozenset(
    {
        *("quote_quantity", "last_quote", "cum_quote", "quote", "taker_cum_quote", "maker_cum_quote"),
        *("min_notional", "max_notional"),
    }
)
RATES: Final = frozenset({"maker_fee", "taker_fee", "trail_rate", "bid_up", "bid_down", "ask_up", "ask_down"})
LEVELS: Final = frozenset({"bids", "asks"})
_LEFT_OUT: Final = frozenset({"material", "account_id"})
_WORD_START: Final = re.compile(r"(?<!^)(?=[A-Z])")


def type_name(kind: type) -> str:
    """``OrderAccepted`` -> ``order_accepted``."""
    return _WORD_START.sub("_", kind.__name__).lower()


@cache
def _shown_fields(kind: type[Struct]) -> tuple[tuple[str, Any], ...]:
    """Names and defaults of what is shown of a struct."""
    return tuple((field.name, field.default) for field in msgspec.structs.fields(kind) if field.name not in _LEFT_OUT)


class Shower:
    """Shows values of one venue."""

    def __init__(self, venue: VenueState) -> None:
        self._venue = venue

    def show(self, value: Struct) -> dict[str, Any]:
        """A command or an event, named by ``type``."""
        return {"type": type_name(type(value))} | self._fields(value, None)

    def _fields(self, value: Struct, market: Market | None) -> dict[str, Any]:
        symbol = getattr(value, "symbol", None)
        market = self._venue.markets.get(symbol) if isinstance(symbol, str) else market
        shown: dict[str, Any] = {}
        account = self._venue.accounts.get(getattr(value, "account_id", -1))
        if account is not None:
            shown["account"] = account.name
        for name, default in _shown_fields(type(value)):
            part = getattr(value, name)
            if default is not msgspec.NODEFAULT and part == default:
                continue
            shown[name] = self._part(name, part, market, value)
        return shown

    def _part(self, name: str, part: Any, market: Market | None, owner: Struct) -> Any:
        if isinstance(part, bool) or part is None:
            return part
        if isinstance(part, int):
            return self._number(name, part, market, owner)
        if name == "api_key" and isinstance(part, str):
            return key_name(part)
        if isinstance(part, Word | RejectReason):
            return part.value
        if isinstance(part, Secret):
            return str(part)
        if isinstance(part, Instrument):
            return part.symbol
        if isinstance(part, Struct):
            return self._fields(part, market)
        if isinstance(part, tuple):
            return self._many(name, part, market, owner)
        return part if isinstance(part, str) else str(part)

    def _number(self, name: str, value: int, market: Market | None, owner: Struct) -> int | str:
        if name in RATES:
            return format_trimmed(value, RATE_DECIMALS)
        asset = self._asset(name, owner)
        if asset is not None:
            return format_trimmed(value, asset.decimals)
        if market is not None:
            instrument = market.instrument
            if name in PRICES:
                return format_trimmed(value, instrument.price_decimals)
            if name in QUANTITIES:
                return format_trimmed(value, instrument.quantity_decimals)
            if name in QUOTES:
                return format_trimmed(value, instrument.quote.decimals)
        return value

    def _asset(self, name: str, owner: Struct) -> Asset | None:
        """The asset of an amount: its owner names it."""
        field = {"fee": "fee_asset", "amount": "asset", "delta": "asset"}.get(name)
        if field is None:
            return None
        named = getattr(owner, field, None) or getattr(owner, "asset", None)
        return self._venue.assets.get(named) if isinstance(named, str) else None

    def _many(self, name: str, parts: tuple[Any, ...], market: Market | None, owner: Struct) -> Any:
        if name in LEVELS and market is not None:
            instrument = market.instrument
            return [
                [
                    format_trimmed(price, instrument.price_decimals),
                    format_trimmed(quantity, instrument.quantity_decimals),
                ]
                for price, quantity in parts
            ]
        if name == "balances":
            return {asset: self._balance(asset, free, held) for asset, free, held in parts}
        return [self._part("", part, market, owner) for part in parts]

    def _balance(self, asset: str, free: int, held: int) -> dict[str, str]:
        decimals = self._venue.assets[asset].decimals
        return {"free": format_trimmed(free, decimals), "held": format_trimmed(held, decimals)}
