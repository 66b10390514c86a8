"""What happens to an account behind its bot's back: it is locked, money moves, fees change.

Locks and fees are put back when the rule goes; money is not.
"""

from typing import Final

from simexchange.domain.commands import (
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    Command,
    Deposit,
    RejectRequest,
    SetAccountStatus,
    SetFees,
    Withdraw,
)
from simexchange.domain.enums import Permission
from simexchange.domain.errors import RejectReason
from simexchange.domain.ids import AccountId, Symbol
from simexchange.domain.units import RATE_ONE, UnitsError, parse_units
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Call, Purpose
from simexchange.services.faults.fault import Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.on_accounts import MATCHES, OnAccounts
from simexchange.services.faults.quantities import PPM, Ratio
from simexchange.services.faults.reading import RuleRefused
from simexchange.services.faults.rule import plain_symbol
from simexchange.services.faults.stage import FaultyDoor, Stage
from simexchange.services.faults.verdicts import Verdict
from simexchange.venue.accounts import Account


class LockedParams(Params, frozen=True):
    cancel_allowed: bool = False
    """Whether orders can still be canceled."""


class Locked(OnAccounts[LockedParams]):
    """The engine refuses orders of a locked account by itself; cancels are refused here."""

    counts_itself = True
    decides = False
    purposes = frozenset({Purpose.CANCEL, Purpose.REPLACE})

    def __init__(self, params: LockedParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.locked: list[tuple[str, AccountId]] = []

    def act(self, door: FaultyDoor, account: Account) -> None:
        owner, can = account.account_id, (account.can_trade, account.can_withdraw, account.can_deposit)
        self.locked.append((door.name, owner))
        self.change(door, (owner, "status"), SetAccountStatus(owner, False, *can[1:]), SetAccountStatus(owner, *can))

    def disarm(self) -> None:
        super().disarm()
        self.locked.clear()

    def concerns(self, call: Call) -> bool:
        return not self.params.cancel_allowed and (call.venue, call.account_id) in self.locked

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whose it is has been asked)
        return Verdict(at_engine=_no_cancel)


def _no_cancel(_call: Call, command: Command) -> Command:
    if isinstance(command, CancelOrder | CancelAllOrders | CancelOrderList):
        return RejectRequest(command, RejectReason.ACCOUNT_DISABLED)
    return command


class BalanceChangeParams(Params, frozen=True):
    asset: str = "USDT"
    """Which money."""
    delta: str = "-100"
    """What comes in, or (negative) goes out: no more than is free."""


