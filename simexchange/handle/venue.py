"""One venue of a handle: its addresses, accounts, orders, market, and the clients that are wired to it."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from simexchange.clients import factories
from simexchange.handle.backend import Account, Backend, SimxError, VenueAddress
from simexchange.services.likeness import did_you_mean

if TYPE_CHECKING:
    from simexchange.handle.socketless import Socketless

Number: TypeAlias = str | int | Decimal
OrderName: TypeAlias = str | int | dict[str, Any]
"""An order by its id, its client order id, or as the handle told of it before."""
_ACCOUNT: Final = "/venues/{venue}/accounts/{account}"
_ORDERS: Final = "/venues/{venue}/accounts/{account}/orders"


class VenueHandle:
    """``simx.binance``. Its clients are methods too, as ``simexchange.clients`` lists them: ``ccxt("alice")``."""

    def __init__(self, backend: Backend, name: str, address: VenueAddress) -> None:
        self.name = name
        self.rest_url = address.rest_url
        self.ws_url = address.ws_url
        self.symbols = list(address.symbols)
        """In the venue's own spelling."""
        self._backend = backend
        self._sessions: list[Callable[[], object]] = []

    def __repr__(self) -> str:
        return f"<{self.name} at {self.rest_url}>"

    # Clients.

    def client(self, name: str, *arguments: Any, **options: Any) -> Any:
        """A client library's object, wired to this venue: ``client("ccxt", "alice")`` is ``ccxt("alice")``."""
        made = self._factory(name)(self, *arguments, **options)
        session = getattr(made, "session", None)
        if callable(close := getattr(session, "close", None)) and not iscoroutinefunction(close):
            self._sessions.append(close)
        return made

    def close_clients(self) -> None:
        """Close the connections of synchronous clients that were made here; others are their owner's to close."""
        while self._sessions:
            self._sessions.pop()()

    @property
    def asgi(self) -> "Socketless":
        """The venue as an ASGI application, without its socket; of an exchange in this process."""
        return self._backend.application(self.name)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            self._factory(name)
        except SimxError as error:
            raise AttributeError(str(error)) from None
        return partial(self.client, name)

    def _factory(self, name: str) -> Callable[..., Any]:
        known = factories(self.name)
        if name in known:
            return known[name]
        choices = (*known, *(word for word in dir(type(self)) if word[0] != "_"))
        hint = did_you_mean(name, choices, f"its clients are {', '.join(known) or 'none yet'}")
        raise SimxError(f"{self.name} has no {name!r}; {hint}")

    # Accounts.

    @property
    def accounts(self) -> Mapping[str, Account]:
        """By name, the house's left out; each with the first of its keys that is good."""
        accounts: dict[str, Account] = {}
        for account in self._backend.accounts(self.name):
            accounts.setdefault(account.name, account)
        return accounts

    def account(self, name: str) -> Account:
        """An account and its key. Raises SimxError, which names those there are."""
        accounts = self.accounts
        if name in accounts:
            return accounts[name]
        raise SimxError(f"{self.name} has no account {name!r}; {did_you_mean(name, accounts)}")

    def balances(self, account: str) -> dict[str, dict[str, str]]:
        """Asset -> ``free`` and ``held``, as decimal texts."""
        return dict(self._ask("GET", _ACCOUNT, account=account)["balances"])

    def open_account(
        self, name: str, balances: Mapping[str, Number] | None = None, permissions: Sequence[str] = ("read", "trade")
    ) -> Account:
        """Open an account with a key: ``open_account("carol", {"USDT": 10_000})``."""
        body = {"name": name, "balances": _texts(balances or {}), "permissions": list(permissions)}
        self._ask("POST", "/venues/{venue}/accounts", body)
        return self.account(name)

    def rotate_key(self, account: str) -> Account:
        """Issue a key like the account's present one, which is revoked; the account with the new one."""
        self._ask("POST", f"{_ACCOUNT}/keys/{{key}}/rotate", account=account, key=self._key(account))
        return self.account(account)

    def revoke_key(self, account: str) -> None:
        """Revoke the account's present key."""
        self._ask("DELETE", f"{_ACCOUNT}/keys/{{key}}", account=account, key=self._key(account))

    def _key(self, account: str) -> str:
        """The id of its first key that is good."""
        keys = self._ask("GET", _ACCOUNT, account=account)["keys"]
        found = next((key["id"] for key in keys if key["alive"]), None)
        if found is None:
            raise SimxError(f"{account} has no key on {self.name} that is good")
        return str(found).removeprefix("key:")

    def deposit(self, account: str, **amounts: str | int) -> None:
        """Money comes from outside: ``deposit("alice", USDT="1000")``."""
        self._ask("PATCH", _ACCOUNT, {"deposit": _texts(amounts)}, account=account)

    def withdraw(self, account: str, **amounts: str | int) -> None:
        """Money goes: ``withdraw("alice", USDT="1000")``."""
        self._ask("PATCH", _ACCOUNT, {"withdraw": _texts(amounts)}, account=account)

    # Orders.

    def orders(self, account: str, state: str = "open", symbol: str | None = None) -> list[dict[str, Any]]:
        """The account's orders, ``open`` ones or ``all``, in neutral words; numbers are decimal texts."""
        query = {"state": state} | ({} if symbol is None else {"symbol": symbol})
        return list(self._backend.ask(f"GET {_ORDERS}", {"venue": self.name, "account": account}, query))

    def order(self, account: str, order: OrderName, symbol: str | None = None) -> dict[str, Any]:
        """One order: by either id, or as it was given here before."""
        return dict(self._one("GET", account, order, symbol))

    def place(
        self,
        account: str,
        symbol: str,
        side: str,
        quantity: Number | None = None,
        price: Number | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Place an order as the account, without its key: a limit order where there is a price, else a market order.

        ``more``: type, quote_quantity, time_in_force, post_only, client_order_id, trigger_price, trail and
        display_quantity. Numbers are decimal texts, ints or Decimals. Raises Refused with the venue's reason.
        """
        body = {"symbol": symbol, "side": side, "quantity": quantity, "price": price} | more
        if price is None:
            body.setdefault("type", "market")
        return dict(self._ask("POST", _ORDERS, _texts(body), account=account))

    def cancel(self, account: str, order: OrderName, symbol: str | None = None) -> dict[str, Any]:
        """Cancel as the account: by either id, or an order as it was given here before."""
        return dict(self._one("DELETE", account, order, symbol))

    def cancel_all(self, account: str, symbol: str | None = None) -> list[dict[str, Any]]:
        """Cancel all the account's open orders, or those of one instrument."""
        query = {} if symbol is None else {"symbol": symbol}
        path = {"venue": self.name, "account": account}
        return list(self._backend.ask(f"DELETE {_ORDERS}", path, query)["canceled"])

    def fill(
        self,
        account: str,
        order: OrderName,
        quantity: Number | None = None,
        ratio: Number | None = None,
        price: Number | None = None,
        symbol: str | None = None,
    ) -> dict[str, Any]:
        """Fill a resting order by a trade from outside: all that is left of it, a quantity, or a part ("0.37")."""
        body = _texts({"quantity": quantity, "ratio": ratio, "price": price})
        return dict(self._one("POST", account, order, symbol, "/fill", body))

    def _one(
        self,
        method: str,
        account: str,
        order: OrderName,
        symbol: str | None,
        action: str = "",
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        name = order
        if isinstance(order, dict):
            name, symbol = order["order_id"], symbol or order["symbol"]
        path = {"venue": self.name, "account": account, "order": str(name)}
        query = {} if symbol is None else {"symbol": symbol}
        return self._backend.ask(f"{method} {_ORDERS}/{{order}}{action}", path, query, body)

    # The market.

    def instrument(self, symbol: str) -> dict[str, Any]:
        """Rules, fees, trading status and best prices. A symbol may be BTCUSDT or BTC/USDT."""
        return dict(self._market("GET", symbol))

    def price(self, symbol: str) -> Decimal:
        """Of the last trade."""
        return Decimal(self.instrument(symbol)["last_price"])

    def move(self, symbol: str, by: str, over: str = "0s") -> dict[str, Any]:
        """Move the price by a part of it ("-12%"), at once or over a time ("90s") of the world's."""
        return dict(self._market("POST", symbol, "/move", {"by": by, "over": over}))

    def halt(self, symbol: str, for_: str | None = None) -> dict[str, Any]:
        """Halt trading, for a time ("45s") or until it is resumed."""
        return dict(self._market("POST", symbol, "/halt", {} if for_ is None else {"for": for_}))

    def resume(self, symbol: str) -> dict[str, Any]:
        """Let trading continue."""
        return dict(self._market("POST", symbol, "/resume"))

    def change(self, symbol: str, **changes: Any) -> dict[str, Any]:
        """Change rules (tick, lot, min_notional ...), the status, or the makers' book (market={"levels": 3})."""
        return dict(self._market("PATCH", symbol, body=changes))

    def _market(self, method: str, symbol: str, action: str = "", body: Mapping[str, Any] | None = None) -> Any:
        path = {"venue": self.name, "symbol": symbol.replace("/", "")}
        return self._backend.ask(f"{method} /venues/{{venue}}/instruments/{{symbol}}{action}", path, body=body)

    def _ask(self, method: str, template: str, body: Mapping[str, Any] | None = None, **path: str) -> Any:
        return self._backend.ask(f"{method} {template}", {"venue": self.name, **path}, body=body)


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as the decimal texts that the exchange counts with, and what is None left out."""
    texts = {}
    for name, value in values.items():
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            texts[name] = f"{value:f}" if isinstance(value, Decimal) else str(value)
        elif value is not None:
            texts[name] = value
    return texts
