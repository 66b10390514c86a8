"""The built-in scenario: a quiet, liquid market, and accounts to use and to misuse.

Rules are those of the real instruments as documented and published by the venue's own exchangeInfo.
"""

from typing import Final

from simexchange.scenario.specs import (
    AccountSpec,
    BandSpec,
    InstrumentSpec,
    MarketSpec,
    Scenario,
    TrailSpec,
    VenueSpec,
)

BALANCES: Final = {"USDT": "100000", "BTC": "2", "ETH": "20", "SOL": "500", "BNB": "10"}

ACCOUNTS: Final = (
    AccountSpec("alice", ("read", "trade"), BALANCES),
    AccountSpec("bob", ("read", "trade"), BALANCES),
    AccountSpec("reader", ("read",), BALANCES),
    AccountSpec("mallory", ("read", "trade", "withdraw"), BALANCES),
    AccountSpec("locked", ("read", "trade"), BALANCES, ip_allow=("203.0.113.7/32",)),
)
"""``locked`` may only come from an address of a documentation network, which nobody has."""


def _binance(
    symbol: str, tick: str, lot: str, max_quantity: str, market_max_quantity: str, max_price: str, market: MarketSpec
) -> InstrumentSpec:
    return InstrumentSpec(
        symbol,
        tick,
        lot,
        market,
        max_price=max_price,
        max_quantity=max_quantity,
        market_max_quantity=market_max_quantity,
        min_notional="0.0001" if symbol.endswith("/BTC") else "5",
        max_notional="9000000",
        band=BandSpec("5", "0.2"),
        max_open_orders=200,
        triggers=("stop_market", "stop_limit", "take_profit_market", "take_profit_limit"),
        trailing=TrailSpec("0.001", "0.2"),
        max_triggered_orders=5,
        max_iceberg_parts=100,
        order_lists=("oco", "oto"),
        pays_other=True,
        max_order_lists=20,
        amend=True,
        max_amends=10,
        pegs=True,
        self_trade_prevention=("expire_taker", "expire_maker", "expire_both", "decrement", "transfer"),
    )


BINANCE: Final = VenueSpec(
    instruments=(
        _binance(
            "BTC/USDT",
            *("0.01", "0.00001", "9000", "120", "1000000"),
            MarketSpec("60000", volatility=0.55, trade_value="900"),
        ),
        _binance(
            "ETH/USDT",
            *("0.01", "0.0001", "9000", "2500", "1000000"),
            MarketSpec("3000", volatility=0.75, trade_value="700"),
        ),
        _binance(
            "SOL/USDT",
            *("0.01", "0.001", "90000", "15000", "10000"),
            MarketSpec("150", volatility=0.9, trade_value="400"),
        ),
        _binance(
            "ETH/BTC",
            *("0.00001", "0.0001", "100000", "1000", "922327"),
            MarketSpec("0.05", spread_ticks=1, trade_value="0.01"),
        ),
        _binance(
            "BNB/USDT",
            *("0.01", "0.001", "900000", "2000", "100000"),
            MarketSpec("600", volatility=0.6, trade_value="400"),
        ),
    ),
    accounts=ACCOUNTS,
)


def calm() -> Scenario:
    """Nothing special happens. Prices wander, spreads are tight, every instrument trades about once a second."""
    return Scenario("calm", {"binance": BINANCE})
