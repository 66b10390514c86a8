"""A slow, plain exchange to hold the real one against: lists, sorting, and sums made anew for every question.

Written from the documented behaviour, not from the venue's code: it shares nothing with it but the command values.
It answers each command with facts, the plain tuples that ``facts.py`` also makes of the venue's events.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from simexchange.domain import commands
from simexchange.domain.enums import OrderType, SelfTradePrevention, Side, TimeInForce, TradingStatus
from simexchange.domain.instrument import Instrument, Rules

Fact: TypeAlias = tuple[Any, ...]
MINUTE = 60_000_000_000
ONE = 10**8
FEES = 1


@dataclass(eq=False)
class Order:
    order_id: int
    account: int
    client_order_id: str
    side: Side
    price: int
    quantity: int
    leaves: int
    mode: SelfTradePrevention
    cum: int = 0
    cum_quote: int = 0
    prevented: int = 0


@dataclass
class Market:
    instrument: Instrument
    rules: Rules
    fees: tuple[int, int]
    last_price: int
    next_trade: int
    status: TradingStatus = TradingStatus.CONTINUOUS
    next_order: int = 1
    next_prevented: int = 0
    resting: list[Order] = field(default_factory=list)
    trades: list[tuple[int, int, int]] = field(default_factory=list)
    """(minute, price, quantity)"""

    def quote(self, price: int, quantity: int) -> int:
        i = self.instrument
        return int(price * quantity * 10**i.quote.decimals // 10 ** (i.price_decimals + i.quantity_decimals))

    def base(self, quantity: int) -> int:
        i = self.instrument
        return int(quantity * 10**i.base.decimals // 10**i.quantity_decimals)

    def opposite(self, side: Side) -> list[Order]:
        """The orders an incoming one would meet, in the order in which it would."""
        others = [order for order in self.resting if order.side is not side]
        return sorted(others, key=lambda o: (o.price if side is Side.BUY else -o.price, o.order_id))

    def within(self, side: Side, limit: int, order: Order) -> bool:
        if limit == 0:
            return True
        return order.price <= limit if side is Side.BUY else order.price >= limit

    def average(self, now: int, minutes: int) -> int:
        """Volume-weighted, over the current minute and those before it, ``minutes`` in all; else the last price."""
        recent = [(p, q) for minute, p, q in self.trades if minute > now // MINUTE - minutes]
        total = sum(q for _, q in recent)
        return sum(p * q for p, q in recent) // total if total else self.last_price

    def depth(self, side: Side) -> dict[int, int]:
        levels: dict[int, int] = {}
        for order in self.resting:
            if order.side is side:
                levels[order.price] = levels.get(order.price, 0) + order.leaves
        return levels


@dataclass
class Account:
    fees: tuple[int | None, int | None]
    house: bool
    may_trade: bool = True
    may_withdraw: bool = True
    may_deposit: bool = True
    fees_by_symbol: dict[str, tuple[int, int]] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    """Instruments in the order of the first order on each."""
    owned: dict[str, int] = field(default_factory=dict)
    """Everything, free or held; what is held follows from the open orders."""


class Reference:
    """``execute`` has the venue's shape; the answer is a list of facts."""

    def __init__(self) -> None:
        self.markets: dict[str, Market] = {}
        self.accounts: dict[int, Account] = {0: Account((None, None), True), FEES: Account((None, None), True)}
        self.assets: set[str] = set()
        self.now = 0

    def execute(self, command: commands.Command, now: int) -> list[Fact]:
        self.now = now
        return HANDLERS[type(command)](self, command)

    # Money: what an account owns is kept, what it holds is computed.

    def held(self, account_id: int, asset: str) -> int:
        total = 0
        for market in self.markets.values():
            i = market.instrument
            if asset not in (i.base.name, i.quote.name):
                continue
            for order in market.resting:
                if order.account == account_id:
                    if order.side is Side.BUY and asset == i.quote.name:
                        total += market.quote(order.price, order.leaves)
                    if order.side is Side.SELL and asset == i.base.name:
                        total += market.base(order.leaves)
        return total

    def free(self, account_id: int, asset: str) -> int:
        return self.accounts[account_id].owned.get(asset, 0) - self.held(account_id, asset)

    def move(self, asset: str, source: int, target: int, amount: int) -> None:
        for account_id, delta in ((source, -amount), (target, amount)):
            owned = self.accounts[account_id].owned
            owned[asset] = owned.get(asset, 0) + delta

    def rates(self, account_id: int, symbol: str) -> tuple[int, int]:
        account, market = self.accounts[account_id], self.markets[symbol]
        if symbol in account.fees_by_symbol:
            return account.fees_by_symbol[symbol]
        maker, taker = account.fees
        return market.fees[0] if maker is None else maker, market.fees[1] if taker is None else taker

    # Orders.

    def place_order(self, c: commands.PlaceOrder) -> list[Fact]:
        reason = self.why_not(c)
        if reason:
            return [("rejected", reason)]
        market = self.markets[c.symbol]
        mode = c.self_trade_prevention or market.rules.default_self_trade_prevention
        quantity = self.wanted(c, mode)
        if c.test_only:
            return [("tested", *self.rates(c.account_id, c.symbol))]
        order = Order(market.next_order, c.account_id, c.client_order_id, c.side, c.price, quantity, quantity, mode)
        market.next_order += 1
        if c.symbol not in self.accounts[c.account_id].used:
            self.accounts[c.account_id].used.append(c.symbol)
        facts: list[Fact] = [("accepted", order.order_id, quantity)]
        if c.time_in_force is TimeInForce.FOK and not self.fills_whole(market, order):
            return [*facts, self.expiry(order, "fok_unfilled")]
        ended = self.match(market, order, facts)
        if ended:
            facts.append(self.expiry(order, "self_trade", market.next_prevented - 1))
        elif order.leaves and c.order_type is OrderType.MARKET:
            facts.append(self.expiry(order, "no_liquidity"))
        elif order.leaves and c.time_in_force is TimeInForce.IOC:
            facts.append(self.expiry(order, "ioc_remainder"))
        elif order.leaves:
            market.resting.append(order)
        return facts

    @staticmethod
    def expiry(order: Order, reason: str, prevented_id: int | None = None) -> Fact:
        return ("expired", order.order_id, reason, order.leaves, order.cum, order.prevented, prevented_id)

    def match(self, market: Market, taker: Order, facts: list[Fact]) -> bool:
        """Trade as far as it goes; True if meeting its own account ended the incoming order."""
        for maker in market.opposite(taker.side):
            if taker.leaves == 0 or not market.within(taker.side, taker.price, maker):
                return False
            if maker.account == taker.account and taker.mode is not SelfTradePrevention.NONE:
                if self.prevent(market, taker, maker, facts):
                    return True
            else:
                self.trade(market, taker, maker, facts)
        return False

    def prevent(self, market: Market, taker: Order, maker: Order, facts: list[Fact]) -> bool:
        lost_by_taker, lost_by_maker = {
            SelfTradePrevention.EXPIRE_TAKER: (taker.leaves, 0),
            SelfTradePrevention.EXPIRE_MAKER: (0, maker.leaves),
            SelfTradePrevention.EXPIRE_BOTH: (taker.leaves, maker.leaves),
            SelfTradePrevention.DECREMENT: (min(taker.leaves, maker.leaves),) * 2,
        }[taker.mode]
        prevented_id = market.next_prevented
        market.next_prevented += 1
        for order, lost in ((taker, lost_by_taker), (maker, lost_by_maker)):
            order.leaves -= lost
            order.prevented += lost
        facts.append(("prevented", prevented_id, taker.order_id, maker.order_id, lost_by_taker, lost_by_maker))
        if maker.leaves == 0:
            market.resting.remove(maker)
            facts.append(self.expiry(maker, "self_trade", prevented_id))
        return taker.leaves == 0

    def trade(self, market: Market, taker: Order, maker: Order, facts: list[Fact]) -> None:
        quantity = min(taker.leaves, maker.leaves)
        quote, base = market.quote(maker.price, quantity), market.base(quantity)
        buyer, seller = (taker, maker) if taker.side is Side.BUY else (maker, taker)
        self.move(market.instrument.quote.name, buyer.account, seller.account, quote)
        self.move(market.instrument.base.name, seller.account, buyer.account, base)
        fees = {}
        for order, liquidity in ((taker, 1), (maker, 0)):
            asset = market.instrument.base if order is buyer else market.instrument.quote
            rate = self.rates(order.account, market.instrument.symbol)[liquidity]
            grain = 10 ** (asset.decimals - asset.precision)
            fee = (base if order is buyer else quote) * rate // (ONE * grain) * grain
            self.move(asset.name, order.account, FEES, fee)
            fees[order.order_id] = fee
            order.leaves -= quantity
            order.cum += quantity
            order.cum_quote += quote
        if maker.leaves == 0:
            market.resting.remove(maker)
        market.last_price = maker.price
        market.trades = [t for t in market.trades if t[0] > self.now // MINUTE - 10]
        market.trades.append((self.now // MINUTE, maker.price, quantity))
        halves = [(o.order_id, o.leaves, o.cum, o.cum_quote, o.prevented, fees[o.order_id]) for o in (taker, maker)]
        facts.append(("trade", market.next_trade, maker.price, quantity, *halves))
        market.next_trade += 1

    def fills_whole(self, market: Market, order: Order) -> bool:
        """Whether nothing of a fill-or-kill order would be left: played through on copies."""
        rest = order.leaves
        for maker in market.opposite(order.side):
            if rest == 0 or not market.within(order.side, order.price, maker):
                break
            own = maker.account == order.account and order.mode is not SelfTradePrevention.NONE
            if own and order.mode in (SelfTradePrevention.EXPIRE_TAKER, SelfTradePrevention.EXPIRE_BOTH):
                return False
            if not own or order.mode is SelfTradePrevention.DECREMENT:
                rest -= min(rest, maker.leaves)
        return rest == 0

    def wanted(self, c: commands.PlaceOrder, mode: SelfTradePrevention) -> int:
        """The quantity of an order; of one by quote amount, what the book gives for the amount in whole lots."""
        if not c.quote_quantity:
            return c.quantity
        market = self.markets[c.symbol]
        money, got = c.quote_quantity, 0
        for maker in market.opposite(c.side):
            if maker.account == c.account_id and mode is SelfTradePrevention.EXPIRE_MAKER:
                continue
            affordable = min(maker.leaves, money // market.quote(maker.price, 1))
            got += affordable
            money -= market.quote(maker.price, affordable)
            if affordable < maker.leaves:
                break
        lot = market.rules.market_lot_size or market.rules.lot_size
        return got // lot * lot if lot else got

    def cost(self, c: commands.PlaceOrder, mode: SelfTradePrevention, quantity: int) -> int:
        """What a market buy would pay now: a rehearsal on a copy of the book."""
        market = self.markets[c.symbol]
        rehearsal = replace(market, resting=[replace(order) for order in market.resting])
        taker = Order(0, c.account_id, "", c.side, 0, quantity, quantity, mode)
        paid = 0
        for maker in rehearsal.opposite(c.side):
            if taker.leaves == 0:
                break
            if maker.account == c.account_id and mode is not SelfTradePrevention.NONE:
                if self.prevent(rehearsal, taker, maker, []):
                    break
            else:
                traded = min(taker.leaves, maker.leaves)
                taker.leaves -= traded
                paid += market.quote(maker.price, traded)
        return paid

    def why_not(self, c: commands.PlaceOrder) -> str:
        """The first rule an order breaks, by the name of its reason; empty if none."""
        market, account = self.markets.get(c.symbol), self.accounts.get(c.account_id)
        if market is None:
            return "instrument_unknown"
        if account is None:
            return "account_unknown"
        rules, is_market = market.rules, c.order_type is OrderType.MARKET
        return (
            self.not_eligible(c, market, account)
            or ("" if is_market else self.bad_price(c, market))
            or ("" if c.quote_quantity else self.bad_quantity(c, rules))
            or self.bad_notional(c, market, is_market)
            or self.too_much(c, market, account)
            or self.not_possible(c, market, is_market)
        )

    @staticmethod
    def not_eligible(c: commands.PlaceOrder, market: Market, account: Account) -> str:
        rules = market.rules
        open_for_it = market.status is TradingStatus.CONTINUOUS or (
            market.status is TradingStatus.POST_ONLY and c.post_only
        )
        broken = {
            "account_disabled": not account.may_trade,
            "instrument_not_trading": not open_for_it,
            "order_type_unsupported": c.order_type not in rules.order_types,
            "post_only_unsupported": c.post_only and not rules.post_only,
            "quote_quantity_unsupported": c.quote_quantity != 0 and not rules.quote_quantity_market,
            "self_trade_prevention_unsupported": c.self_trade_prevention is not None
            and c.self_trade_prevention not in rules.self_trade_prevention,
        }
        return next((reason for reason, is_broken in broken.items() if is_broken), "")

    def bad_price(self, c: commands.PlaceOrder, market: Market) -> str:
        rules = market.rules
        if c.price <= 0 or c.price < rules.min_price:
            return "price_too_low"
        if 0 < rules.max_price < c.price:
            return "price_too_high"
        if rules.tick_size and (c.price - rules.min_price) % rules.tick_size:
            return "price_off_tick"
        band = rules.price_band
        if band is not None:
            average = market.average(self.now, band.minutes)
            buy = c.side is Side.BUY
            down, up = (band.bid_down, band.bid_up) if buy else (band.ask_down, band.ask_up)
            if average and not average * down <= c.price * ONE <= average * up:
                return "price_outside_band"
        return ""

    @staticmethod
    def bad_quantity(c: commands.PlaceOrder, rules: Rules) -> str:
        bounds = [("quantity", rules.min_quantity, rules.max_quantity, rules.lot_size)]
        if c.order_type is OrderType.MARKET:
            lots = (rules.market_min_quantity, rules.market_max_quantity, rules.market_lot_size)
            bounds.append(("market_quantity", *lots))
        for name, least, most, lot in bounds:
            if c.quantity <= 0 or c.quantity < least:
                return f"{name}_too_small"
            if 0 < most < c.quantity:
                return f"{name}_too_large"
            if lot and (c.quantity - least) % lot:
                return f"{name}_off_lot"
        return ""

    def bad_notional(self, c: commands.PlaceOrder, market: Market, is_market: bool) -> str:
        rules = market.rules
        price = market.average(self.now, 5) if is_market else c.price
        notional = c.quote_quantity or market.quote(price, c.quantity)
        if notional < rules.min_notional and (not is_market or rules.min_notional_for_market):
            return "notional_too_small"
        if 0 < rules.max_notional < notional and (not is_market or rules.max_notional_for_market):
            return "notional_too_large"
        return ""

    def too_much(self, c: commands.PlaceOrder, market: Market, account: Account) -> str:
        own = [order for order in market.resting if order.account == c.account_id]
        if 0 < market.rules.max_open_orders <= len(own) and not account.house:
            return "open_orders_exceeded"
        if market.rules.max_position and c.side is Side.BUY:
            has = account.owned.get(market.instrument.base.name, 0) // market.base(1)
            coming = sum(order.leaves for order in own if order.side is Side.BUY)
            if has + coming + c.quantity > market.rules.max_position:
                return "position_exceeded"
        if any(order.client_order_id == c.client_order_id for order in own):
            return "client_order_id_duplicate"
        return ""

    def not_possible(self, c: commands.PlaceOrder, market: Market, is_market: bool) -> str:
        mode = c.self_trade_prevention or market.rules.default_self_trade_prevention
        opposite = market.opposite(c.side)
        if c.quote_quantity and not opposite:
            return "book_empty"
        quantity = self.wanted(c, mode)
        if c.quote_quantity and quantity < max(1, market.rules.min_quantity, market.rules.market_min_quantity):
            return "book_below_lot"
        if c.side is Side.SELL:
            asset, needed = market.instrument.base.name, market.base(quantity)
        else:
            asset = market.instrument.quote.name
            needed = self.cost(c, mode, quantity) if is_market else market.quote(c.price, quantity)
        if self.free(c.account_id, asset) < needed:
            return "insufficient_balance"
        if c.post_only and opposite and market.within(c.side, c.price, opposite[0]):
            return "post_only_would_take"
        return ""

    # Cancels.

    def cancel_order(self, c: commands.CancelOrder) -> list[Fact]:
        if c.symbol not in self.markets:
            return [("cancel_rejected", "instrument_unknown")]
        if c.account_id not in self.accounts:
            return [("cancel_rejected", "account_unknown")]
        market = self.markets[c.symbol]
        own = [order for order in market.resting if order.account == c.account_id]
        if c.order_id is not None:
            found = [order for order in own if order.order_id == c.order_id]
            if found and c.client_order_id not in (None, found[0].client_order_id):
                return [("cancel_rejected", "client_order_id_mismatch")]
        else:
            found = [order for order in own if order.client_order_id == c.client_order_id]
        if not found:
            return [("cancel_rejected", "order_unknown")]
        return [self.canceled(market, found[0], "requested")]

    @staticmethod
    def canceled(market: Market, order: Order, reason: str) -> Fact:
        market.resting.remove(order)
        return ("canceled", order.order_id, reason, order.cum, order.prevented)

    def cancel_all_orders(self, c: commands.CancelAllOrders) -> list[Fact]:
        if c.symbol is not None and c.symbol not in self.markets:
            return [("cancel_rejected", "instrument_unknown")]
        if c.account_id not in self.accounts:
            return [("cancel_rejected", "account_unknown")]
        facts = []
        for symbol in self.accounts[c.account_id].used if c.symbol is None else [c.symbol]:
            market = self.markets[symbol]
            own = [order for order in market.resting if order.account == c.account_id]
            own.sort(key=lambda order: order.order_id)
            facts += [self.canceled(market, order, "requested") for order in own]
        return facts or [("cancel_rejected", "order_unknown")]

    # Everything else.

    def create_account(self, c: commands.CreateAccount) -> list[Fact]:
        if c.account_id in self.accounts:
            return [("refused", "already_exists")]
        self.accounts[c.account_id] = Account((c.maker_fee, c.taker_fee), c.house)
        return [("account", c.account_id)]

    def set_account_status(self, c: commands.SetAccountStatus) -> list[Fact]:
        if c.account_id not in self.accounts:
            return [("refused", "account_unknown")]
        account = self.accounts[c.account_id]
        account.may_trade, account.may_withdraw, account.may_deposit = c.can_trade, c.can_withdraw, c.can_deposit
        return [("account_status", c.account_id)]

    def set_fees(self, c: commands.SetFees) -> list[Fact]:
        if c.account_id not in self.accounts:
            return [("refused", "account_unknown")]
        if c.symbol is None:
            self.accounts[c.account_id].fees = c.maker_fee, c.taker_fee
        elif c.symbol not in self.markets:
            return [("refused", "instrument_unknown")]
        else:
            self.accounts[c.account_id].fees_by_symbol[c.symbol] = c.maker_fee, c.taker_fee
        return [("fees", c.account_id)]

    def deposit(self, c: commands.Deposit) -> list[Fact]:
        if c.account_id not in self.accounts:
            return [("refused", "account_unknown")]
        if not self.accounts[c.account_id].may_deposit:
            return [("refused", "account_disabled")]
        if c.asset not in self.assets:
            return [("refused", "asset_unknown")]
        if c.amount <= 0:
            return [("refused", "amount_not_positive")]
        self.move(c.asset, 0, c.account_id, c.amount)
        return [("adjusted", c.account_id, c.asset, c.amount)]

    def withdraw(self, c: commands.Withdraw) -> list[Fact]:
        if c.account_id not in self.accounts:
            return [("refused", "account_unknown")]
        if not self.accounts[c.account_id].may_withdraw:
            return [("refused", "account_disabled")]
        if c.asset not in self.assets:
            return [("refused", "asset_unknown")]
        if c.amount <= 0 or c.fee < 0 or c.fee > c.amount:
            return [("refused", "amount_not_positive")]
        if self.free(c.account_id, c.asset) < c.amount:
            return [("refused", "insufficient_balance")]
        self.move(c.asset, c.account_id, 0, c.amount - c.fee)
        self.move(c.asset, c.account_id, FEES, c.fee)
        return [("adjusted", c.account_id, c.asset, -c.amount)]

    def list_instrument(self, c: commands.ListInstrument) -> list[Fact]:
        if c.instrument.symbol in self.markets:
            return [("refused", "already_exists")]
        market = Market(c.instrument, c.rules, (c.maker_fee, c.taker_fee), c.last_price, c.first_trade_id)
        self.markets[c.instrument.symbol] = market
        self.assets |= {c.instrument.base.name, c.instrument.quote.name}
        return [("listed", c.instrument.symbol)]

    def change_rules(self, c: commands.ChangeRules) -> list[Fact]:
        if c.symbol not in self.markets:
            return [("refused", "instrument_unknown")]
        self.markets[c.symbol].rules = c.rules
        return [("rules", c.symbol)]

    def set_trading_status(self, c: commands.SetTradingStatus) -> list[Fact]:
        if c.symbol not in self.markets:
            return [("refused", "instrument_unknown")]
        market = self.markets[c.symbol]
        market.status = c.status
        facts: list[Fact] = [("status", c.symbol)]
        if c.status is TradingStatus.CLOSED:
            by_age = sorted(market.resting, key=lambda o: (o.account, o.order_id))
            facts += [self.canceled(market, order, "instrument_closed") for order in by_age]
        return facts


HANDLERS: Final[dict[type, Callable[[Reference, Any], list[Fact]]]] = {
    commands.PlaceOrder: Reference.place_order,
    commands.CancelOrder: Reference.cancel_order,
    commands.CancelAllOrders: Reference.cancel_all_orders,
    commands.CreateAccount: Reference.create_account,
    commands.SetAccountStatus: Reference.set_account_status,
    commands.SetFees: Reference.set_fees,
    commands.Deposit: Reference.deposit,
    commands.Withdraw: Reference.withdraw,
    commands.ListInstrument: Reference.list_instrument,
    commands.ChangeRules: Reference.change_rules,
    commands.SetTradingStatus: Reference.set_trading_status,
}
