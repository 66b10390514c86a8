"""What happens to the book, to accounts and their money, to keys and instruments."""

from msgspec import Struct

from simexchange.domain.enums import (
    KeyKind,
    Permission,
    TradingStatus,
    TriggerSource,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.ids import AccountId, AssetName, Symbol
from simexchange.domain.instrument import Instrument, Rules
from simexchange.domain.units import Amount, Price, Quantity, Rate


class BookUpdated(Struct, frozen=True, gc=False):
    """One instrument's visible book after a command: changed levels as (price, new total; 0 removes), best prices.

    ``update_id`` rises by one per event and never skips. A missing best price is 0 with quantity 0.
    """

    symbol: Symbol
    update_id: int
    bids: tuple[tuple[Price, Quantity], ...]
    asks: tuple[tuple[Price, Quantity], ...]
    best_bid: Price
    best_bid_quantity: Quantity
    best_ask: Price
    best_ask_quantity: Quantity


class BalancesChanged(Struct, frozen=True, gc=False):
    """New balances of one account: (asset, free, held) for every asset the command touched, in touch order."""

    account_id: AccountId
    balances: tuple[tuple[AssetName, Amount, Amount], ...]


class BalanceAdjusted(Struct, frozen=True, gc=False):
    """Money came in (delta > 0) or went out (delta < 0)."""

    account_id: AccountId
    asset: AssetName
    delta: Amount


class AccountCreated(Struct, frozen=True, gc=False):
    account_id: AccountId
    name: str


class AccountStatusChanged(Struct, frozen=True, gc=False):
    account_id: AccountId
    can_trade: bool
    can_withdraw: bool
    can_deposit: bool


class FeesChanged(Struct, frozen=True, gc=False):
    account_id: AccountId
    symbol: Symbol | None
    maker_fee: Rate | None
    taker_fee: Rate | None


class KeyCreated(Struct, frozen=True, gc=False):
    account_id: AccountId
    api_key: str
    kind: KeyKind
    permissions: tuple[Permission, ...]
    ip_allow: tuple[str, ...]
    expires_ns: int | None


class KeyChanged(Struct, frozen=True, gc=False):
    account_id: AccountId
    api_key: str
    permissions: tuple[Permission, ...]
    ip_allow: tuple[str, ...]
    expires_ns: int | None


class KeyRevoked(Struct, frozen=True, gc=False):
    account_id: AccountId
    api_key: str


class KeyRestored(Struct, frozen=True, gc=False):
    account_id: AccountId
    api_key: str


class InstrumentListed(Struct, frozen=True, gc=False):
    """``last_price`` is where the price history ends, ``first_trade_id`` the id of the first trade to come."""

    instrument: Instrument
    rules: Rules
    last_price: Price = 0
    first_trade_id: int = 1


class RulesChanged(Struct, frozen=True, gc=False):
    symbol: Symbol
    rules: Rules


class ReferencePriceSet(Struct, frozen=True, gc=False):
    symbol: Symbol
    source: TriggerSource
    price: Price


class TradingStatusChanged(Struct, frozen=True, gc=False):
    symbol: Symbol
    status: TradingStatus


class CommandRejected(Struct, frozen=True, gc=False):
    reason: RejectReason
    rule: str = ""
