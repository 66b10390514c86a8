"""A small venue with its sockets, on a manual clock: what the stream tests speak to."""

import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from simexchange.dialects.base import Reply, Request, StreamSession
from simexchange.dialects.binance.dialect import BinanceDialect
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.domain.commands import (
    CreateAccount,
    CreateKey,
    Deposit,
    ListInstrument,
    PlaceOrder,
)
from simexchange.domain.enums import KeyKind, OrderType, Permission, Side
from simexchange.domain.events import Batch
from simexchange.domain.ids import FIRST_ACCOUNT, AccountId, Symbol
from simexchange.domain.instrument import Asset, Instrument, Rules
from simexchange.domain.secret import Secret
from simexchange.domain.units import parse_units
from simexchange.services.clock import MILLISECOND, SECOND, ManualClock, WorldClock
from simexchange.world import World

START_NS: Final = 1_760_000_000_000 * MILLISECOND
"""2025-10-09 08:53:20 UTC: a whole second, and no boundary of anything longer but 20 s."""
START_MS: Final = START_NS // MILLISECOND
BTC: Final = "BTC/USDT"
ETH: Final = "ETH/USDT"
PEER: Final = "127.0.0.1"
SECRET: Final = "s" * 64


def units(text: str) -> int:
    """A price or quantity of this venue: eight decimals."""
    return parse_units(text, 8)


class RecordingSink:
    """Keeps what a session writes: the very objects it was given."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.pings: list[bytes] = []
        self.closed: tuple[int, str] | None = None

    def send(self, payload: bytes) -> None:
        assert self.closed is None, "nothing is sent after the close"
        self.sent.append(payload)

    def ping(self, payload: bytes) -> None:
        self.pings.append(payload)

    def close(self, code: int, reason: str = "") -> None:
        assert self.closed is None, "closed once"
        self.closed = (code, reason)


class Socket:
    """A client's end of one socket."""

    def __init__(self, session: StreamSession) -> None:
        self.session = session
        self.sink = RecordingSink()
        session.sink = self.sink
        session.on_open()

    @property
    def is_closed(self) -> bool:
        return self.sink.closed is not None

    def say(self, message: Any) -> None:
        self.session.on_text(message if isinstance(message, str) else msgspec.json.encode(message).decode())

    def ask(self, message: Any) -> Any:
        """Send one message and take the one answer."""
        self.take()
        self.say(message)
        answers = self.take()
        assert len(answers) == 1, answers
        return answers[0]

    def raw(self) -> list[bytes]:
        """What came since the last time, as it came."""
        sent, self.sink.sent = self.sink.sent, []
        return sent

    def take(self) -> list[Any]:
        return [msgspec.json.decode(message) for message in self.raw()]

    def subscribe(self, *names: str) -> None:
        assert self.ask({"method": "SUBSCRIBE", "params": list(names), "id": 1}) == {"result": None, "id": 1}

    def leave(self) -> None:
        self.session.on_close()


class Bench:
    """One venue: BTC/USDT and ETH/USDT, accounts with money and a key each."""

    def __init__(
        self,
        settings: BinanceSettings | None = None,
        listed: tuple[Symbol, ...] = (BTC, ETH),
        clock: WorldClock | None = None,
    ) -> None:
        self.clock = clock if clock is not None else ManualClock(START_NS)
        self.world = World(self.clock, seed=7)
        self.door = self.world.open_venue("binance")
        for symbol in listed:
            self.list_instrument(symbol)
        self.alice = self.open_account("alice")
        self.bob = self.open_account("bob")
        self.dialect = BinanceDialect(self.door, self.world.randomness, settings or BinanceSettings())
        self.dialect.start()
        self._orders = 0

    def list_instrument(self, symbol: Symbol) -> None:
        """Without a price to end at, so that there is no history: every figure comes from the test's own trades."""
        base, quote = symbol.split("/")
        rules = Rules(tick_size=units("0.01"), lot_size=units("0.00001"))
        instrument = Instrument(symbol, Asset(base), Asset(quote))
        self.door.submit(ListInstrument(instrument, rules, maker_fee=100_000, taker_fee=100_000))

    def open_account(self, name: str) -> AccountId:
        account_id = FIRST_ACCOUNT + len(self.door.venue.accounts)
        self.door.submit(CreateAccount(account_id, name))
        for asset in ("BTC", "ETH", "USDT"):
            self.door.submit(Deposit(account_id, asset, parse_units("1000000", 16)))
        self.door.submit(
            CreateKey(account_id, key_of(name), KeyKind.HMAC, Secret(SECRET), (Permission.READ, Permission.TRADE))
        )
        return account_id

    def place(
        self,
        account_id: AccountId,
        side: Side,
        quantity: str,
        price: str = "0",
        symbol: Symbol = BTC,
        **changes: Any,
    ) -> Batch:
        """A limit order, or a market one without a price; its client id counts up."""
        self._orders += 1
        values: dict[str, Any] = {
            "order_type": OrderType.LIMIT if price != "0" else OrderType.MARKET,
            "client_order_id": f"order-{self._orders}",
            "quantity": units(quantity),
            "price": units(price),
        }
        return self.door.submit(PlaceOrder(account_id, symbol, side, **(values | changes)))

    def handshake(self, target: str, peer: str = PEER, headers: Mapping[bytes, bytes] | None = None) -> Any:
        """What the dialect answers to a WebSocket handshake."""
        path, _, query = target.partition("?")
        return self.dialect.open_stream(Request("GET", path, query, headers or {}, b"", peer))

    def connect(self, target: str, peer: str = PEER) -> Socket:
        session = self.handshake(target, peer)
        assert not isinstance(session, Reply), (session.status, session.body)
        return Socket(session)

    def advance(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds * MILLISECOND)

    def second(self) -> None:
        self.clock.advance(SECOND)


def key_of(name: str) -> str:
    """The API key of an account: 64 letters and digits."""
    return name.ljust(64, "0")


def sign(params: Mapping[str, Any], secret: str = SECRET) -> dict[str, Any]:
    """Parameters of a WebSocket API request with their HMAC signature."""
    text = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
    return {**params, "signature": hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()}
