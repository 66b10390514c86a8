"""Commands about accounts, money, keys and instruments."""

from typing import Final

from simexchange.domain.commands import (
    NEVER,
    ChangeKey,
    ChangeRules,
    CreateAccount,
    CreateKey,
    Deposit,
    ListInstrument,
    RestoreKey,
    RevokeKey,
    SetAccountStatus,
    SetFees,
    SetReferencePrice,
    SetTradingStatus,
    Withdraw,
)
from simexchange.domain.enums import CancelReason, TradingStatus, TriggerSource
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import (
    AccountCreated,
    AccountStatusChanged,
    BalanceAdjusted,
    CommandRejected,
    Event,
    FeesChanged,
    InstrumentListed,
    KeyChanged,
    KeyCreated,
    KeyRestored,
    KeyRevoked,
    ReferencePriceSet,
    RulesChanged,
    TradingStatusChanged,
)
from simexchange.domain.units import format_trimmed
from simexchange.venue.accounts import Account
from simexchange.venue.keys import ApiKey
from simexchange.venue.market import Market
from simexchange.venue.order_lists import cancel_order
from simexchange.venue.state import VenueState
from simexchange.venue.turn import Turn
from simexchange.venue.working import look_at

_CANCELING: Final = (TradingStatus.CLOSED, TradingStatus.DELISTED)


def _no(reason: RejectReason, rule: str) -> list[Event]:
    return [CommandRejected(reason, rule)]


def _no_account(account_id: int) -> list[Event]:
    return _no(RejectReason.ACCOUNT_UNKNOWN, f"no account {account_id}")


def create_account(state: VenueState, command: CreateAccount, ts_ns: int) -> list[Event]:
    if command.account_id in state.accounts:
        return _no(RejectReason.ALREADY_EXISTS, f"account {command.account_id} exists")
    state.accounts[command.account_id] = Account(
        command.account_id,
        command.name,
        house=command.house,
        maker_fee=command.maker_fee,
        taker_fee=command.taker_fee,
        updated_ns=ts_ns,
    )
    return [AccountCreated(command.account_id, command.name)]


def set_account_status(state: VenueState, command: SetAccountStatus, ts_ns: int) -> list[Event]:
    account = state.accounts.get(command.account_id)
    if account is None:
        return _no_account(command.account_id)
    account.can_trade, account.can_withdraw = command.can_trade, command.can_withdraw
    account.can_deposit = command.can_deposit
    return [AccountStatusChanged(command.account_id, command.can_trade, command.can_withdraw, command.can_deposit)]


def set_fees(state: VenueState, command: SetFees, ts_ns: int) -> list[Event]:
    account = state.accounts.get(command.account_id)
    if account is None:
        return _no_account(command.account_id)
    if command.symbol is not None and command.symbol not in state.markets:
        return _no(RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}")
    if command.symbol is None:
        account.maker_fee, account.taker_fee = command.maker_fee, command.taker_fee
    else:
        account.instrument_fees.pop(command.symbol, None)
        if command.maker_fee is not None and command.taker_fee is not None:
            account.instrument_fees[command.symbol] = (command.maker_fee, command.taker_fee)
    return [FeesChanged(command.account_id, command.symbol, command.maker_fee, command.taker_fee)]


def deposit(state: VenueState, command: Deposit, ts_ns: int) -> list[Event]:
    account = state.accounts.get(command.account_id)
    if account is None:
        return _no_account(command.account_id)
    if not account.can_deposit:
        return _no(RejectReason.ACCOUNT_DISABLED, f"{account.name} may not deposit")
    if command.asset not in state.assets:
        return _no(RejectReason.ASSET_UNKNOWN, f"no asset {command.asset}")
    if command.amount <= 0:
        return _no(RejectReason.AMOUNT_NOT_POSITIVE, "a deposit is above 0")
    state.ledger.deposit(account, command.asset, command.amount)
    return [BalanceAdjusted(command.account_id, command.asset, command.amount)]


def withdraw(state: VenueState, command: Withdraw, ts_ns: int) -> list[Event]:
    account = state.accounts.get(command.account_id)
    if account is None:
        return _no_account(command.account_id)
    if not account.can_withdraw:
        return _no(RejectReason.ACCOUNT_DISABLED, f"{account.name} may not withdraw")
    asset = state.assets.get(command.asset)
    if asset is None:
        return _no(RejectReason.ASSET_UNKNOWN, f"no asset {command.asset}")
    if command.amount <= 0 or not 0 <= command.fee <= command.amount:
        return _no(RejectReason.AMOUNT_NOT_POSITIVE, "a withdrawal is above 0 and covers its fee")
    free = account.balance(command.asset).free
    if free < command.amount:
        return _no(
            RejectReason.INSUFFICIENT_BALANCE,
            f"withdraws {format_trimmed(command.amount, asset.decimals)} {command.asset},"
            f" free {format_trimmed(free, asset.decimals)}",
        )
    state.ledger.withdraw(account, command.asset, command.amount, command.fee)
    return [BalanceAdjusted(command.account_id, command.asset, -command.amount)]


