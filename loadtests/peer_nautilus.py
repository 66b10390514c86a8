"""nautilus_trader's BacktestEngine, the whole way of an order: strategy, risk, execution, matching, account, events.

Runs in the peers' environment, through its documented interface. A strategy answers each quote with a limit order that
rests, and cancels the one before: two commands per quote.
"""

import json
import sys
import time
from decimal import Decimal
from typing import Any

QUOTES = 3_000


def engine_with(quotes: int) -> Any:
    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.config import LoggingConfig
    from nautilus_trader.model.currencies import BTC, USDT
    from nautilus_trader.model.data import QuoteTick
    from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
    from nautilus_trader.model.identifiers import TraderId
    from nautilus_trader.model.objects import Money
    from nautilus_trader.test_kit.providers import TestInstrumentProvider
    from nautilus_trader.trading.strategy import Strategy

    instrument = TestInstrumentProvider.btcusdt_binance()
    price, quantity = instrument.make_price(Decimal("40000.00")), instrument.make_qty(Decimal("0.01"))

    class Quoter(Strategy):  # type: ignore[misc, unused-ignore]
        def on_start(self) -> None:
            self.resting: Any = None
            self.subscribe_quote_ticks(instrument.id)

        def on_quote_tick(self, _: Any) -> None:
            if self.resting is not None:
                self.cancel_order(self.resting)
            self.resting = self.order_factory.limit(instrument.id, OrderSide.BUY, quantity, price)
            self.submit_order(self.resting)

    config = BacktestEngineConfig(
        trader_id=TraderId("BENCH-001"), logging=LoggingConfig(bypass_logging=True), run_analysis=False
    )
    engine = BacktestEngine(config)
    engine.add_venue(
        instrument.id.venue,
        OmsType.NETTING,
        AccountType.CASH,
        [Money(1_000_000, USDT), Money(10, BTC)],
        base_currency=None,
    )
    engine.add_instrument(instrument)
    bid, ask = instrument.make_price(Decimal("49999.00")), instrument.make_price(Decimal("50001.00"))
    size = instrument.make_qty(Decimal(10))
    engine.add_data(
        [QuoteTick(instrument.id, bid, ask, size, size, at * 1_000_000, at * 1_000_000) for at in range(1, quotes + 1)]
    )
    engine.add_strategy(Quoter())
    return engine


def round_of() -> dict[str, float]:
    engine = engine_with(QUOTES)
    began = time.perf_counter()
    engine.run()
    took = time.perf_counter() - began
    placed = engine.cache.orders_total_count()
    engine.dispose()
    if placed != QUOTES:
        raise SystemExit(f"{placed} orders where {QUOTES} should be")
    return {"rate": 2 * QUOTES / took}


def main() -> None:
    try:
        import nautilus_trader.backtest.engine  # noqa: F401
    except ImportError as missing:
        print(json.dumps({"absent": f"not installed ({missing})"}), flush=True)
        return
    print("{}", flush=True)
    for _ in sys.stdin:
        print(json.dumps(round_of()), flush=True)


if __name__ == "__main__":
    main()
