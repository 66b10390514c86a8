"""``simexchange ctl accounts``, ``keys``, ``orders``, ``instruments``, ``move``, ``halt``: one venue."""

from typing import Annotated, Any, Final

import typer

from simexchange.ctl.client import Client, place
from simexchange.ctl.output import fields, table, tell
from simexchange.ctl.pairs import read_pairs
from simexchange.ctl.session import group

accounts = group("A venue's accounts.")
keys = group("An account's API keys.")
orders = group("An account's orders, without its key.")
instruments = group("A venue's instruments.")

Venue = Annotated[str, typer.Option(help="Which venue.")]
Account = Annotated[str, typer.Argument(help="The account's name.")]
Symbol = Annotated[str, typer.Argument(help="BTCUSDT or BTC-USDT.")]
Key = Annotated[str, typer.Argument(help="The key's short name (key:3f2a9c) or label.")]
Money = Annotated[list[str], typer.Argument(metavar="ASSET=AMOUNT...", help="USDT=100")]


@accounts.command("list")
def list_accounts(context: typer.Context, venue: Venue = "binance") -> None:
    """A venue's accounts."""
    client: Client = context.obj
    tell(client, client.ask("GET", place("venues", venue, "accounts")), lambda rows: table(rows, _ACCOUNTS))


@accounts.command("show")
def show_account(context: typer.Context, account: Account, venue: Venue = "binance") -> None:
    """One account."""
    client: Client = context.obj
    tell(client, client.ask("GET", place("venues", venue, "accounts", account)), fields)


@accounts.command()
def create(
    context: typer.Context,
    account: Account,
    balances: Annotated[list[str] | None, typer.Argument(metavar="[ASSET=AMOUNT]...", help="USDT=10000")] = None,
    venue: Venue = "binance",
    permission: Annotated[list[str] | None, typer.Option(help="Of its key, repeatable: read, trade, withdraw.")] = None,
) -> None:
    """Open an account; its key and secret are shown now and never again."""
    client: Client = context.obj
    body: dict[str, Any] = {"name": account, "balances": _money(balances or [])}
    if permission:
        body["permissions"] = permission
    tell(client, client.ask("POST", place("venues", venue, "accounts"), body), fields)


@accounts.command()
def deposit(context: typer.Context, account: Account, money: Money, venue: Venue = "binance") -> None:
    """Have money come."""
    _change(context, venue, account, {"deposit": _money(money)})


@accounts.command()
def withdraw(context: typer.Context, account: Account, money: Money, venue: Venue = "binance") -> None:
    """Have money go."""
    _change(context, venue, account, {"withdraw": _money(money)})


def _change(context: typer.Context, venue: str, account: str, body: dict[str, Any]) -> None:
    client: Client = context.obj
    tell(client, client.ask("PATCH", place("venues", venue, "accounts", account), body), fields)


def _money(pairs: list[str]) -> dict[str, str]:
    return {name: str(value) for name, value in read_pairs(pairs, [pair.partition("=")[0] for pair in pairs]).items()}


@keys.command("list")
def list_keys(context: typer.Context, account: Account, venue: Venue = "binance") -> None:
    """An account's keys, without their secrets."""
    client: Client = context.obj
    found = client.ask("GET", place("venues", venue, "accounts", account, "keys"))
    tell(client, found, lambda rows: table(rows, _KEYS, "no keys"))


@keys.command()
def issue(
    context: typer.Context,
    account: Account,
    venue: Venue = "binance",
    permission: Annotated[list[str] | None, typer.Option(help="Repeatable: read, trade, withdraw.")] = None,
    ip_allow: Annotated[list[str] | None, typer.Option(help="Repeatable: 10.0.0.0/8.")] = None,
    expires: Annotated[str | None, typer.Option(help="2026-01-05T00:00:00Z; never, by default.")] = None,
    label: Annotated[str, typer.Option(help="A name for it.")] = "",
) -> None:
    """Issue a key; its secret is shown now and never again."""
    client: Client = context.obj
    body: dict[str, Any] = {"ip_allow": ip_allow or [], "label": label, "expires": expires}
    if permission:
        body["permissions"] = permission
    tell(client, client.ask("POST", place("venues", venue, "accounts", account, "keys"), body), fields)


