"""What an operation is, and what its handler is given: the same on REST and on the WebSocket API."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance.names import Symbols
from simexchange.dialects.binance.params import Args, Param
from simexchange.domain.enums import Permission, Word
from simexchange.services.clock import MILLISECOND
from simexchange.venue.accounts import Account
from simexchange.venue.keys import ApiKey
from simexchange.venue.venue import Venue
from simexchange.world import Door

if TYPE_CHECKING:
    from simexchange.dialects.binance.dialect import BinanceDialect

MICROSECOND: Final = 1_000


class Security(Word):
    """What a request must prove. Source: Binance REST, "Request Security"."""

    NONE = "NONE"
    API_KEY = "API_KEY"
    """A key, but no signature: what is left of older, weaker kinds."""
    USER_DATA = "USER_DATA"
    USER_STREAM = "USER_STREAM"
    TRADE = "TRADE"
    WITHDRAW = "WITHDRAW"

    @property
    def signed(self) -> bool:
        return self not in (Security.NONE, Security.API_KEY)


NEEDED_PERMISSION: Final[dict[Security, Permission | None]] = {
    Security.NONE: None,
    Security.API_KEY: None,
    Security.USER_DATA: Permission.READ,
    Security.USER_STREAM: Permission.READ,
    Security.TRADE: Permission.TRADE,
    Security.WITHDRAW: Permission.WITHDRAW,
}


class Context:
    """One request as a handler sees it: who asks, when, and where the answers are.

    ``unit_ns`` is the time unit the client wants in replies: MILLISECOND, or MICROSECOND where it asked so.
    """

    __slots__ = ("account", "dialect", "door", "key", "now_ns", "peer", "unit_ns")

    def __init__(
        self,
        dialect: "BinanceDialect",
        now_ns: int,
        peer: str,
        key: ApiKey | None = None,
        account: Account | None = None,
        unit_ns: int = MILLISECOND,
    ) -> None:
        self.dialect = dialect
        self.door: Door = dialect.door
        self.now_ns = now_ns
        self.peer = peer
        self.key = key
        self.account = account
        self.unit_ns = unit_ns

    @property
    def venue(self) -> Venue:
        return self.door.venue

    @property
    def symbols(self) -> Symbols:
        return self.dialect.symbols

    @property
    def owner(self) -> Account:
        """The account that signed; only operations with a security type may ask."""
        assert self.account is not None, "the operation has no security type"
        return self.account

    def time(self, ts_ns: int) -> int:
        """A time as the client wants to read it."""
        return ts_ns // self.unit_ns


Handler: TypeAlias = Callable[[Context, Args], object]
"""Gives plain values to be encoded as JSON; raises BinanceRefusal."""
Weight: TypeAlias = Callable[[Mapping[str, str]], int]
"""The weight of a request by its raw texts: charged before they are found fault with, so it bears any text."""


class Operation(Struct, frozen=True):
    """One thing a client can ask for, by its name on either face (None: not on that face)."""

    title: str
    rest: str | None
    """Method and path: ``"POST /api/v3/order"``."""
    ws: str | None
    security: Security
    weight: int | Weight
    params: tuple[Param, ...]
    handler: Handler
    orders: int = 0
    """How many it adds to the unfilled order count; checked before, counted when accepted."""
    free_when_successful: bool = False
    """Order entry weighs nothing unless it fails."""
    fidelity: Fidelity = Fidelity.SAME
    note: str = ""

    def weigh(self, texts: Mapping[str, str]) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(texts)