class BalanceChange(OnAccounts[BalanceChangeParams]):
    lasts = False

    def __init__(self, params: BalanceChangeParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        for door, _ in self.matched():
            if not units_of(door, params.asset, params.delta.removeprefix("-"), "delta"):
                raise RuleRefused("delta", "0 changes nothing: 100 and -0.5 pass")

    def act(self, door: FaultyDoor, account: Account) -> None:
        asset, delta = self.params.asset, self.params.delta
        amount = units_of(door, asset, delta.removeprefix("-"), "delta")
        if not delta.startswith("-"):
            door.submit(Deposit(account.account_id, asset, amount))
            return
        amount = min(amount, account.balance(asset).free)
        if amount:
            door.submit(Withdraw(account.account_id, asset, amount))


class StolenKeyParams(Params, frozen=True):
    asset: str = "BTC"
    """Which money."""
    amount: str | None = None
    """How much the thief takes, or all that is free."""
    address: str = "thief"
    """Where it goes, as the withdrawal history shows it."""


class StolenKey(OnAccounts[StolenKeyParams]):
    """The thief is refused, and the firing says so, where no key may withdraw from just anywhere."""

    lasts = False

    def __init__(self, params: StolenKeyParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        for door, _ in self.matched():
            units_of(door, params.asset, params.amount or "0", "amount")

    def refusal(self, door: FaultyDoor, account: Account) -> str:
        keys = self.keys(door, account)
        opens = any(key.allows(Permission.WITHDRAW) and not key.ip_allow for key in keys)
        return "" if opens else "refused: no key may withdraw from any address"

    def act(self, door: FaultyDoor, account: Account) -> None:
        asset, free = self.params.asset, account.balance(self.params.asset).free
        wanted = self.params.amount
        amount = free if wanted is None else min(free, units_of(door, asset, wanted, "amount"))
        if amount:
            door.submit(Withdraw(account.account_id, asset, amount, address=self.params.address))


class FeeChangeParams(Params, frozen=True):
    maker: Ratio = Ratio("0.2%")
    """What an order pays that rested."""
    taker: Ratio = Ratio("0.4%")
    """What an order pays that took."""

    def __post_init__(self) -> None:
        for name, rate in (("maker", self.maker), ("taker", self.taker)):
            if not 0 <= rate.ppm < PPM:
                raise ValueError(f"{name} is {rate}: 0 and more, less than 1 passes, as 0.001 or 0.1%")


class FeeChange(OnAccounts[FeeChangeParams]):
    """On one instrument, if the rule names one; else on all for which the account has no fee of its own."""

    def act(self, door: FaultyDoor, account: Account) -> None:
        maker, taker = (rate.ppm * (RATE_ONE // PPM) for rate in (self.params.maker, self.params.taker))
        symbol = self._symbol(door)
        usual = account.maker_fee, account.taker_fee
        if symbol is not None:
            usual = account.instrument_fees.get(symbol, (None, None))
        owner = account.account_id
        done, undone = SetFees(owner, maker, taker, symbol), SetFees(owner, *usual, symbol)
        self.change(door, (owner, "fees", symbol), done, undone)

    def _symbol(self, door: FaultyDoor) -> Symbol | None:
        wanted = self.armed.spec.match.symbol
        if wanted is None:
            return None
        return next((symbol for symbol in door.venue.markets if plain_symbol(symbol) == plain_symbol(wanted)), wanted)


def units_of(door: FaultyDoor, asset: str, text: str, field: str) -> int:
    """An amount of an asset in its units. Raises RuleRefused."""
    known = door.venue.assets.get(asset)
    if known is None:
        raise RuleRefused("asset", f"{door.name} has no {asset!r}; there are {', '.join(door.venue.assets)}")
    try:
        return parse_units(text, known.decimals)
    except UnitsError:
        raise RuleRefused(field, f"{text!r} is no amount of {asset}: 100 and 0.5 pass") from None


KINDS: Final = (
    Kind(
        name="account-locked",
        family="account",
        priority="P2",
        summary="The account may not place orders, nor cancel any.",
        correct_bot="Stops, and reports what it is exposed to.",
        params=LockedParams,
        make=Locked,
        matches=MATCHES,
        evidence=("sonvister/Binance#66",),
    ),
    Kind(
        name="balance-external-change",
        family="account",
        priority="P1",
        summary="Money comes in or goes out without the bot, once for each account, even if the rule is changed"
        " (when.count: so often). It stays so when the rule goes.",
        correct_bot="Plans its sizes anew from the balance event; does not loop on refusals.",
        params=BalanceChangeParams,
        make=BalanceChange,
        matches=MATCHES,
        evidence=("ondra-novak/mmbot#25",),
    ),
    Kind(
        name="stolen-key-withdrawal",
        family="account",
        priority="P1",
        summary="A thief withdraws with the bot's key, if that key may withdraw: once for each account, even if the"
        " rule is changed (when.count: so often). The money does not come back.",
        correct_bot="Trades with a key that may not withdraw, or only from its own address; misses the money.",
        params=StolenKeyParams,
        make=StolenKey,
        matches=MATCHES,
    ),
    Kind(
        name="fee-change",
        family="account",
        priority="P2",
        summary="The account pays other fees from now on.",
        correct_bot="Takes fees from its fills, and asks for its rates now and then.",
        params=FeeChangeParams,
        make=FeeChange,
        matches=(*MATCHES, "symbol"),
    ),
)
