"""Accounts: what they have, what they pay, what they may do; opened and changed through the venue's own door."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

from simexchange.control import keys
from simexchange.control.controls import Controls
from simexchange.control.operations import Asked, Made, Operation
from simexchange.control.problems import Problem, bad
from simexchange.control.reading import Body, Query, units
from simexchange.domain.commands import CreateAccount, Deposit, SetAccountStatus, SetFees, Withdraw
from simexchange.domain.ids import AssetName
from simexchange.domain.units import RATE_DECIMALS, Amount, Rate, format_trimmed
from simexchange.services.likeness import did_you_mean
from simexchange.venue.accounts import Account
from simexchange.world import Door


class Funds(Struct, frozen=True):
    free: str
    held: str
    """For open orders."""


class Fees(Struct, frozen=True):
    """As shares of a trade's worth: "0.001" is 0.1 %."""

    maker: str
    taker: str


class AccountView(Struct, frozen=True):
    name: str
    house: bool
    """Whether it is one of the market makers'."""
    balances: dict[str, Funds]
    open_orders: int
    fees: dict[str, Fees]
    """By instrument."""
    can_trade: bool
    can_withdraw: bool
    can_deposit: bool
    keys: list[keys.KeyView]
    """Never with their secrets: those are told once, by the answer that makes a key, by /config and by serve."""


class AccountMade(AccountView, frozen=True):
    key: keys.KeyMade | None
    """Its key with its secret, told here and never again by a listing; null where none was wanted."""


class FeesBody(Body, frozen=True):
    """Rates as shares of a trade's worth."""

    maker: Annotated[str, Meta(examples=["0.001"])]
    """A decimal text: "0.001" is 0.1 %; negative for a rebate."""
    taker: Annotated[str, Meta(examples=["0.001"])]
    """A decimal text: "0.001" is 0.1 %."""
    symbol: str | None = None
    """Of one instrument; of all that have no rates of their own otherwise."""


class NewAccount(Body, frozen=True):
    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$", examples=["carol"])]
    """Up to 64 letters, digits and _ . @ -, and nobody else's."""
    balances: dict[str, str] = field(default_factory=dict)
    """What it begins with, by asset: {"USDT": "10000"}."""
    permissions: keys.Permissions = ("read", "trade")
    """Of its key: read, trade and withdraw pass."""
    ip_allow: tuple[str, ...] = ()
    """Addresses or networks its key may be used from; empty for any."""
    fees: FeesBody | None = None
    key: bool = True
    """Whether it gets a key."""


class AccountChange(Body, frozen=True):
    """At least one of them; money first."""

    balances: dict[str, str] = field(default_factory=dict)
    """What is to be free from now on, by asset: {"USDT": "10000"}; what differs comes or goes."""
    withdraw: dict[str, str] = field(default_factory=dict)
    """Amounts that go, by asset: {"USDT": "100"}."""
    deposit: dict[str, str] = field(default_factory=dict)
    """Amounts that come, by asset: {"USDT": "100"}."""
    fees: FeesBody | None = None
    can_trade: bool | None = None
    can_withdraw: bool | None = None
    can_deposit: bool | None = None


class AccountsQuery(Query, frozen=True):
    house: bool = False
    """Whether the market makers are wanted too."""


def list_all(asked: Asked) -> list[AccountView]:
    door = asked.controls.door(asked.path["venue"])
    accounts = door.venue.accounts.values()
    by_owner = keys.by_owner(asked.controls, door)
    return [
        _view(door, account, by_owner.get(account.account_id, []))
        for account in accounts
        if asked.query.house or not account.house
    ]


def show(asked: Asked) -> AccountView:
    door, account = place(asked)
    return _view(door, account, keys.of_account(asked.controls, door, account))


def create(asked: Asked) -> Made:
    controls, body = asked.controls, asked.body
    door = controls.door(asked.path["venue"])
    if door.venue.views.account_named(body.name) is not None:
        raise Problem(409, f"name: {door.name} has an account {body.name!r}", field="name", sent=body.name)
    amounts = _amounts(door, "balances", body.balances)
    allowed = keys.addresses("ip_allow", body.ip_allow)
    fees = _fees(controls, door, body.fees)
    account_id = max(door.venue.accounts, default=0) + 1
    controls.submit(door, CreateAccount(account_id, body.name))
    for asset, amount in amounts.items():
        if amount:
            controls.submit(door, Deposit(account_id, asset, amount))
    if fees is not None:
        controls.submit(door, SetFees(account_id, *fees))
    account = door.venue.accounts[account_id]
    key = keys.issue_key(controls, door, account, keys.NewKey(body.permissions, allowed)) if body.key else None
    view = _view(door, account, keys.of_account(controls, door, account))
    members = {name: getattr(view, name) for name in view.__struct_fields__}
    return Made(AccountMade(**members, key=key), f"/venues/{door.name}/accounts/{body.name}")


