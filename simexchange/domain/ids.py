"""Names of things. Plain values: an id is never computed with, only compared."""

from typing import Final, TypeAlias

OrderId: TypeAlias = int
"""The venue's number of an order; increasing within one instrument, reused by another instrument."""
ClientOrderId: TypeAlias = str
"""The owner's name for an order; unique among the owner's open orders of one instrument."""
TradeId: TypeAlias = int
"""One match; dense and increasing within one instrument."""
AccountId: TypeAlias = int
Symbol: TypeAlias = str
"""An instrument's neutral name, ``BASE/QUOTE`` upper case; every dialect spells it its own way."""
AssetName: TypeAlias = str

EXTERNAL_ACCOUNT: Final[AccountId] = 0
"""Where deposits come from and withdrawals go to: the other side of the double entry; may be negative."""
FEE_ACCOUNT: Final[AccountId] = 1
"""Where the venue's fees gather."""
FIRST_ACCOUNT: Final[AccountId] = 2
