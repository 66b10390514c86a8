"""Instruments and their rules as exchangeInfo shows them: one row per symbol, with all its filters.

Source: Binance REST, "Exchange information"; "Filters".
"""

from typing import Final

from simexchange.dialects.binance import names
from simexchange.dialects.binance.names import amount8, text8
from simexchange.domain.enums import OrderType
from simexchange.domain.instrument import PriceBand, Rules
from simexchange.domain.units import RATE_DECIMALS, RATE_ONE, Rate, format_trimmed
from simexchange.venue.market import Market

PERMISSION: Final = "SPOT"
PERMISSIONS: Final = frozenset({"SPOT", "MARGIN", "LEVERAGED", *(f"TRD_GRP_{number:03d}" for number in range(2, 26))})

_AVERAGE_MINUTES: Final = 5
_UNUSED_FILTERS: Final = {
    "ICEBERG_PARTS": {"filterType": "ICEBERG_PARTS", "limit": 100},
    "TRAILING_DELTA": {
        "filterType": "TRAILING_DELTA",
        "minTrailingAboveDelta": 10,
        "maxTrailingAboveDelta": 2000,
        "minTrailingBelowDelta": 10,
        "maxTrailingBelowDelta": 2000,
    },
    "MAX_NUM_ORDER_LISTS": {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
    "MAX_NUM_ALGO_ORDERS": {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    "MAX_NUM_ORDER_AMENDS": {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
}
"""Filters of order kinds that are refused here: every symbol of the venue has them, so bots read them."""


def symbol_row(market: Market, *, show_permissions: bool) -> dict[str, object]:
    """One symbol of exchangeInfo, with the documented keys in their order."""
    instrument, rules = market.instrument, market.rules
    stp_words = names.SELF_TRADE_PREVENTION_WORDS
    return {
        "symbol": names.wire_symbol(instrument.symbol),
        "status": names.TRADING_STATUS_WORDS[market.status],
        "baseAsset": instrument.base.name,
        "baseAssetPrecision": instrument.base.precision,
        "quoteAsset": instrument.quote.name,
        "quotePrecision": instrument.quote.precision,
        "quoteAssetPrecision": instrument.quote.precision,
        "baseCommissionPrecision": instrument.base.precision,
        "quoteCommissionPrecision": instrument.quote.precision,
        "orderTypes": _order_types(rules),
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": rules.quote_quantity_market,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "amendAllowed": False,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters(market),
        "permissions": [],
        "permissionSets": [[PERMISSION]] if show_permissions else [],
        "defaultSelfTradePreventionMode": stp_words[rules.default_self_trade_prevention],
        "allowedSelfTradePreventionModes": [stp_words[mode] for mode in rules.self_trade_prevention],
    }


def _order_types(rules: Rules) -> list[str]:
    words = []
    if OrderType.LIMIT in rules.order_types:
        words.append("LIMIT")
        if rules.post_only:
            words.append("LIMIT_MAKER")
    if OrderType.MARKET in rules.order_types:
        words.append("MARKET")
    return words


def filters(market: Market) -> list[dict[str, object]]:
    """Every filter of a symbol, in the order the venue lists them."""
    rules = market.rules
    rows: list[dict[str, object]] = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": text8(rules.min_price),
            "maxPrice": text8(rules.max_price),
            "tickSize": text8(rules.tick_size),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": text8(rules.min_quantity),
            "maxQty": text8(rules.max_quantity),
            "stepSize": text8(rules.lot_size),
        },
        dict(_UNUSED_FILTERS["ICEBERG_PARTS"]),
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": text8(rules.market_min_quantity),
            "maxQty": text8(rules.market_max_quantity),
            "stepSize": text8(rules.market_lot_size),
        },
        dict(_UNUSED_FILTERS["TRAILING_DELTA"]),
    ]
    if rules.price_band is not None:
        rows.append(_price_band(rules.price_band))
    decimals = market.instrument.quote.decimals
    rows.append(
        {
            "filterType": "NOTIONAL",
            "minNotional": amount8(rules.min_notional, decimals),
            "applyMinToMarket": rules.min_notional_for_market,
            "maxNotional": amount8(rules.max_notional, decimals),
            "applyMaxToMarket": rules.max_notional_for_market,
            "avgPriceMins": _AVERAGE_MINUTES,
        }
    )
    return rows + account_filters(market)


def account_filters(market: Market) -> list[dict[str, object]]:
    """The filters that count what one account has on the symbol."""
    rules = market.rules
    rows: list[dict[str, object]] = []
    if rules.max_position:
        rows.append({"filterType": "MAX_POSITION", "maxPosition": text8(rules.max_position)})
    if rules.max_open_orders:
        rows.append({"filterType": "MAX_NUM_ORDERS", "maxNumOrders": rules.max_open_orders})
    return [
        *rows,
        *(
            dict(_UNUSED_FILTERS[name])
            for name in ("MAX_NUM_ORDER_LISTS", "MAX_NUM_ALGO_ORDERS", "MAX_NUM_ORDER_AMENDS")
        ),
    ]


def _price_band(band: PriceBand) -> dict[str, object]:
    return {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": _multiplier(band.bid_up),
        "bidMultiplierDown": _multiplier(band.bid_down),
        "askMultiplierUp": _multiplier(band.ask_up),
        "askMultiplierDown": _multiplier(band.ask_down),
        "avgPriceMins": band.minutes,
    }


def _multiplier(rate: Rate) -> str:
    """A multiplier in its shortest form: ``"1.2"``, ``"5"``."""
    return str(rate // RATE_ONE) if rate % RATE_ONE == 0 else format_trimmed(rate, RATE_DECIMALS)