def change(asked: Asked) -> AccountView:
    controls, body = asked.controls, asked.body
    door, account = place(asked)
    if body == AccountChange():
        raise bad("", "nothing is to be changed", passes=", ".join(AccountChange.__struct_fields__))
    fees = _fees(controls, door, body.fees)
    deposits, withdrawals = _amounts(door, "deposit", body.deposit), _amounts(door, "withdraw", body.withdraw)
    for asset, amount in _amounts(door, "balances", body.balances).items():
        if asset in deposits or asset in withdrawals:
            raise bad(f"balances.{asset}", "is said beside a deposit or withdrawal of it", sent=body.balances[asset])
        missing = amount - account.balance(asset).free
        if missing:
            (deposits if missing > 0 else withdrawals)[asset] = abs(missing)
    for asset, amount in withdrawals.items():
        free = account.balance(asset).free
        if amount > free:
            passes = format_trimmed(free, door.venue.assets[asset].decimals)
            raise bad(f"withdraw.{asset}", "is more than is free", sent=body.withdraw[asset], passes=f"0 to {passes}")
    status = (body.can_trade, body.can_withdraw, body.can_deposit)
    if status != (None, None, None):
        now = (account.can_trade, account.can_withdraw, account.can_deposit)
        wanted = [old if new is None else new for new, old in zip(status, now, strict=True)]
        controls.submit(door, SetAccountStatus(account.account_id, *wanted))
    for asset, amount in withdrawals.items():
        controls.submit(door, Withdraw(account.account_id, asset, amount))
    for asset, amount in deposits.items():
        controls.submit(door, Deposit(account.account_id, asset, amount))
    if fees is not None:
        controls.submit(door, SetFees(account.account_id, *fees))
    return _view(door, account, keys.of_account(controls, door, account))


def place(asked: Asked) -> tuple[Door, Account]:
    """The venue and the account that the path names. Raises Problem 404."""
    door = asked.controls.door(asked.path["venue"])
    return door, asked.controls.account(door, asked.path["account"])


def _amounts(door: Door, field: str, texts: dict[str, str]) -> dict[AssetName, Amount]:
    assets = door.venue.assets
    amounts = {}
    for name, text in texts.items():
        if name not in assets:
            raise bad(f"{field}.{name}", f"{door.name} has no asset {name!r}; {did_you_mean(name, assets)}", sent=text)
        amounts[name] = units(f"{field}.{name}", text, assets[name].decimals)
        if not amounts[name] and field != "balances":
            raise bad(f"{field}.{name}", "nothing would come or go", sent=text, passes="more than 0")
    return amounts


def _fees(controls: Controls, door: Door, body: FeesBody | None) -> tuple[Rate, Rate, str | None] | None:
    if body is None:
        return None
    symbol = None if body.symbol is None else controls.market(door, body.symbol).symbol
    return _rate("fees.maker", body.maker), _rate("fees.taker", body.taker), symbol


def _rate(field: str, text: str) -> Rate:
    is_rebate = field == "fees.maker" and text.startswith("-")
    rate = units(field, text.removeprefix("-") if is_rebate else text, RATE_DECIMALS)
    return -rate if is_rebate else rate


def _view(door: Door, account: Account, own_keys: list[keys.KeyView]) -> AccountView:
    assets, venue = door.venue.assets, door.venue
    funds: dict[str, Any] = {
        name: Funds(
            format_trimmed(balance.free, assets[name].decimals), format_trimmed(balance.held, assets[name].decimals)
        )
        for name, balance in account.balances.items()
    }
    fees = {}
    for symbol in venue.markets:
        maker, taker = venue.views.fees(account.account_id, symbol)
        fees[symbol] = Fees(format_trimmed(maker, RATE_DECIMALS), format_trimmed(taker, RATE_DECIMALS))
    return AccountView(
        account.name,
        account.house,
        funds,
        sum(len(orders) for orders in account.open_orders.values()),
        fees,
        account.can_trade,
        account.can_withdraw,
        account.can_deposit,
        own_keys,
    )


_ALL: Final = "/venues/{venue}/accounts"
_ONE: Final = "/venues/{venue}/accounts/{account}"
OPERATIONS: Final = (
    Operation("GET", _ALL, "A venue's accounts", list_all, list[AccountView], query=AccountsQuery, problems=(404,)),
    Operation(
        "POST",
        _ALL,
        "Open an account; its key's secret is told in this answer alone",
        create,
        AccountMade,
        201,
        body=NewAccount,
        problems=(404, 409),
        example={"name": "carol", "balances": {"USDT": "10000"}},
    ),
    Operation("GET", _ONE, "One account", show, AccountView, problems=(404,)),
    Operation(
        "PATCH",
        _ONE,
        "Set balances, deposit, withdraw, change fees, or what it may do",
        change,
        AccountView,
        body=AccountChange,
        problems=(404,),
        example={"deposit": {"USDT": "100"}},
    ),
)
