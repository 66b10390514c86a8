"""Read-only questions about a venue. A view never changes anything and hands out nothing it would mind being read."""

from simexchange.domain.enums import BUY, OrderStatus
from simexchange.domain.ids import AccountId, AssetName, ClientOrderId, OrderId, Symbol
from simexchange.domain.order import Order
from simexchange.domain.units import Amount, Rate
from simexchange.venue.accounts import Account, Fill, Prevented
from simexchange.venue.holds import needed_for
from simexchange.venue.list_state import ListState
from simexchange.venue.state import VenueState


class Views:
    """Questions, answered from the state as it is between two commands."""

    def __init__(self, state: VenueState) -> None:
        self._state = state

    def account_named(self, name: str) -> Account | None:
        return next((account for account in self._state.accounts.values() if account.name == name), None)

    def order(
        self,
        account_id: AccountId,
        symbol: Symbol,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order | None:
        """An order of the account, open or closed; the latest of that client order id; both given must agree."""
        account = self._state.accounts[account_id]
        if order_id is None:
            return account.by_client_order_id.get((symbol, client_order_id or ""))
        order = account.orders.get(symbol, {}).get(order_id)
        if order is not None and client_order_id is not None and order.terms.client_order_id != client_order_id:
            return None
        return order

    def open_orders(self, account_id: AccountId, symbol: Symbol | None = None) -> list[Order]:
        """Open orders, by instrument in order of first use, then ascending id."""
        account = self._state.accounts[account_id]
        if symbol is not None:
            return list(account.open_orders.get(symbol, {}).values())
        return list(account.all_open_orders())

    def orders(self, account_id: AccountId, symbol: Symbol) -> list[Order]:
        """Every order kept for the account, ascending id."""
        return list(self._state.accounts[account_id].orders.get(symbol, {}).values())

    def fills(self, account_id: AccountId, symbol: Symbol) -> list[Fill]:
        """The account's executions, ascending trade id."""
        return self._state.accounts[account_id].fills.get(symbol, [])

    def prevented(self, account_id: AccountId, symbol: Symbol) -> list[Prevented]:
        return self._state.accounts[account_id].prevented.get(symbol, [])

    def fees(self, account_id: AccountId, symbol: Symbol) -> tuple[Rate, Rate]:
        """(maker, taker) rates that apply to the account on the instrument."""
        return self._state.fees(self._state.accounts[account_id], self._state.markets[symbol])

    def trial_balance(self) -> dict[AssetName, int]:
        """Sum of all balances per asset; every one is zero."""
        return self._state.ledger.trial_balance()

    def held_for_orders(self, account_id: AccountId) -> dict[AssetName, Amount]:
        """What the account's open orders need held, computed from the orders and lists alone."""
        needed: dict[AssetName, Amount] = {}
        pairs: dict[tuple[int, AssetName], Amount] = {}
        for order in self._state.accounts[account_id].all_open_orders():
            market = self._state.markets[order.terms.symbol]
            if order.status is OrderStatus.PENDING:
                continue
            asset = market.quote_name if order.terms.side is BUY else market.base_name
            amount = needed_for(market, order)
            if order.terms.list_id is None:
                needed[asset] = needed.get(asset, 0) + amount
            else:
                key = (order.terms.list_id, asset)
                pairs[key] = max(pairs.get(key, 0), amount)
        for (_, asset), amount in pairs.items():
            needed[asset] = needed.get(asset, 0) + amount
        for found in self._state.open_lists.get(account_id, {}).values():
            if found.receipt:
                asset = self._state.markets[found.order_list.symbol].base_name
                needed[asset] = needed.get(asset, 0) + found.receipt
        return needed

    def order_list(
        self, account_id: AccountId, list_id: int | None = None, client_list_id: ClientOrderId | None = None
    ) -> ListState | None:
        """An order list of the account, open or ended; by client id the latest of that name."""
        if list_id is not None:
            found = self._state.order_lists.get(list_id)
            return found if found is not None and found.order_list.account_id == account_id else None
        for found in reversed(self._state.order_lists.values()):
            terms = found.order_list
            if terms.account_id == account_id and terms.client_list_id == client_list_id:
                return found
        return None

    def order_lists(self, account_id: AccountId) -> list[ListState]:
        """Every order list of the account, ascending id."""
        return [found for found in self._state.order_lists.values() if found.order_list.account_id == account_id]
