"""What one exchange consists of. Handlers read and write it; nobody else holds a reference they write through."""

from simexchange.domain.ids import AccountId, AssetName, ClientOrderId, Symbol
from simexchange.domain.instrument import Asset
from simexchange.domain.units import Rate
from simexchange.venue.accounts import Account
from simexchange.venue.keys import ApiKey
from simexchange.venue.ledger import Ledger
from simexchange.venue.list_state import ListState
from simexchange.venue.market import Market


class VenueState:
    """Accounts, money, instruments and keys of one venue."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.accounts: dict[AccountId, Account] = {}
        self.ledger = Ledger(self.accounts)
        self.assets: dict[AssetName, Asset] = {}
        self.markets: dict[Symbol, Market] = {}
        self.keys: dict[str, ApiKey] = {}
        self.order_lists: dict[int, ListState] = {}
        self.open_lists: dict[AccountId, dict[ClientOrderId, ListState]] = {}
        self.next_list_id = 1
        self.seq = 0

    def fees(self, account: Account, market: Market) -> tuple[Rate, Rate]:
        """Maker and taker rate: the account's for this instrument, else the account's, else the instrument's."""
        own = account.instrument_fees.get(market.instrument.symbol)
        if own is not None:
            return own
        return (
            market.maker_fee if account.maker_fee is None else account.maker_fee,
            market.taker_fee if account.taker_fee is None else account.taker_fee,
        )