@keys.command()
def rotate(context: typer.Context, account: Account, key: Key, venue: Venue = "binance") -> None:
    """Issue a key like this one, and revoke this one."""
    client: Client = context.obj
    path = place("venues", venue, "accounts", account, "keys", key, "rotate")
    tell(client, client.ask("POST", path), fields)


@keys.command()
def revoke(context: typer.Context, account: Account, key: Key, venue: Venue = "binance") -> None:
    """Revoke a key."""
    client: Client = context.obj
    path = place("venues", venue, "accounts", account, "keys", key)
    tell(client, client.ask("DELETE", path), lambda answer: typer.echo(f"{answer['id']} revoked"))


@orders.command("list")
def list_orders(
    context: typer.Context,
    account: Account,
    venue: Venue = "binance",
    every: Annotated[bool, typer.Option("--all", help="Those that ended too.")] = False,
    symbol: Annotated[str | None, typer.Option(help="Of one instrument.")] = None,
) -> None:
    """An account's open orders."""
    client: Client = context.obj
    query = {"state": "all" if every else "open", "symbol": symbol}
    found = client.ask("GET", place("venues", venue, "accounts", account, "orders"), query=query)
    tell(client, found, lambda rows: table(rows, _ORDERS, "no orders"))


@orders.command("place")
def place_order(
    context: typer.Context,
    account: Account,
    side: Annotated[str, typer.Argument(help="buy or sell.")],
    symbol: Symbol,
    quantity: Annotated[str, typer.Argument(help="Of the base asset.")],
    price: Annotated[str | None, typer.Argument(help="None: a market order.")] = None,
    more: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME=VALUE", help="post_only=true, time_in_force=ioc ...")
    ] = None,
    venue: Venue = "binance",
) -> None:
    """Place an order as the account: ctl orders place alice buy BTCUSDT 0.01 59000"""
    client: Client = context.obj
    body: dict[str, Any] = {"symbol": symbol, "side": side, "quantity": quantity}
    body |= {"type": "market"} if price is None else {"price": price}
    texts = ("trigger_price", "trail", "display_quantity", "quote_quantity", "client_order_id")
    answer = client.ask(
        "POST", place("venues", venue, "accounts", account, "orders"), body | read_pairs(more or (), texts)
    )
    tell(client, answer, lambda order: table([order], _ORDERS))


@orders.command("cancel")
def cancel_orders(
    context: typer.Context,
    account: Account,
    order: Annotated[str | None, typer.Argument(help="Either id; all open orders, by default.")] = None,
    venue: Venue = "binance",
    symbol: Annotated[str | None, typer.Option(help="Of one instrument.")] = None,
) -> None:
    """Cancel an order, or all of an account."""
    client: Client = context.obj
    path = place("venues", venue, "accounts", account, "orders", *([] if order is None else [order]))
    answer = client.ask("DELETE", path, query={"symbol": symbol})
    tell(client, answer, lambda told: table(told.get("canceled", [told]), _ORDERS, "there were none"))


@instruments.command("list")
def list_instruments(context: typer.Context, venue: Venue = "binance") -> None:
    """A venue's instruments."""
    client: Client = context.obj
    tell(client, client.ask("GET", place("venues", venue, "instruments")), lambda rows: table(rows, _INSTRUMENTS))


@instruments.command("show")
def show_instrument(context: typer.Context, symbol: Symbol, venue: Venue = "binance") -> None:
    """One instrument and its rules."""
    client: Client = context.obj
    tell(client, client.ask("GET", place("venues", venue, "instruments", symbol)), fields)


