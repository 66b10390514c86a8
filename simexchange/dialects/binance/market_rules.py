"""Instruments and their rules as exchangeInfo shows them: one row per symbol, with all its filters.

Source: Binance REST, "Exchange information"; "Filters".
"""

from typing import Final

from simexchange.dialects.binance import names
from simexchange.dialects.binance.names import amount8, text8
from simexchange.dialects.binance.order_types import TYPE_RULES, TypeRule
from simexchange.domain.enums import Contingency
from simexchange.domain.instrument import PriceBand, Rules
from simexchange.domain.units import RATE_DECIMALS, RATE_ONE, Rate, format_trimmed
from simexchange.venue.market import Market

PERMISSION: Final = "SPOT"
PERMISSIONS: Final = frozenset({"SPOT", "MARGIN", "LEVERAGED", *(f"TRD_GRP_{number:03d}" for number in range(2, 26))})

_AVERAGE_MINUTES: Final = 5


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
        "icebergAllowed": rules.max_iceberg_parts > 0,
        "ocoAllowed": Contingency.OCO in rules.order_lists,
        "otoAllowed": Contingency.OTO in rules.order_lists,
        "opoAllowed": rules.pays_other,
        "quoteOrderQtyMarketAllowed": rules.quote_quantity_market,
        "allowTrailingStop": _trails(rules),
        "cancelReplaceAllowed": True,
        "amendAllowed": rules.amend,
        "pegInstructionsAllowed": rules.pegs,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters(market),
        "permissions": [],
        "permissionSets": [[PERMISSION]] if show_permissions else [],
        "defaultSelfTradePreventionMode": stp_words[rules.default_self_trade_prevention],
        "allowedSelfTradePreventionModes": [stp_words[mode] for mode in rules.self_trade_prevention],
    }


def _order_types(rules: Rules) -> list[str]:
    return [word for word, rule in TYPE_RULES.items() if _takes(rules, rule)]


def _takes(rules: Rules, rule: TypeRule) -> bool:
    if rule.kind is not None:
        return (rule.kind, rule.order_type) in rules.triggers
    return rule.order_type in rules.order_types and (rules.post_only or not rule.post_only)


def _trails(rules: Rules) -> bool:
    return rules.trail_above is not None or rules.trail_below is not None


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
    ]
    if rules.max_iceberg_parts:
        rows.append({"filterType": "ICEBERG_PARTS", "limit": rules.max_iceberg_parts})
    rows.append(
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": text8(rules.market_min_quantity),
            "maxQty": text8(rules.market_max_quantity),
            "stepSize": text8(rules.market_lot_size),
        }
    )
    if _trails(rules):
        rows.append(_trailing(rules))
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
    counts = (
        ("MAX_NUM_ORDERS", "maxNumOrders", rules.max_open_orders),
        ("MAX_NUM_ORDER_LISTS", "maxNumOrderLists", rules.max_order_lists),
        ("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", rules.max_triggered_orders),
        ("MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders", rules.max_iceberg_orders),
        ("MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends", rules.max_amends),
    )
    return rows + [{"filterType": name, key: most} for name, key, most in counts if most]


def _trailing(rules: Rules) -> dict[str, object]:
    """What trailing orders may trail by, in basis points; 0 to 0 in a direction in which they may not."""
    above, below = rules.trail_above or (0, 0), rules.trail_below or (0, 0)
    return {
        "filterType": "TRAILING_DELTA",
        "minTrailingAboveDelta": above[0] // names.BASIS_POINT,
        "maxTrailingAboveDelta": above[1] // names.BASIS_POINT,
        "minTrailingBelowDelta": below[0] // names.BASIS_POINT,
        "maxTrailingBelowDelta": below[1] // names.BASIS_POINT,
    }


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
