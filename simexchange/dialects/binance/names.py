"""This venue's words, both ways: symbols, sides, order types, statuses, and how it writes numbers.

Source: Binance "ENUM Definitions".
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from simexchange.dialects.binance import errors
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.domain.enums import (
    Contingency,
    ExpireReason,
    OrderStatus,
    OrderType,
    PegReference,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TradingStatus,
    TriggerKind,
)
from simexchange.domain.ids import Symbol
from simexchange.domain.order import OrderTerms
from simexchange.domain.units import RATE_ONE
from simexchange.venue.market import Market

SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
SIDE_WORDS: Final = {side: word for word, side in SIDES.items()}

TIMES_IN_FORCE: Final = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
TIME_IN_FORCE_WORDS: Final = {value: word for word, value in TIMES_IN_FORCE.items()}

SELF_TRADE_PREVENTIONS: Final = {
    "NONE": SelfTradePrevention.NONE,
    "EXPIRE_TAKER": SelfTradePrevention.EXPIRE_TAKER,
    "EXPIRE_MAKER": SelfTradePrevention.EXPIRE_MAKER,
    "EXPIRE_BOTH": SelfTradePrevention.EXPIRE_BOTH,
    "DECREMENT": SelfTradePrevention.DECREMENT,
    "TRANSFER": SelfTradePrevention.TRANSFER,
}
SELF_TRADE_PREVENTION_WORDS: Final = {value: word for word, value in SELF_TRADE_PREVENTIONS.items()}

STATUS_WORDS: Final = {
    OrderStatus.PENDING: "PENDING_NEW",
    OrderStatus.NEW: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELED: "CANCELED",
    OrderStatus.EXPIRED: "EXPIRED",
}
EXPIRED_IN_MATCH: Final = "EXPIRED_IN_MATCH"
"""How an order that self-trade prevention ended is called; the core knows it by its reason."""

EXPIRY_REASON_WORDS: Final = {
    ExpireReason.IOC_REMAINDER: "UNFILLED_IOC_QUANTITY_EXPIRED",
    ExpireReason.FOK_UNFILLED: "UNFILLED_FOK_ORDER_EXPIRED",
    ExpireReason.NO_LIQUIDITY: "INSUFFICIENT_LIQUIDITY",
    ExpireReason.SIBLING_WORKED: "OCO_TRIGGER",
    ExpireReason.WORKING_ORDER_ENDED: "OTO_PHASE_ONE_EXPIRED",
    ExpireReason.RELEASE_REFUSED: "REJECTED",
    ExpireReason.INSUFFICIENT_BALANCE: "REJECTED",
    ExpireReason.TIME_REACHED: "EXCHANGE_CANCELED",
}
"""Absent for SELF_TRADE: there the status says why."""

TRADING_STATUS_WORDS: Final = {
    TradingStatus.CONTINUOUS: "TRADING",
    TradingStatus.POST_ONLY: "TRADING",
    TradingStatus.CANCEL_ONLY: "CANCEL_ONLY",
    TradingStatus.HALTED: "HALT",
    TradingStatus.CLOSED: "BREAK",
    TradingStatus.DELISTED: "BREAK",
}


CONTINGENCY_WORDS: Final = {Contingency.OCO: "OCO", Contingency.OTO: "OTO"}

PEG_REFERENCES: Final = {"PRIMARY_PEG": PegReference.PRIMARY, "MARKET_PEG": PegReference.MARKET}
PEG_REFERENCE_WORDS: Final = {value: word for word, value in PEG_REFERENCES.items()}
PEG_OFFSET: Final = "PRICE_LEVEL"
"""The one kind of distance a peg can keep."""

TRIGGERED_TYPES: Final = {
    "STOP_LOSS": (TriggerKind.STOP, OrderType.MARKET),
    "STOP_LOSS_LIMIT": (TriggerKind.STOP, OrderType.LIMIT),
    "TAKE_PROFIT": (TriggerKind.TAKE_PROFIT, OrderType.MARKET),
    "TAKE_PROFIT_LIMIT": (TriggerKind.TAKE_PROFIT, OrderType.LIMIT),
}
TRIGGERED_TYPE_WORDS: Final = {value: word for word, value in TRIGGERED_TYPES.items()}

BASIS_POINT: Final = RATE_ONE // 10_000
"""The unit of ``trailingDelta``."""


def order_type_word(terms: OrderTerms) -> str:
    """The order's type; a triggered one keeps its own after it was triggered."""
    if terms.trigger is not None:
        return TRIGGERED_TYPE_WORDS[terms.trigger.kind, terms.order_type]
    if terms.order_type is OrderType.MARKET:
        return "MARKET"
    return "LIMIT_MAKER" if terms.post_only else "LIMIT"


def wire_symbol(symbol: Symbol) -> str:
    """``BTC/USDT`` as this venue spells it: ``BTCUSDT``."""
    return symbol.replace("/", "")


DELISTED: Final = TradingStatus.DELISTED


class Symbols:
    """The venue's instruments by their spelling on this wire; follows new listings, and knows none that is gone."""

    __slots__ = ("_by_word", "_markets", "_words")

    def __init__(self, markets: Mapping[Symbol, Market]) -> None:
        self._markets = markets
        self._by_word: dict[str, Market] = {}
        self._words: dict[Symbol, str] = {}

    def find(self, word: str) -> Market | None:
        market = self._by_word.get(word)
        if market is None and len(self._by_word) != len(self._markets):
            self._refresh()
            market = self._by_word.get(word)
        return market if market is not None and market.status is not DELISTED else None

    def market(self, word: str) -> Market:
        """The market of a symbol, or the refusal ``-1121``."""
        market = self._by_word.get(word) or self.find(word)
        if market is None or market.status is DELISTED:
            raise BinanceRefusal(errors.BAD_SYMBOL)
        return market

    def word(self, symbol: Symbol) -> str:
        word = self._words.get(symbol)
        if word is None:
            self._refresh()
            word = self._words[symbol]
        return word

    def all(self) -> list[Market]:
        """Every market, in order of listing."""
        return [market for market in self._markets.values() if market.status is not DELISTED]

    def _refresh(self) -> None:
        self._words = {symbol: wire_symbol(symbol) for symbol in self._markets}
        self._by_word = {self._words[symbol]: market for symbol, market in self._markets.items()}


@lru_cache(maxsize=16_384)
def text8(units: int) -> str:
    """A price or quantity (units of 10**-8, any sign) as the venue writes it: ``"0.00100000"``."""
    if units < 0:
        return "-" + text8(-units)
    digits = str(units)
    return f"{digits[:-8]}.{digits[-8:]}" if len(digits) > 8 else f"0.{digits:0>8}"


def amount8(amount: int, decimals: int = 16) -> str:
    """An amount of an asset with ``decimals`` decimals, cut toward zero to the 8 the venue shows."""
    if amount == 0:
        return "0.00000000"
    if amount < 0:
        return "-" + amount8(-amount, decimals)
    return text8(amount // 10 ** (decimals - 8) if decimals >= 8 else amount * 10 ** (8 - decimals))