def create_key(state: VenueState, command: CreateKey, ts_ns: int) -> list[Event]:
    if command.account_id not in state.accounts:
        return _no_account(command.account_id)
    if command.api_key in state.keys:
        return _no(RejectReason.ALREADY_EXISTS, "that API key exists")
    state.keys[command.api_key] = ApiKey(
        command.api_key,
        command.account_id,
        command.kind,
        command.material,
        command.permissions,
        command.ip_allow,
        ts_ns,
        command.expires_ns,
        label=command.label,
    )
    return [
        KeyCreated(
            command.account_id,
            command.api_key,
            command.kind,
            command.permissions,
            command.ip_allow,
            command.expires_ns,
        )
    ]


def change_key(state: VenueState, command: ChangeKey, ts_ns: int) -> list[Event]:
    key = state.keys.get(command.api_key)
    if key is None:
        return _no(RejectReason.KEY_UNKNOWN, "no such API key")
    if command.permissions is not None:
        key.permissions = command.permissions
    if command.ip_allow is not None:
        key.ip_allow = command.ip_allow
    if command.expires_ns is not None:
        key.expires_ns = command.expires_ns if command.expires_ns != NEVER else None
    return [KeyChanged(key.account_id, key.api_key, key.permissions, key.ip_allow, key.expires_ns)]


def revoke_key(state: VenueState, command: RevokeKey, ts_ns: int) -> list[Event]:
    key = state.keys.get(command.api_key)
    if key is None:
        return _no(RejectReason.KEY_UNKNOWN, "no such API key")
    key.revoked = True
    return [KeyRevoked(key.account_id, key.api_key)]


def restore_key(state: VenueState, command: RestoreKey, ts_ns: int) -> list[Event]:
    key = state.keys.get(command.api_key)
    if key is None:
        return _no(RejectReason.KEY_UNKNOWN, "no such API key")
    key.revoked = False
    return [KeyRestored(key.account_id, key.api_key)]


def list_instrument(state: VenueState, command: ListInstrument, ts_ns: int) -> list[Event]:
    instrument = command.instrument
    if instrument.symbol in state.markets:
        return _no(RejectReason.ALREADY_EXISTS, f"{instrument.symbol} is listed")
    for asset in (instrument.base, instrument.quote):
        if state.assets.get(asset.name, asset) != asset:
            return _no(RejectReason.ALREADY_EXISTS, f"{asset.name} is known with other decimals")
    state.assets |= {asset.name: asset for asset in (instrument.base, instrument.quote)}
    market = Market(instrument, command.rules, command.maker_fee, command.taker_fee)
    market.last_price = command.last_price
    market.next_trade_id = command.first_trade_id
    state.markets[instrument.symbol] = market
    return [InstrumentListed(instrument, command.rules, command.last_price, command.first_trade_id)]


def change_rules(state: VenueState, command: ChangeRules, ts_ns: int) -> list[Event]:
    """New rules for new orders; what rests keeps its price and quantity."""
    market = state.markets.get(command.symbol)
    if market is None:
        return _no(RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}")
    market.rules = command.rules
    return [RulesChanged(command.symbol, command.rules)]


def set_trading_status(state: VenueState, command: SetTradingStatus, ts_ns: int) -> list[Event]:
    """Closing or delisting cancels everything that rests; the other states leave orders where they are."""
    market = state.markets.get(command.symbol)
    if market is None:
        return _no(RejectReason.INSTRUMENT_UNKNOWN, f"no instrument {command.symbol}")
    market.status = command.status
    turn = Turn(state, market, ts_ns)
    turn.events.append(TradingStatusChanged(command.symbol, command.status))
    if command.status in _CANCELING:
        for account in state.accounts.values():
            for order in list(account.open_orders.get(command.symbol, {}).values()):
                if order.status.is_open:
                    cancel_order(turn, order, CancelReason.INSTRUMENT_CLOSED, "")
    if command.status is TradingStatus.CONTINUOUS:
        for source, price in ((TriggerSource.MARK, market.mark_price), (TriggerSource.INDEX, market.index_price)):
            if price:
                look_at(turn, source, price)
    return turn.finish()


def set_reference_price(state: VenueState, command: SetReferencePrice, ts_ns: int) -> list[Event]:
    """The mark or index price moved; what it sets off works at once, or when trading continues."""
    market = state.markets.get(command.symbol)
    if market is None or command.source is TriggerSource.LAST:
        return _no(RejectReason.INSTRUMENT_UNKNOWN, f"no {command.source.value} price of {command.symbol} to set")
    if command.price <= 0:
        return _no(RejectReason.PRICE_TOO_LOW, f"the {command.source.value} price is above 0")
    if command.source is TriggerSource.MARK:
        market.mark_price = command.price
    else:
        market.index_price = command.price
    turn = Turn(state, market, ts_ns)
    turn.events.append(ReferencePriceSet(command.symbol, command.source, command.price))
    if market.status is TradingStatus.CONTINUOUS:
        look_at(turn, command.source, command.price)
    return turn.finish()
