"""Endless random commands from a seed: all order kinds, several accounts, two instruments that share an asset.

The prices overlap so that orders meet, the rules and statuses change now and then and change back, and some of what
is asked is wrong on purpose.
"""

import random
from collections.abc import Iterator
from typing import Final

from builders import CROSS, SYMBOL, amount, listing, price, quantity, rate, rules
from simexchange.domain import commands
from simexchange.domain.commands import Command, PlaceOrder
from simexchange.domain.enums import OrderType, SelfTradePrevention, Side, TimeInForce, TradingStatus
from simexchange.domain.events import Batch, OrderAccepted
from simexchange.domain.instrument import PriceBand, Rules

SYMBOLS: Final = (SYMBOL, CROSS)
ACCOUNTS: Final = (2, 3, 4, 5)
HOUSE: Final = 6
ASSETS: Final = ("BTC", "USDT", "ETH")
CENTRE: Final = 100
"""The middle of both instruments' prices, in whole price units."""

LOOSE: Final = rules()
STRICT: Final = rules(
    tick_size=price("0.5"),
    lot_size=quantity("0.1"),
    min_price=price("92"),
    max_price=price("109"),
    min_quantity=quantity("0.2"),
    max_quantity=quantity("6"),
    market_lot_size=quantity("0.2"),
    market_min_quantity=quantity("0.4"),
    market_max_quantity=quantity("4"),
    min_notional=amount("40"),
    max_notional=amount("520"),
    price_band=PriceBand(rate("1.06"), rate("0.9"), rate("1.1"), rate("0.95"), minutes=2),
    max_open_orders=6,
    max_position=quantity("1020"),
    self_trade_prevention=(SelfTradePrevention.EXPIRE_MAKER, SelfTradePrevention.DECREMENT),
)
NARROW: Final = rules(
    order_types=(OrderType.LIMIT,),
    post_only=False,
    max_notional_for_market=True,
    default_self_trade_prevention=SelfTradePrevention.DECREMENT,
)
NO_QUOTE: Final = rules(
    quote_quantity_market=False,
    min_notional=amount("60"),
    min_notional_for_market=False,
    default_self_trade_prevention=SelfTradePrevention.EXPIRE_TAKER,
)
RULES: Final[tuple[Rules, ...]] = (STRICT, NARROW, NO_QUOTE)


def opening() -> Iterator[Command]:
    """Two instruments with fees, four accounts and a house account with money."""
    yield listing(SYMBOL, LOOSE, "0.001", "0.002", last_price=price("100"))
    yield listing(CROSS, LOOSE, "0.0003", "0.0007", first_trade_id=1000)
    for account_id in (*ACCOUNTS, HOUSE):
        fee = rate("0.0005") if account_id == 3 else None
        yield commands.CreateAccount(account_id, f"trader-{account_id}", fee, fee, house=account_id == HOUSE)
        for asset in ASSETS:
            poor = account_id == 5
            yield commands.Deposit(account_id, asset, amount("300" if poor else "100000"))