@instruments.command("set")
def set_instrument(
    context: typer.Context,
    symbol: Symbol,
    changes: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="tick=0.1 market.spread_ticks=20")],
    venue: Venue = "binance",
) -> None:
    """Change filters, status, or the makers' book."""
    client: Client = context.obj
    body = read_pairs(changes, _DECIMALS)
    tell(client, client.ask("PATCH", place("venues", venue, "instruments", symbol), body), fields)


def move(
    context: typer.Context,
    symbol: Symbol,
    by: Annotated[str, typer.Argument(help="A part of the price: 5%, -12%.")],
    over: Annotated[str, typer.Option(help="How long it takes; a jump by default.")] = "0s",
    venue: Venue = "binance",
) -> None:
    """Move an instrument's price."""
    client: Client = context.obj
    answer = client.ask("POST", place("venues", venue, "instruments", symbol, "move"), {"by": by, "over": over})
    tell(client, answer, lambda moved: typer.echo(f"{moved['symbol']} moves by {moved['by']} until {moved['ends']}"))


def halt(
    context: typer.Context,
    symbol: Symbol,
    length: Annotated[str | None, typer.Option("--for", help="How long; until it is resumed, by default.")] = None,
    venue: Venue = "binance",
) -> None:
    """Halt trading."""
    _status(context, venue, symbol, "halt", {} if length is None else {"for": length})


def resume(context: typer.Context, symbol: Symbol, venue: Venue = "binance") -> None:
    """Let trading continue."""
    _status(context, venue, symbol, "resume", None)


def delist(context: typer.Context, symbol: Symbol, venue: Venue = "binance") -> None:
    """Delist an instrument; all that rests is canceled."""
    _status(context, venue, symbol, "delist", None)


def _status(context: typer.Context, venue: str, symbol: str, action: str, body: dict[str, Any] | None) -> None:
    client: Client = context.obj
    answer = client.ask("POST", place("venues", venue, "instruments", symbol, action), body)
    tell(client, answer, lambda told: typer.echo(f"{told['symbol']} is {told['status']}"))


_DECIMALS: Final = (
    *("tick", "lot", "min_price", "max_price", "min_quantity", "max_quantity", "market_max_quantity"),
    *("max_position", "min_notional", "max_notional", "sizes", "trades"),
)
_ACCOUNTS: Final = {
    "account": lambda account: account["name"],
    "balances": lambda account: {
        asset: funds["free"] if funds["held"] == "0" else f"{funds['free']}+{funds['held']}"
        for asset, funds in account["balances"].items()
    },
    "open orders": lambda account: account["open_orders"],
    "keys": lambda account: [key["id"] for key in account["keys"] if key["alive"]],
}
_KEYS: Final = {
    "key": lambda key: key["id"],
    "label": lambda key: key["label"],
    "kind": lambda key: key["kind"],
    "permissions": lambda key: key["permissions"],
    "addresses": lambda key: key["ip_allow"] or "any",
    "expires": lambda key: key["expires"],
    "alive": lambda key: key["alive"],
}
_ORDERS: Final = {
    "order": lambda order: order["order_id"],
    "client id": lambda order: order["client_order_id"],
    "symbol": lambda order: order["symbol"],
    "side": lambda order: order["side"],
    "type": lambda order: order["type"],
    "price": lambda order: order["price"],
    "quantity": lambda order: order["quantity"],
    "filled": lambda order: order["filled"],
    "status": lambda order: order["status"],
}
_INSTRUMENTS: Final = {
    "symbol": lambda instrument: instrument["symbol"],
    "status": lambda instrument: instrument["status"],
    "bid": lambda instrument: instrument["best_bid"],
    "ask": lambda instrument: instrument["best_ask"],
    "last": lambda instrument: instrument["last_price"],
    "tick": lambda instrument: instrument["rules"]["tick"],
    "lot": lambda instrument: instrument["rules"]["lot"],
}
