"""What may be asked of a venue: requests that change state, journaled ahead of execution.

A query is not a command. All values are immutable; quantities and prices are in the instrument's units, amounts
in the asset's.
"""

from typing import Final, TypeAlias

from msgspec import Struct

from simexchange.domain.enums import (
    CancelReason,
    Contingency,
    KeyKind,
    OrderType,
    Permission,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TradingStatus,
    TriggerSource,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.ids import AccountId, AssetName, ClientOrderId, OrderId, Symbol, TradeId
from simexchange.domain.instrument import Instrument, Rules
from simexchange.domain.secret import Secret
from simexchange.domain.trigger import Peg, Trigger
from simexchange.domain.units import Amount, Price, Quantity, Rate

NEVER: Final = 0
"""As a time at which a key expires: it does not."""


class PlaceOrder(Struct, frozen=True, gc=False):
    """A new order. ``quantity`` or ``quote_quantity`` (market only) is set, the other is 0.

    ``client_order_id`` is never empty: a dialect generates one where the owner sent none.
    ``self_trade_prevention`` None takes the instrument's default. ``test_only`` runs every check, changes nothing.
    """

    account_id: AccountId
    symbol: Symbol
    side: Side
    order_type: OrderType
    client_order_id: ClientOrderId
    quantity: Quantity = 0
    price: Price = 0
    quote_quantity: Amount = 0
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    self_trade_prevention: SelfTradePrevention | None = None
    strategy_id: int | None = None
    strategy_type: int | None = None
    trigger: Trigger | None = None
    display_quantity: Quantity = 0
    hidden: bool = False
    reduce_only: bool = False
    expires_ns: int | None = None
    peg: Peg | None = None
    test_only: bool = False


class CancelOrder(Struct, frozen=True, gc=False):
    """Cancel by order id, by client order id, or by both (then both must name the same order)."""

    account_id: AccountId
    symbol: Symbol
    order_id: OrderId | None = None
    client_order_id: ClientOrderId | None = None
    request_id: ClientOrderId = ""
    """The owner's name for this very cancel; carried into the event."""
    reason: CancelReason = CancelReason.REQUESTED
    """VENUE where it is the venue that ends the order."""


class AmendOrder(Struct, frozen=True, gc=False):
    """Change an open order's quantity (its total, filled part included) or price; 0 leaves it as it is.

    ``keep_priority`` allows a smaller quantity only and keeps the place in the queue; otherwise the order goes to the
    back of its level. A new client order id renames the order.
    """

    account_id: AccountId
    symbol: Symbol
    order_id: OrderId | None = None
    client_order_id: ClientOrderId | None = None
    quantity: Quantity = 0
    price: Price = 0
    keep_priority: bool = True
    new_client_order_id: ClientOrderId | None = None


class PlaceOrderList(Struct, frozen=True, gc=False):
    """OCO: ``legs`` are the order above and the order below the market. OTO: the working order, then the pending one,
    or two of them (above, below) that form an OCO once released.

    ``pays_other``: the pending orders sell what the working order bought (their own quantity is 0). ``below_first``:
    of two orders that form an OCO the one below the market is given, and numbered, first.
    """

    account_id: AccountId
    symbol: Symbol
    client_list_id: ClientOrderId
    contingency: Contingency
    legs: tuple[PlaceOrder, ...]
    pays_other: bool = False
    below_first: bool = False


class CancelOrderList(Struct, frozen=True, gc=False):
    account_id: AccountId
    symbol: Symbol
    list_id: int | None = None
    client_list_id: ClientOrderId | None = None
    request_id: ClientOrderId = ""


class SetReferencePrice(Struct, frozen=True, gc=False):
    """The mark or index price of an instrument moved; triggers that follow it look."""

    symbol: Symbol
    source: TriggerSource
    price: Price


class ExpireOrders(Struct, frozen=True, gc=False):
    """End the orders of an instrument whose time is up."""

    symbol: Symbol


class CancelAllOrders(Struct, frozen=True, gc=False):
    """Cancel every open order of an account, of one instrument or (symbol None) of all."""

    account_id: AccountId
    symbol: Symbol | None = None
    request_id: ClientOrderId = ""


class FillOrder(Struct, frozen=True, gc=False):
    """Somebody from outside trades with this very resting order, out of its turn: at its own price, or at ``price``,
    which must not be worse for its owner. That trade's taker is an order of ``EXTERNAL_ACCOUNT``.
    """

    symbol: Symbol
    order_id: OrderId
    quantity: Quantity
    price: Price = 0


class BustTrade(Struct, frozen=True, gc=False):
    """Annul a trade: what changed hands goes back, fees too. The orders stay as filled as they are."""

    symbol: Symbol
    trade_id: TradeId


class CreateAccount(Struct, frozen=True, gc=False):
    """Open an account. ``house`` marks market makers and noise: closed orders and trades of theirs are not kept."""

    account_id: AccountId
    name: str
    maker_fee: Rate | None = None
    taker_fee: Rate | None = None
    house: bool = False


class SetAccountStatus(Struct, frozen=True, gc=False):
    account_id: AccountId
    can_trade: bool = True
    can_withdraw: bool = True
    can_deposit: bool = True


class SetFees(Struct, frozen=True, gc=False):
    """Fee rates of an account, for one instrument or (symbol None) for all that have none of their own.

    None: the account has no rate of its own there. Of one instrument both are None or neither.
    """

    account_id: AccountId
    maker_fee: Rate | None
    taker_fee: Rate | None
    symbol: Symbol | None = None


class Deposit(Struct, frozen=True, gc=False):
    account_id: AccountId
    asset: AssetName
    amount: Amount


class Withdraw(Struct, frozen=True, gc=False):
    account_id: AccountId
    asset: AssetName
    amount: Amount
    fee: Amount = 0
    address: str = ""
    """Where it goes, for the record."""


class CreateKey(Struct, frozen=True, gc=False):
    """Issue an API key. ``material`` is the HMAC secret, or the PEM public key of an RSA / Ed25519 pair."""

    account_id: AccountId
    api_key: str
    kind: KeyKind
    material: Secret
    permissions: tuple[Permission, ...]
    ip_allow: tuple[str, ...] = ()
    expires_ns: int | None = None
    label: str = ""


class ChangeKey(Struct, frozen=True, gc=False):
    """Change what a key may do; None leaves a property as it is, NEVER ends its expiry."""

    api_key: str
    permissions: tuple[Permission, ...] | None = None
    ip_allow: tuple[str, ...] | None = None
    expires_ns: int | None = None


class RevokeKey(Struct, frozen=True, gc=False):
    api_key: str


class RestoreKey(Struct, frozen=True, gc=False):
    """Take a revocation back."""

    api_key: str


class ListInstrument(Struct, frozen=True, gc=False):
    instrument: Instrument
    rules: Rules
    maker_fee: Rate
    taker_fee: Rate
    last_price: Price = 0
    """The price history ends at; what bands and triggers use until the first trade."""
    first_trade_id: int = 1


class ChangeRules(Struct, frozen=True, gc=False):
    symbol: Symbol
    rules: Rules


class SetTradingStatus(Struct, frozen=True, gc=False):
    symbol: Symbol
    status: TradingStatus


class RejectRequest(Struct, frozen=True, gc=False):
    """The venue says no to a request for a reason of its own making, whatever the request is worth."""

    request: PlaceOrder | PlaceOrderList | AmendOrder | CancelOrder | CancelOrderList | CancelAllOrders
    reason: RejectReason

    @property
    def account_id(self) -> AccountId:
        return self.request.account_id


Command: TypeAlias = (
    PlaceOrder
    | CancelOrder
    | AmendOrder
    | PlaceOrderList
    | CancelOrderList
    | SetReferencePrice
    | ExpireOrders
    | CancelAllOrders
    | FillOrder
    | BustTrade
    | RejectRequest
    | CreateAccount
    | SetAccountStatus
    | SetFees
    | Deposit
    | Withdraw
    | CreateKey
    | ChangeKey
    | RevokeKey
    | RestoreKey
    | ListInstrument
    | ChangeRules
    | SetTradingStatus
)