class RandomCommands:
    """``next`` gives a command and the nanoseconds to let pass before it; ``observe`` takes what came of it."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._count = 0
        self._last_order_id = dict.fromkeys(SYMBOLS, 0)
        self._later: list[tuple[int, Command]] = []

    def observe(self, batch: Batch) -> None:
        first = batch.events[0]
        if type(first) is OrderAccepted:
            self._last_order_id[first.order.symbol] = first.order.order_id

    def next(self) -> tuple[Command, int]:
        self._count += 1
        chance = self._random
        pause = chance.choice((0, 1_000_000, 40_000_000, 2_000_000_000))
        if self._later and self._later[0][0] <= self._count:
            return self._later.pop(0)[1], pause
        draw = chance.random()
        if draw < 0.72:
            return self._order(), pause
        if draw < 0.95:
            return self._cancel(), pause
        if draw < 0.96:
            return self._cancel_all(), pause
        if draw < 0.98:
            return self._money(), pause
        return self._change(), pause

    def _symbol(self) -> str:
        return "DOGE/USDT" if self._random.random() < 0.003 else self._random.choice(SYMBOLS)

    def _account(self) -> int:
        return 99 if self._random.random() < 0.003 else self._random.choice((*ACCOUNTS, HOUSE))

    def _order(self) -> PlaceOrder:
        chance = self._random
        is_market = chance.random() < 0.2
        by_quote = is_market and chance.random() < 0.4
        side = chance.choice((Side.BUY, Side.SELL))
        lean = -2 if side is Side.BUY else 2
        whole = CENTRE + lean + chance.randint(-4, 4)
        cents = chance.choice((0, 0, 0, 50, 25))
        if chance.random() < 0.02:
            whole, cents = chance.choice((0, -1, 50, 108, 112, 300)), 0
        size = chance.choice((0, -1)) if chance.random() < 0.01 else chance.randint(1, 60)
        return PlaceOrder(
            account_id=self._account(),
            symbol=self._symbol(),
            side=side,
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            client_order_id=f"c{chance.randint(1, 70)}",
            quantity=0 if by_quote else size * quantity("0.1") + (1 if chance.random() < 0.1 else 0),
            price=0 if is_market else whole * price("1") + cents,
            quote_quantity=chance.randint(1, 900) * amount("0.77") if by_quote else 0,
            time_in_force=chance.choice((TimeInForce.GTC,) * 6 + (TimeInForce.IOC, TimeInForce.FOK)),
            post_only=not is_market and chance.random() < 0.15,
            self_trade_prevention=chance.choice((None, *SelfTradePrevention)),
            test_only=chance.random() < 0.02,
        )

    def _cancel(self) -> Command:
        chance, symbol = self._random, self._symbol()
        last = self._last_order_id.get(symbol, 0)
        order_id = chance.randint(max(1, last - 60), last + 1)
        client_order_id = f"c{chance.randint(1, 70)}"
        draw = chance.random()
        return commands.CancelOrder(
            self._account(),
            symbol,
            order_id if draw < 0.6 else None,
            client_order_id if 0.4 < draw < 0.98 else None,
            "request" if chance.random() < 0.5 else "",
        )

    def _cancel_all(self) -> Command:
        chance = self._random
        return commands.CancelAllOrders(self._account(), None if chance.random() < 0.5 else self._symbol())

    def _money(self) -> Command:
        chance = self._random
        account_id, asset = self._account(), chance.choice((*ASSETS, "DOGE") if chance.random() < 0.1 else ASSETS)
        if chance.random() < 0.6:
            return commands.Deposit(account_id, asset, chance.choice((0, -5, amount("100"), amount("333.3333"))))
        fee = chance.choice((0, 0, 1, amount("0.5"), -1))
        return commands.Withdraw(account_id, asset, chance.choice((0, amount("10"), amount("500"))), fee)

    def _change(self) -> Command:
        """A change of the venue itself, and for later the change back."""
        chance = self._random
        symbol, account_id = chance.choice(SYMBOLS), chance.choice(ACCOUNTS)
        back: Command
        change: Command
        draw = chance.random()
        if draw < 0.45:
            change = commands.ChangeRules(symbol, chance.choice((STRICT, *RULES)))
            back = commands.ChangeRules(symbol, LOOSE)
        elif draw < 0.7:
            change = commands.SetTradingStatus(symbol, chance.choice(tuple(TradingStatus)))
            back = commands.SetTradingStatus(symbol, TradingStatus.CONTINUOUS)
        elif draw < 0.85:
            allowed = [chance.random() < 0.5 for _ in range(3)]
            change = commands.SetAccountStatus(account_id, *allowed)
            back = commands.SetAccountStatus(account_id)
        else:
            rates = (chance.randint(0, 300_000), chance.randint(0, 300_000))
            return commands.SetFees(account_id, *rates, chance.choice((None, *SYMBOLS, "DOGE/USDT")))
        self._later.append((self._count + chance.randint(5, 80), back))
        self._later.sort(key=lambda entry: entry[0])
        return change
