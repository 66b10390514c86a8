"""A slow, plain exchange to hold the real one against: lists, sorting, and sums made anew for every question.

Written from the documented behaviour, not from the venue's code: it shares nothing with it but the command values.
It answers each command with facts, the plain tuples that ``facts.py`` also makes of the venue's events.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from properties.reference_rules import (
    bad_iceberg,
    bad_notional,
    bad_price,
    bad_quantity,
    bad_size,
    bad_trail,
    first,
    no_room,
    not_eligible,
    not_supported,
    peg_price,
    too_much,
    would_not_begin,
)
from properties.reference_state import FEES, Account, Fact, Market, Order, OrderList, State, new_order
from properties.reference_work import begin, calm, deal, end_if_over, expire, leave, rehearse, set_off, wake, work
from simexchange.domain import commands
from simexchange.domain.enums import Contingency, SelfTradePrevention, Side, TradingStatus, TriggerSource


class Reference(State):
    """``execute`` has the venue's shape; the answer is a list of facts."""

    def execute(self, command: commands.Command, now: int) -> list[Fact]:
        self.now = now
        return HANDLERS[type(command)](self, command)

    # Orders.

    def place_order(self, c: commands.PlaceOrder) -> list[Fact]:
        market = self.markets.get(c.symbol)
        if market is None:
            return [("rejected", "instrument_unknown")]
        if c.account_id not in self.accounts:
            return [("rejected", "account_unknown")]
        order = self.wanted(market, c)
        reason = self.why_not(market, order, c) or self.not_possible(market, order, c)
        if reason:
            return [("rejected", reason)]
        if c.test_only:
            return [("tested", *self.rates(c.account_id, c.symbol))]
        facts: list[Fact] = []
        self.accept(market, order, facts)
        begin(self, market, order, facts)
        calm(self, market, facts)
        return facts

    def wanted(self, market: Market, c: commands.PlaceOrder, *, waits: bool = False) -> Order:
        """The order a command asks for; with the price of its peg, if it works at once."""
        order = new_order(c, 0, c.quantity, c.self_trade_prevention or market.rules.default_self_trade_prevention)
        if c.peg is not None and c.trigger is None and not waits:
            order.price = peg_price(market, c.side, c.peg)
        if c.trigger is not None and not waits:
            order.reserve = c.trigger.price or market.reference(c.trigger.source)
        return order

    def accept(self, market: Market, order: Order, facts: list[Fact]) -> None:
        order.order_id = market.next_order
        market.next_order += 1
        market.open.append(order)
        if market.symbol not in self.accounts[order.account].used:
            self.accounts[order.account].used.append(market.symbol)
        facts.append(("accepted", order.order_id, order.quantity, order.price, order.state == "pending"))

    def why_not(self, market: Market, order: Order, c: commands.PlaceOrder) -> str:
        """The first rule an order breaks, by the name of its reason; empty if none."""
        rules, mode = market.rules, c.self_trade_prevention
        reason = first(
            not_eligible(market, self.accounts[c.account_id], order, c.quote_quantity != 0),
            "self_trade_prevention_unsupported" if mode is not None and mode not in rules.self_trade_prevention else "",
            not_supported(rules, order),
            bad_price(self, market, order),
            "" if c.quote_quantity else bad_quantity(rules, order),
            bad_notional(self, market, order, c.quote_quantity),
            bad_iceberg(rules, order),
            bad_trail(rules, order),
            too_much(self, market, order),
        )
        if not reason and c.peg is not None and c.trigger is None and c.price:
            asked = replace(order, price=c.price)
            reason = bad_price(self, market, asked) or bad_notional(self, market, asked)
        return reason

    def not_possible(self, market: Market, order: Order, c: commands.PlaceOrder) -> str:
        """What the book and the balance say; an order by quote amount gets its quantity here."""
        if c.quote_quantity:
            if not market.resting(c.side.opposite):
                return "book_empty"
            order.quantity = order.leaves = self.quantity_for(market, order, c.quote_quantity)
            if order.quantity < max(1, market.rules.min_quantity, market.rules.market_min_quantity):
                return "book_below_lot"
        immediate_buy = order.is_market and order.trigger is None and order.side is Side.BUY
        needed = rehearse(market, order)[0] if immediate_buy else market.need(order)
        if self.free(c.account_id, market.pays(c.side)) < needed:
            return "insufficient_balance"
        return would_not_begin(market, order)

    def quantity_for(self, market: Market, order: Order, money: int) -> int:
        """What the book gives for an amount, in whole lots."""
        got = 0
        sign = 1 if order.side is Side.BUY else -1
        for maker in sorted(market.resting(order.side.opposite), key=lambda other: sign * other.price):
            if maker.account == order.account and order.mode is SelfTradePrevention.EXPIRE_MAKER:
                continue
            affordable = min(maker.leaves, money // market.quote(maker.price, 1))
            got += affordable
            money -= market.quote(maker.price, affordable)
            if affordable < maker.leaves:
                break
        lot = market.rules.market_lot_size or market.rules.lot_size
        return got // lot * lot if lot else got

    # Order lists.

    def place_list(self, c: commands.PlaceOrderList) -> list[Fact]:
        market = self.markets.get(c.symbol)
        if market is None:
            return [("list_rejected", "instrument_unknown", None)]
        if c.account_id not in self.accounts:
            return [("list_rejected", "account_unknown", None)]
        is_oco = c.contingency is Contingency.OCO
        legs = [self.wanted(market, leg, waits=not is_oco and leg is not c.legs[0]) for leg in c.legs]
        reason, index = self.why_no_list(market, c, legs, is_oco)
        if reason:
            return [("list_rejected", reason, index)]
        self.lists = [found for found in self.lists if not found.ended]
        self.next_list += 1
        found = OrderList(self.next_list - 1, c.client_list_id, c.account_id, c.symbol, is_oco, legs, c.pays_other)
        self.lists.append(found)
        facts: list[Fact] = []
        for leg in legs:
            leg.members = found
            leg.state = "accepted" if is_oco or leg is legs[0] else "pending"
            self.accept(market, leg, facts)
        facts.insert(0, ("list", found.list_id, tuple(leg.order_id for leg in legs)))
        for leg in legs if is_oco else legs[:1]:
            if leg.state == "accepted":
                begin(self, market, leg, facts)
        calm(self, market, facts)
        return facts

    def why_no_list(
        self, market: Market, c: commands.PlaceOrderList, legs: list[Order], is_oco: bool
    ) -> tuple[str, int | None]:
        rules, pair = market.rules, legs if is_oco else legs[1:]
        if not self.accounts[c.account_id].may_trade:
            return "account_disabled", None
        needs = {Contingency.OCO} if len(pair) == 2 else set()
        if not needs | {c.contingency} <= set(rules.order_lists) or (c.pays_other and not rules.pays_other):
            return "order_list_unsupported", None
        if not self.makes_a_list(c, legs, pair, is_oco):
            return "order_list_unsupported", None
        for index, (leg, asked) in enumerate(zip(legs, c.legs, strict=True)):
            reason = self.leg_reason(market, leg, asked, c.pays_other, waits=not is_oco and index > 0)
            if reason:
                return reason, index
        reason = self.bad_relation(market, c, legs, pair, is_oco)
        if reason:
            return reason, None
        at_once = legs if is_oco else legs[:1]
        if self.free(c.account_id, market.pays(legs[0].side)) < max(market.need(leg) for leg in at_once):
            return "insufficient_balance", None
        for index, leg in enumerate(at_once):
            reason = would_not_begin(market, leg)
            if reason:
                return reason, index
        return "", None

    @staticmethod
    def makes_a_list(c: commands.PlaceOrderList, legs: list[Order], pair: list[Order], is_oco: bool) -> bool:
        if (not is_oco and legs[0].is_market) or any(leg.quote_quantity for leg in c.legs):
            return False
        if c.pays_other and (legs[0].side is Side.SELL or any(leg.side is Side.BUY for leg in pair)):
            return False
        if len(pair) == 1:
            return True
        above, below = pair
        plain = [leg for leg in pair if leg.trigger is None]
        return (
            above.side is below.side
            and above.quantity == below.quantity
            and len(plain) < 2
            and not any(leg.is_market for leg in plain)
        )

    def leg_reason(
        self, market: Market, leg: Order, asked: commands.PlaceOrder, pays_other: bool, *, waits: bool
    ) -> str:
        rules, mode = market.rules, asked.self_trade_prevention
        price_later = waits and leg.peg is not None and not leg.price
        size_later = waits and pays_other
        return first(
            not_eligible(market, self.accounts[leg.account], leg),
            "self_trade_prevention_unsupported" if mode is not None and mode not in rules.self_trade_prevention else "",
            not_supported(rules, leg),
            "" if price_later else bad_price(self, market, leg),
            "" if size_later else bad_quantity(rules, leg),
            "" if size_later or price_later else bad_notional(self, market, leg),
            "" if size_later else bad_iceberg(rules, leg),
            bad_trail(rules, leg),
            too_much(self, market, leg),
        )

    def bad_relation(
        self, market: Market, c: commands.PlaceOrderList, legs: list[Order], pair: list[Order], is_oco: bool
    ) -> str:
        reason = no_room(self, market, legs)
        if reason:
            return reason
        own = [found for found in self.lists if found.account == c.account_id and not found.ended]
        cap = market.rules.max_order_lists
        here = [found for found in own if found.symbol == c.symbol]
        if 0 < cap <= len(here) and not self.accounts[c.account_id].house:
            return "order_lists_exceeded"
        if any(found.client_list_id == c.client_list_id for found in own):
            return "client_order_id_duplicate"
        if len({leg.client_order_id for leg in legs}) < len(legs):
            return "client_order_id_duplicate"
        if len(pair) == 2:
            prices = []
            for leg in pair:
                stops = leg.trigger is not None and (leg.trigger.kind.value == "stop" or leg.is_market)
                prices.append(leg.trigger.price if stops and leg.trigger is not None else leg.price)
            above, below = prices
            last = market.last_price if is_oco else 0
            if (above and below and above <= below) or (last and (0 < above <= last or below >= last)):
                return "list_prices_wrong"
        return ""

    # Amendments.

    def amend(self, c: commands.AmendOrder) -> list[Fact]:
        market = self.markets.get(c.symbol)
        if market is None:
            return [("amend_rejected", "instrument_unknown")]
        if c.account_id not in self.accounts:
            return [("amend_rejected", "account_unknown")]
        order = self.find(c.account_id, market, c.order_id, c.client_order_id)
        if isinstance(order, str):
            return [("amend_rejected", order)]
        quantity, price = c.quantity or order.quantity, c.price or order.price
        name = c.new_client_order_id or order.client_order_id
        legs = [order]
        if order.members is not None and order in order.members.pair:
            legs += [leg for leg in order.members.pair if leg is not order and leg.state != "gone"]
        reason = self.not_amendable(market, order, legs, c, quantity, price)
        reason = reason or self.bad_amendment(market, order, legs, name, quantity, price)
        if reason:
            return [("amend_rejected", reason)]
        facts: list[Fact] = []
        renamed = name != order.client_order_id
        for leg in legs:
            leg.leaves += quantity - leg.quantity
            leg.tip = min(leg.tip, leg.leaves)
            leg.quantity, leg.display = quantity, min(leg.display, quantity)
            leg.amends += 1
            if leg is order:
                leg.price, leg.client_order_id = price, name
            facts.append(("amended", leg.order_id, leg.quantity, leg.price, leg.leaves, leg.cum, leg.client_order_id))
        if c.keep_priority:
            if order.members is not None and renamed:
                names = tuple(leg.client_order_id for leg in order.members.legs)
                facts.append(("list_updated", order.members.list_id, names))
            return facts
        work(self, market, order, facts)
        calm(self, market, facts)
        return facts

    def find(self, account_id: int, market: Market, order_id: int | None, client_order_id: str | None) -> Order | str:
        own = self.open_of(account_id, market.symbol)
        if order_id is not None:
            found = [order for order in own if order.order_id == order_id]
            if found and client_order_id not in (None, found[0].client_order_id):
                return "client_order_id_mismatch"
        else:
            found = [order for order in own if order.client_order_id == client_order_id]
        return found[0] if found else "order_unknown"

    @staticmethod
    def not_amendable(
        market: Market, order: Order, legs: list[Order], c: commands.AmendOrder, quantity: int, price: int
    ) -> str:
        rules = market.rules
        if not rules.amend:
            return "amend_unsupported"
        if 0 < rules.max_amends <= order.amends:
            return "amends_exceeded"
        if order.state == "pending" and not order.quantity:
            return "amend_not_possible"
        if not c.keep_priority and (order.state != "resting" or order.members is not None):
            return "amend_not_possible"
        if quantity == order.quantity and price == order.price:
            return "amend_without_change"
        if c.keep_priority and (quantity > order.quantity or price != order.price):
            return "amend_not_smaller"
        return "amend_below_filled" if any(quantity <= leg.cum + leg.prevented for leg in legs) else ""

    def bad_amendment(
        self, market: Market, order: Order, legs: list[Order], name: str, quantity: int, price: int
    ) -> str:
        for leg in legs:
            leaves = leg.leaves + quantity - leg.quantity
            trigger = None if leg.state == "resting" else leg.trigger
            new = replace(leg, quantity=quantity, leaves=leaves, display=min(leg.display, quantity), trigger=trigger)
            new.price = price if leg is order else leg.price
            reason = first(
                not_eligible(market, self.accounts[leg.account], new),
                bad_price(self, market, new) if new.price != leg.price else "",
                bad_size(self, market, new),
            )
            if reason:
                return reason
        own = self.open_of(order.account, market.symbol)
        if any(other is not order and other.client_order_id == name for other in own):
            return "client_order_id_duplicate"
        if quantity <= order.quantity and price == order.price:
            return ""
        new = replace(order, leaves=order.leaves + quantity - order.quantity, price=price, trigger=None)
        if self.free(order.account, market.pays(order.side), apart_from=order) < market.need(new):
            return "insufficient_balance"
        return would_not_begin(market, new) if price != order.price else ""

    # Ends that are asked for.

    def cancel_order(self, c: commands.CancelOrder) -> list[Fact]:
        if c.symbol not in self.markets:
            return [("cancel_rejected", "instrument_unknown")]
        if c.account_id not in self.accounts:
            return [("cancel_rejected", "account_unknown")]
        found = self.find(c.account_id, self.markets[c.symbol], c.order_id, c.client_order_id)
        if isinstance(found, str):
            return [("cancel_rejected", found)]
        return self.canceled(self.markets[c.symbol], found, c.reason.value)

    def canceled(self, market: Market, order: Order, reason: str) -> list[Fact]:
        facts: list[Fact] = []
        others = [] if order.members is None else [leg for leg in order.members.legs if leg is not order]
        for leg in [order, *others]:
            if leg.state != "gone":
                leave(market, leg, "canceled")
                why = reason if leg is order else "list_canceled"
                facts.append(("canceled", leg.order_id, why, leg.cum, leg.prevented))
        if order.members is not None:
            end_if_over(order.members, facts)
        return facts

    def cancel_list(self, c: commands.CancelOrderList) -> list[Fact]:
        for found in self.lists:
            named = c.client_list_id in (None, found.client_list_id) and c.list_id in (None, found.list_id)
            asked = c.client_list_id is not None or c.list_id is not None
            if found.account == c.account_id and not found.ended and found.symbol == c.symbol and named and asked:
                leg = next(leg for leg in found.legs if leg.state != "gone")
                return self.canceled(self.markets[c.symbol], leg, "requested")
        return [("cancel_rejected", "order_list_unknown")]

    def cancel_all_orders(self, c: commands.CancelAllOrders) -> list[Fact]:
        if c.symbol is not None and c.symbol not in self.markets:
            return [("cancel_rejected", "instrument_unknown")]
        if c.account_id not in self.accounts:
            return [("cancel_rejected", "account_unknown")]
        facts = []
        for symbol in self.accounts[c.account_id].used if c.symbol is None else [c.symbol]:
            for order in self.open_of(c.account_id, symbol):
                if order.state != "gone":
                    facts += self.canceled(self.markets[symbol], order, "requested")
        return facts or [("cancel_rejected", "order_unknown")]

    def expire_orders(self, c: commands.ExpireOrders) -> list[Fact]:
        market = self.markets.get(c.symbol)
        if market is None:
            return [("cancel_rejected", "instrument_unknown")]
        facts: list[Fact] = []
        for order in [o for o in market.open if o.expires is not None and o.time_in_force.value == "gtd"]:
            if order.expires is not None and order.expires <= self.now:
                expire(market, order, "time_reached", facts)
        calm(self, market, facts)
        return facts

    # What the venue does that nobody asked for.

    def fill_order(self, c: commands.FillOrder) -> list[Fact]:
        market = self.markets.get(c.symbol)
        if market is None:
            return [("refused", "instrument_unknown")]
        found = [order for order in market.open if order.order_id == c.order_id and order.state == "resting"]
        if not found:
            return [("refused", "order_unknown")]
        maker = found[0]
        if market.status is not TradingStatus.CONTINUOUS:
            return [("refused", "instrument_not_trading")]
        if c.quantity <= 0 or c.quantity > maker.leaves:
            return [("refused", "quantity_too_small" if c.quantity <= 0 else "quantity_too_large")]
        price = c.price or maker.price
        if price <= 0 or (maker.side is Side.SELL and price < maker.price):
            return [("refused", "price_too_low")]
        if maker.side is Side.BUY and price > maker.price:
            return [("refused", "price_too_high")]
        taker = Order(0, 0, "", maker.side.opposite, price, c.quantity, c.quantity, SelfTradePrevention.NONE)
        facts: list[Fact] = []
        self.accept(market, taker, facts)
        deal(self, market, taker, maker, c.quantity, price, facts)
        leave(market, taker, "filled")
        calm(self, market, facts)
        return facts

    def bust_trade(self, c: commands.BustTrade) -> list[Fact]:
        market = self.markets.get(c.symbol)
        if market is None:
            return [("refused", "instrument_unknown")]
        found = [done for done in market.deals if done[0] == c.trade_id]
        if not found or all(self.accounts[side[0]].house for side in found[0][1:]):
            return [("refused", "trade_unknown")]
        _, (buyer, bought, buyer_fee), (seller, paid, seller_fee) = found[0]
        base, quote = market.instrument.base.name, market.instrument.quote.name
        for account, asset, due in ((buyer, base, bought - buyer_fee), (seller, quote, paid - seller_fee)):
            if account and self.free(account, asset) < due:
                return [("refused", "insufficient_balance")]
        self.move(base, buyer, seller, bought - buyer_fee)
        self.move(base, FEES, seller, buyer_fee)
        self.move(quote, seller, buyer, paid - seller_fee)
        self.move(quote, FEES, buyer, seller_fee)
        market.deals.remove(found[0])
        return [("busted", c.trade_id, buyer, seller, paid, buyer_fee, seller_fee)]

    def reject(self, c: commands.RejectRequest) -> list[Fact]:
        kinds = {commands.PlaceOrder: "rejected", commands.AmendOrder: "amend_rejected"}
        if isinstance(c.request, commands.PlaceOrderList):
            return [("list_rejected", c.reason.value, None)]
        return [(kinds.get(type(c.request), "cancel_rejected"), c.reason.value)]

    # Prices from elsewhere.

    def set_reference_price(self, c: commands.SetReferencePrice) -> list[Fact]:
        market = self.markets.get(c.symbol)
        if market is None or c.source is TriggerSource.LAST:
            return [("refused", "instrument_unknown")]
        if c.price <= 0:
            return [("refused", "price_too_low")]
        if c.source is TriggerSource.MARK:
            market.mark = c.price
        else:
            market.index = c.price
        facts: list[Fact] = [("reference", c.source.value, c.price)]
        if market.status is TradingStatus.CONTINUOUS:
            self.look(market, c.source, facts)
        return facts

    def look(self, market: Market, source: TriggerSource, facts: list[Fact]) -> None:
        for order in set_off(market, source, market.reference(source)):
            if order.state == "set off":
                wake(self, market, order, facts)
                calm(self, market, facts)

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
        elif c.maker_fee is None or c.taker_fee is None:
            self.accounts[c.account_id].fees_by_symbol.pop(c.symbol, None)
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
        if c.status in (TradingStatus.CLOSED, TradingStatus.DELISTED):
            for order in sorted(market.open, key=lambda o: (o.account, o.order_id)):
                if order.state != "gone":
                    facts += self.canceled(market, order, "instrument_closed")
        if c.status is TradingStatus.CONTINUOUS:
            for source in (TriggerSource.MARK, TriggerSource.INDEX):
                if (market.mark if source is TriggerSource.MARK else market.index) > 0:
                    self.look(market, source, facts)
        return facts


HANDLERS: Final[dict[type, Callable[[Reference, Any], list[Fact]]]] = {
    commands.PlaceOrder: Reference.place_order,
    commands.PlaceOrderList: Reference.place_list,
    commands.AmendOrder: Reference.amend,
    commands.CancelOrder: Reference.cancel_order,
    commands.CancelOrderList: Reference.cancel_list,
    commands.ExpireOrders: Reference.expire_orders,
    commands.SetReferencePrice: Reference.set_reference_price,
    commands.CancelAllOrders: Reference.cancel_all_orders,
    commands.FillOrder: Reference.fill_order,
    commands.BustTrade: Reference.bust_trade,
    commands.RejectRequest: Reference.reject,
    commands.CreateAccount: Reference.create_account,
    commands.SetAccountStatus: Reference.set_account_status,
    commands.SetFees: Reference.set_fees,
    commands.Deposit: Reference.deposit,
    commands.Withdraw: Reference.withdraw,
    commands.ListInstrument: Reference.list_instrument,
    commands.ChangeRules: Reference.change_rules,
    commands.SetTradingStatus: Reference.set_trading_status,
}
