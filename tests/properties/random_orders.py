"""Random orders and order lists of every kind, around the middle of the prices."""

import random
from typing import Final

from msgspec.structs import replace

from builders import START_NS, amount, price, quantity, rate
from simexchange.domain.commands import PlaceOrder, PlaceOrderList
from simexchange.domain.enums import (
    Contingency,
    OrderType,
    PegReference,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TriggerKind,
    TriggerSource,
)
from simexchange.domain.trigger import Peg, Trigger

CENTRE: Final = 100
"""The middle of both instruments' prices, in whole price units."""
POOR: Final = 5
"""The account with little money."""
SOURCES: Final = (TriggerSource.LAST,) * 6 + (TriggerSource.MARK, TriggerSource.INDEX)
TIMES: Final = (TimeInForce.GTC,) * 6 + (TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD)


class RandomOrders:
    """Orders from a source of chance; what the rules of an instrument forbid is among them."""

    def __init__(self, chance: random.Random) -> None:
        self._random = chance

    def order(self, account_id: int, symbol: str) -> PlaceOrder:
        chance = self._random
        side = chance.choice((Side.BUY, Side.SELL))
        found = self._plain(account_id, symbol, side)
        draw = chance.random()
        if draw < 0.2 and not found.quote_quantity:
            return replace(found, trigger=self._trigger(side), price=found.price and self._price(-_lean(side)))
        if draw < 0.3 and found.quantity > 0:
            return replace(found, display_quantity=self._display(found.quantity))
        if draw < 0.36:
            return replace(found, hidden=True)
        if draw < 0.4:
            asked = found.price if chance.random() < 0.3 else 0
            return replace(found, order_type=OrderType.LIMIT, quote_quantity=0, price=asked, peg=self._peg())
        if draw < 0.42:
            trigger = self._trigger(side)
            return replace(found, order_type=OrderType.LIMIT, quote_quantity=0, peg=self._peg(), trigger=trigger)
        return found

    def order_list(self, account_id: int, symbol: str, client_list_id: str) -> PlaceOrderList:
        chance = self._random
        side = chance.choice((Side.BUY, Side.SELL))
        working = replace(self._resting(account_id, symbol, side), price=self._price(_lean(side)))
        contingency, pays_other, legs = Contingency.OTO, False, []
        draw = chance.random()
        if draw < 0.4:
            contingency, legs = Contingency.OCO, self._pair(account_id, symbol, side)
        elif draw < 0.65:
            legs = [working, self.order(account_id, symbol)]
        elif draw < 0.8:
            legs = [working, *self._pair(account_id, symbol, side.opposite)]
        else:
            pays_other = True
            sells = self._pair(account_id, symbol, Side.SELL)
            sells = (
                sells
                if chance.random() < 0.5
                else [chance.choice((*sells, self._plain(account_id, symbol, Side.SELL)))]
            )
            working = replace(working, side=Side.BUY, price=self._price(1))
            legs = [working, *(replace(leg, quantity=0, quote_quantity=0) for leg in sells)]
        if chance.random() < 0.05:
            legs.reverse()
        return PlaceOrderList(account_id, symbol, client_list_id, contingency, tuple(legs), pays_other)

    def _plain(self, account_id: int, symbol: str, side: Side) -> PlaceOrder:
        chance = self._random
        is_market = chance.random() < 0.2
        by_quote = is_market and chance.random() < 0.4
        size = chance.choice((0, -1)) if chance.random() < 0.01 else chance.randint(1, 15 if account_id == POOR else 60)
        at = self._price(_lean(side))
        if chance.random() < 0.02:
            at = chance.choice((0, -1, 50, 108, 112, 300)) * price("1")
        return PlaceOrder(
            account_id=account_id,
            symbol=symbol,
            side=side,
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            client_order_id=f"c{chance.randint(1, 70)}",
            quantity=0 if by_quote else size * quantity("0.1") + (1 if chance.random() < 0.1 else 0),
            price=0 if is_market else at,
            quote_quantity=chance.randint(1, 900) * amount("0.77") if by_quote else 0,
            time_in_force=chance.choice(TIMES),
            post_only=not is_market and chance.random() < 0.15,
            self_trade_prevention=chance.choice((None, *SelfTradePrevention)),
            expires_ns=START_NS + chance.randint(0, 2_000) * 1_000_000_000,
            test_only=chance.random() < 0.02,
        )

    def _resting(self, account_id: int, symbol: str, side: Side) -> PlaceOrder:
        """A limit order that will wait in the book if it can."""
        plain = self._plain(account_id, symbol, side)
        at = self._price(3 * _lean(side))
        return replace(plain, order_type=OrderType.LIMIT, quote_quantity=0, price=at, time_in_force=TimeInForce.GTC)

    def _pair(self, account_id: int, symbol: str, side: Side) -> list[PlaceOrder]:
        """An order above and one below: a limit order or a take-profit, and a stop; mostly on their sides."""
        chance = self._random
        sign = 1 if side is Side.SELL else -1
        profit = self._resting(account_id, symbol, side)
        profit = replace(profit, quantity=chance.randint(1, 30) * quantity("0.1"), price=self._price(sign * 3, 2))
        stop_at = self._price(-sign * 3, 2)
        is_market = chance.random() < 0.5
        stop = replace(
            profit,
            client_order_id=f"c{chance.randint(1, 70)}",
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            price=0 if is_market else stop_at - sign * price("1"),
            trigger=Trigger(TriggerKind.STOP, stop_at, chance.choice(SOURCES)),
            post_only=False,
        )
        draw = chance.random()
        if draw < 0.2:
            stop = replace(stop, trigger=Trigger(TriggerKind.STOP, 0, trail_rate=rate("0.01") * chance.randint(1, 5)))
        elif draw < 0.3:
            profit = replace(profit, trigger=Trigger(TriggerKind.TAKE_PROFIT, self._price(sign * 2, 1)))
        elif draw < 0.4:
            profit = replace(profit, peg=self._peg())
        elif draw < 0.5:
            stop = replace(stop, display_quantity=self._display(stop.quantity))
        elif draw < 0.55:
            profit = replace(profit, quantity=profit.quantity + quantity("0.1"))
        return [profit, stop] if side is Side.SELL else [stop, profit]

    def _trigger(self, side: Side) -> Trigger:
        chance = self._random
        kind = chance.choice((TriggerKind.STOP, TriggerKind.TAKE_PROFIT))
        up = (kind is TriggerKind.STOP) is (side is Side.BUY)
        at = self._price(3 if up else -3, 3)
        draw = chance.random()
        if draw < 0.5:
            return Trigger(kind, 0 if chance.random() < 0.02 else at, chance.choice(SOURCES))
        trail_rate = rate("0.01") * chance.randint(1, 12) if draw < 0.8 else 0
        trail_amount = 0 if draw < 0.8 else chance.randint(1, 12) * price("0.5")
        activation = at if chance.random() < 0.5 else 0
        return Trigger(kind, activation, chance.choice(SOURCES), trail_rate, trail_amount)

    def _peg(self) -> Peg:
        return Peg(self._random.choice(tuple(PegReference)), self._random.choice((0, 0, 0, 1, 2)))

    def _display(self, whole: int) -> int:
        return max(1, whole // self._random.randint(1, 6) // quantity("0.1")) * quantity("0.1")

    def _price(self, lean: int, spread: int = 4) -> int:
        chance = self._random
        return (CENTRE + lean + chance.randint(-spread, spread)) * price("1") + chance.choice((0, 0, 0, 50, 25))


def _lean(side: Side) -> int:
    return -2 if side is Side.BUY else 2
