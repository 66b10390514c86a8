"""Double entry: every posting takes from one place what it gives to another, so each asset sums to zero, always.

Deposits come from the external account, fees go to the fee account. The ledger notes which balances a command
touched, until ``take_changes``.
"""

from simexchange.domain.events import BalancesChanged
from simexchange.domain.ids import EXTERNAL_ACCOUNT, FEE_ACCOUNT, AccountId, AssetName
from simexchange.domain.units import Amount
from simexchange.venue.accounts import Account, Balance


class Ledger:
    """Postings between balances. Callers have checked that the money is there; the asserts say so."""

    def __init__(self, accounts: dict[AccountId, Account]) -> None:
        self._accounts = accounts
        self._touched: dict[AccountId, dict[AssetName, Balance]] = {}
        for account_id, name in ((EXTERNAL_ACCOUNT, "external"), (FEE_ACCOUNT, "fees")):
            accounts[account_id] = Account(account_id, name, house=True)

    def _touch(self, account: Account, asset: AssetName) -> Balance:
        balances = account.balances
        balance = balances.get(asset)
        if balance is None:
            balance = balances[asset] = Balance()
        touched = self._touched.get(account.account_id)
        if touched is None:
            self._touched[account.account_id] = {asset: balance}
        else:
            touched[asset] = balance
        return balance

    def hold(self, account: Account, asset: AssetName, amount: Amount) -> None:
        """free -> held."""
        balance = self._touch(account, asset)
        assert balance.free >= amount >= 0 or account.account_id == EXTERNAL_ACCOUNT, "held more than is free"
        balance.free -= amount
        balance.held += amount

    def release(self, account: Account, asset: AssetName, amount: Amount) -> None:
        """held -> free."""
        balance = self._touch(account, asset)
        assert balance.held >= amount >= 0, "released more than is held"
        balance.held -= amount
        balance.free += amount

    def settle(self, payer: Account, receiver: Account, asset: AssetName, amount: Amount, fee: Amount) -> None:
        """Payer's held -> receiver's free less the fee, which goes to the fee account."""
        source = self._touch(payer, asset)
        assert source.held >= amount >= fee >= 0, "settled more than is held"
        source.held -= amount
        self._touch(receiver, asset).free += amount - fee
        if fee:
            self._accounts[FEE_ACCOUNT].balance(asset).free += fee

    def give_back(self, giver: Account, owner: Account, asset: AssetName, amount: Amount, fee: Amount) -> None:
        """A settlement undone: giver's free less the fee, and the fee, -> owner's free."""
        source = self._touch(giver, asset)
        assert source.free >= amount - fee >= 0 or giver.account_id == EXTERNAL_ACCOUNT, "gives back more than is free"
        source.free -= amount - fee
        self._touch(owner, asset).free += amount
        if fee:
            self._accounts[FEE_ACCOUNT].balance(asset).free -= fee

    def deposit(self, account: Account, asset: AssetName, amount: Amount) -> None:
        self._accounts[EXTERNAL_ACCOUNT].balance(asset).free -= amount
        self._touch(account, asset).free += amount

    def withdraw(self, account: Account, asset: AssetName, amount: Amount, fee: Amount) -> None:
        """``amount`` leaves the venue, ``fee`` of it stays with the venue."""
        balance = self._touch(account, asset)
        assert balance.free >= amount >= fee >= 0, "withdrew more than is free"
        balance.free -= amount
        self._accounts[EXTERNAL_ACCOUNT].balance(asset).free += amount - fee
        self._accounts[FEE_ACCOUNT].balance(asset).free += fee

    def take_changes(self, ts_ns: int) -> list[BalancesChanged]:
        """One event per account touched since the last call, in the order in which they were first touched."""
        if not self._touched:
            return []
        changes = []
        accounts = self._accounts
        for account_id, touched in self._touched.items():
            accounts[account_id].updated_ns = ts_ns
            balances = [(asset, balance.free, balance.held) for asset, balance in touched.items()]
            changes.append(BalancesChanged(account_id, tuple(balances)))
        self._touched = {}
        return changes

    def trial_balance(self) -> dict[AssetName, int]:
        """The sum of everything everybody has, per asset: zero, or there is a bug."""
        total: dict[AssetName, int] = {}
        for account in self._accounts.values():
            for asset, balance in account.balances.items():
                total[asset] = total.get(asset, 0) + balance.free + balance.held
        return total
