"""Endless random commands from a seed: all order kinds, several accounts, two instruments that share an asset.

The prices overlap so that orders meet, the rules and statuses change now and then and change back, and some of what
is asked is wrong on purpose.
"""

import random
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from builders import CROSS, SYMBOL, amount, listing, price, quantity, rate, rules
from properties.random_orders import CENTRE, POOR, RandomOrders
from simexchange.domain import commands
from simexchange.domain.commands import Command
from simexchange.domain.enums import (
    CancelReason,
    Contingency,
    OrderType,
    SelfTradePrevention,
    TradingStatus,
    TriggerKind,
    TriggerSource,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import BalancesChanged, Batch, OrderAccepted, OrderListPlaced, Trade
from simexchange.domain.instrument import PriceBand, Rules

SYMBOLS: Final = (SYMBOL, CROSS)
ACCOUNTS: Final = (2, 3, 4, 5)
HOUSE: Final = 6
ASSETS: Final = ("BTC", "USDT", "ETH")
EVERYTHING: Final[dict[str, Any]] = {
    "max_iceberg_parts": 12,
    "trail_above": (rate("0.001"), rate("0.2")),
    "trail_below": (rate("0.002"), rate("0.1")),
    "triggers": tuple((kind, order_type) for kind in TriggerKind for order_type in OrderType),
    "amend": True,
    "pegs": True,
    "hidden": True,
    "order_lists": tuple(Contingency),
    "pays_other": True,
}
LOOSE: Final = rules(**EVERYTHING, max_amends=2, max_order_lists=4, max_iceberg_orders=4)
STRICT: Final = rules(
    **EVERYTHING | {"max_iceberg_parts": 4, "trail_above": (rate("0.01"), rate("0.05"))},
    max_triggered_orders=2,
    max_iceberg_orders=1,
    max_order_lists=1,
    max_amends=1,
    tick_size=price("0.5"),
    lot_size=quantity("0.1"),
    min_price=price("92"),
    max_price=price("109"),
    min_quantity=quantity("0.2"),
    max_quantity=quantity("5"),
    market_lot_size=quantity("0.2"),
    market_min_quantity=quantity("0.4"),
    market_max_quantity=quantity("4"),
    min_notional=amount("40"),
    max_notional=amount("470"),
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
    **EVERYTHING | {"triggers": ((TriggerKind.STOP, OrderType.LIMIT),), "trail_above": None, "trail_below": None},
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
            yield commands.Deposit(account_id, asset, amount("300" if account_id == POOR else "100000"))


class RandomCommands:
    """``next`` gives a command and the nanoseconds to let pass before it; ``observe`` takes what came of it."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._count = 0
        self._recent: deque[tuple[int, str, int, str]] = deque(maxlen=80)
        self._recent_lists: deque[tuple[int, str, int, str]] = deque(maxlen=10)
        self._trades: deque[tuple[str, int]] = deque(maxlen=30)
        self._later: list[tuple[int, Command]] = []
        self._free: dict[str, int] = {}
        """What the poor account could take out."""
        self._kinds = RandomOrders(self._random)

    def observe(self, batch: Batch) -> None:
        for event in batch.events[:4]:
            if type(event) is OrderAccepted:
                terms = event.order
                self._recent.append((terms.account_id, terms.symbol, terms.order_id, terms.client_order_id))
            elif type(event) is Trade:
                self._trades.append((event.symbol, event.trade_id))
            elif type(event) is OrderListPlaced:
                placed = event.order_list
                self._recent_lists.append((placed.account_id, placed.symbol, placed.list_id, placed.client_list_id))
        for event in batch.events[-4:]:
            if type(event) is BalancesChanged and event.account_id == POOR:
                self._free.update((asset, free) for asset, free, _ in event.balances)

    def next(self) -> tuple[Command, int]:
        self._count += 1
        chance = self._random
        pause = chance.choice((0, 1_000_000, 40_000_000, 2_000_000_000))
        if self._later and self._later[0][0] <= self._count:
            return self._later.pop(0)[1], pause
        draw = chance.random()
        if draw < 0.6:
            return self._kinds.order(self._account(), self._symbol()), pause
        if draw < 0.69:
            return self._kinds.order_list(self._account(), self._symbol(), f"l{chance.randint(1, 9)}"), pause
        if draw < 0.75:
            return self._amend(), pause
        if draw < 0.89:
            return self._cancel(), pause
        if draw < 0.91:
            return self._reference_price(), pause
        if draw < 0.94:
            return self._intervention(), pause
        if draw < 0.95:
            return commands.ExpireOrders(self._symbol()), pause
        if draw < 0.96:
            return self._cancel_all(), pause
        if draw < 0.985:
            return self._money(), pause
        return self._change(), pause

    def _symbol(self) -> str:
        return "DOGE/USDT" if self._random.random() < 0.003 else self._random.choice(SYMBOLS)

    def _account(self) -> int:
        return 99 if self._random.random() < 0.003 else self._random.choice((*ACCOUNTS, HOUSE))

    def _order_named(self) -> tuple[int, str, int | None, str | None]:
        """(account, symbol, id, name) of an order that came in lately, or of none at all."""
        chance, draw = self._random, self._random.random()
        if not self._recent or chance.random() < 0.1:
            return self._account(), self._symbol(), chance.randint(1, 500), f"c{chance.randint(1, 70)}"
        account_id, symbol, order_id, name = chance.choice(self._recent)
        return account_id, symbol, order_id if draw < 0.7 else None, name if 0.6 < draw < 0.99 else None

    def _cancel(self) -> Command:
        chance = self._random
        request = "request" if chance.random() < 0.5 else ""
        if chance.random() < 0.85 or not self._recent_lists:
            return commands.CancelOrder(*self._order_named(), request)
        account_id, symbol, list_id, name = chance.choice(self._recent_lists)
        draw = chance.random()
        wrong = chance.choice((0, 0, 0, 0, 1))
        return commands.CancelOrderList(
            account_id, symbol, list_id + wrong if draw < 0.6 else None, name if draw > 0.4 else None, request
        )

    def _intervention(self) -> Command:
        """What the venue does on its own: it fills an order, ends one, says no, annuls a trade."""
        chance = self._random
        draw = chance.random()
        account_id, symbol, order_id, name = self._order_named()
        if draw < 0.6:
            at = 0 if chance.random() < 0.5 else price("1") * (CENTRE + chance.randint(-4, 4))
            units = chance.choice((0, 1, 1, 1, 2, 2, 5, 10, 20))
            return commands.FillOrder(symbol, order_id or chance.randint(1, 500), quantity("0.1") * units, at)
        if draw < 0.75:
            return commands.CancelOrder(account_id, symbol, order_id, name, reason=CancelReason.VENUE)
        if draw < 0.98 and self._trades:
            symbol, trade_id = chance.choice(self._trades)
            return commands.BustTrade(symbol, trade_id + chance.choice((0, 0, 0, 0, 0, 1000)))
        request = commands.CancelOrder(account_id, symbol, order_id, name)
        return commands.RejectRequest(request, chance.choice(tuple(RejectReason)))

    def _amend(self) -> Command:
        chance = self._random
        keep = chance.random() < 0.6
        return commands.AmendOrder(
            *self._order_named(),
            quantity=chance.choice((0, *(quantity("0.1") * n for n in (1, 2, 5, 10, 15, 20, 30, 50)))),
            price=0 if keep or chance.random() < 0.5 else price("1") * (CENTRE + chance.randint(-5, 5)),
            keep_priority=keep,
            new_client_order_id=f"c{chance.randint(1, 70)}" if chance.random() < 0.3 else None,
        )

    def _reference_price(self) -> Command:
        chance = self._random
        source = chance.choice((TriggerSource.MARK, TriggerSource.MARK, TriggerSource.INDEX, TriggerSource.LAST))
        at = -1 if chance.random() < 0.02 else price("1") * (CENTRE + chance.randint(-9, 9))
        return commands.SetReferencePrice(self._symbol(), source, at)

    def _cancel_all(self) -> Command:
        chance = self._random
        return commands.CancelAllOrders(self._account(), None if chance.random() < 0.5 else self._symbol())

    def _money(self) -> Command:
        """Money in and out; the poor account's purse is emptied often, for what it has asked for to become too dear."""
        chance = self._random
        account_id = POOR if chance.random() < 0.6 else self._account()
        asset = chance.choice((*ASSETS, "DOGE") if chance.random() < 0.1 else ASSETS)
        if chance.random() < 0.7:
            given = ("0", "-5", "30", "150") if account_id == POOR else ("0", "-5", "100", "333.3333")
            return commands.Deposit(account_id, asset, amount(chance.choice(given)))
        if account_id == POOR:
            return commands.Withdraw(POOR, asset, self._free.get(asset, 0))
        fee = chance.choice((0, 0, 1, amount("0.5"), -1))
        return commands.Withdraw(account_id, asset, amount(chance.choice(("0", "10", "500"))), fee)

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
            maker, taker = chance.choice(((None, None), (chance.randint(0, 300_000), chance.randint(0, 300_000))))
            return commands.SetFees(account_id, maker, taker, chance.choice((None, *SYMBOLS, "DOGE/USDT")))
        self._later.append((self._count + chance.randint(5, 80), back))
        self._later.sort(key=lambda entry: entry[0])
        return change
