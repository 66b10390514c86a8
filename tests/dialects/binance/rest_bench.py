"""A small venue and clients that sign, on a manual clock: what the REST tests speak to."""

import base64
import hmac
import json
from typing import Any, Final
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from simexchange.dialects.base import Reply, Request
from simexchange.dialects.binance.dialect import BinanceDialect
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.domain.commands import ChangeRules, CreateAccount, CreateKey, Deposit, ListInstrument
from simexchange.domain.enums import Contingency, KeyKind, OrderType, Permission, TriggerKind
from simexchange.domain.ids import FIRST_ACCOUNT, AccountId, Symbol
from simexchange.domain.instrument import Asset, Instrument, PriceBand, Rules
from simexchange.domain.secret import Secret
from simexchange.domain.units import RATE_ONE, parse_units
from simexchange.services.clock import MILLISECOND, ManualClock, WorldClock
from simexchange.venue.market import Market
from simexchange.world import World

START_MS: Final = 1_767_600_000_123
"""2026-01-05 08:00:00.123 UTC."""
PEER: Final = "127.0.0.1"
READ_TRADE: Final = (Permission.READ, Permission.TRADE)
ORDER: Final = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.1",
    "price": "60000",
}


def units(text: str) -> int:
    return parse_units(text, 8)


def amount(text: str) -> int:
    return parse_units(text, 16)


RULES: Final = Rules(
    tick_size=units("0.01"),
    lot_size=units("0.00001"),
    min_price=units("0.01"),
    max_price=units("1000000"),
    min_quantity=units("0.00001"),
    max_quantity=units("9000"),
    market_max_quantity=units("100"),
    min_notional=amount("5"),
    max_notional=amount("9000000"),
    price_band=PriceBand(5 * RATE_ONE, RATE_ONE // 5, 5 * RATE_ONE, RATE_ONE // 5),
    max_open_orders=200,
)
"""Plain orders and nothing else."""
BASIS_POINT: Final = RATE_ONE // 10_000
EVERYTHING: Final = replace(
    RULES,
    max_triggered_orders=5,
    max_iceberg_parts=100,
    max_order_lists=20,
    max_amends=10,
    trail_above=(10 * BASIS_POINT, 2_000 * BASIS_POINT),
    trail_below=(10 * BASIS_POINT, 2_000 * BASIS_POINT),
    triggers=tuple((kind, order_type) for kind in TriggerKind for order_type in OrderType),
    amend=True,
    pegs=True,
    order_lists=(Contingency.OCO, Contingency.OTO),
    pays_other=True,
)
"""All that a liquid symbol of the venue takes."""


class Answer:
    """A reply, read."""

    def __init__(self, reply: Reply) -> None:
        self.status = reply.status
        self.bytes = reply.body
        self.headers = {name.decode(): value.decode() for name, value in reply.headers}
        self.content_type = reply.content_type

    @property
    def body(self) -> Any:
        return json.loads(self.bytes)

    @property
    def refusal(self) -> tuple[int, int, str]:
        """(HTTP status, code, text)."""
        assert list(self.body) == ["code", "msg"], self.bytes
        return self.status, self.body["code"], self.body["msg"]


class Client:
    """One account's API key, and requests signed with it."""

    def __init__(self, bench: "Bench", name: str, account_id: AccountId, api_key: str, signer: "Signer") -> None:
        self.bench = bench
        self.name = name
        self.account_id = account_id
        self.api_key = api_key
        self.signer = signer

    def ask(self, method: str, path: str, /, **params: Any) -> Answer:
        """A signed request with all parameters in the query; None leaves a parameter out."""
        return self.send(method, path, self.signed_text(**params))

    def signed_text(self, **params: Any) -> str:
        params = {"timestamp": self.bench.now_ms} | params
        text = urlencode({name: value for name, value in params.items() if value is not None})
        return f"{text}&{urlencode({'signature': self.signer.sign(text)})}"

    def send(self, method: str, path: str, query: str = "", body: str = "", **headers: str) -> Answer:
        """A request as it stands, with this client's key."""
        return self.bench.send(method, path, query, body, **({"x-mbx-apikey": self.api_key} | headers))

    def order(self, **changes: Any) -> Answer:
        return self.ask("POST", "/api/v3/order", **(ORDER | changes))


class Signer:
    """How a key signs: HMAC with a secret, or a private key."""

    def __init__(self, secret: str | RSAPrivateKey | Ed25519PrivateKey) -> None:
        self.secret = secret

    @property
    def kind(self) -> KeyKind:
        if isinstance(self.secret, str):
            return KeyKind.HMAC
        return KeyKind.RSA if isinstance(self.secret, RSAPrivateKey) else KeyKind.ED25519

    @property
    def material(self) -> Secret:
        if isinstance(self.secret, str):
            return Secret(self.secret)
        return Secret(self.secret.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())

    def sign(self, text: str) -> str:
        if isinstance(self.secret, str):
            return hmac.new(self.secret.encode(), text.encode(), "sha256").hexdigest()
        if isinstance(self.secret, RSAPrivateKey):
            return base64.b64encode(self.secret.sign(text.encode(), PKCS1v15(), SHA256())).decode()
        return base64.b64encode(self.secret.sign(text.encode())).decode()


class Bench:
    """One venue without history or makers: BTC/USDT, alice and bob with 100,000 USDT and 2 BTC each."""

    def __init__(
        self,
        settings: BinanceSettings | None = None,
        start_ms: int = START_MS,
        rules: Rules = RULES,
        clock: WorldClock | None = None,
    ) -> None:
        self.clock = clock if clock is not None else ManualClock(start_ms * MILLISECOND)
        self.world = World(self.clock, seed=7)
        self.door = self.world.open_venue("binance")
        self.list_instrument("BTC/USDT", rules)
        self.dialect = BinanceDialect(self.door, self.world.randomness, settings or BinanceSettings())
        self.dialect.start()
        self.alice = self.open_account("alice")
        self.bob = self.open_account("bob")

    @property
    def now_ms(self) -> int:
        return self.clock.now_ns() // MILLISECOND

    @property
    def market(self) -> Market:
        return self.door.venue.markets["BTC/USDT"]

    def list_instrument(self, symbol: Symbol, rules: Rules = RULES) -> None:
        base, quote = symbol.split("/")
        instrument = Instrument(symbol, Asset(base), Asset(quote))
        self.door.submit(ListInstrument(instrument, rules, maker_fee=100_000, taker_fee=100_000))

    def change_rules(self, **changes: Any) -> None:
        self.door.submit(ChangeRules("BTC/USDT", replace(self.market.rules, **changes)))

    def open_account(self, name: str, **key: Any) -> Client:
        account_id = FIRST_ACCOUNT + len(self.door.venue.accounts)
        self.door.submit(CreateAccount(account_id, name))
        self.door.submit(Deposit(account_id, "USDT", amount("100000")))
        self.door.submit(Deposit(account_id, "BTC", amount("2")))
        return self.open_key(name, account_id, **key)

    def open_key(
        self,
        name: str,
        account_id: AccountId,
        secret: str | RSAPrivateKey | Ed25519PrivateKey = "",
        permissions: tuple[Permission, ...] = READ_TRADE,
        **changes: Any,
    ) -> Client:
        signer = Signer(secret or f"secret-of-{name}")
        api_key = name.ljust(64, "0")
        self.door.submit(CreateKey(account_id, api_key, signer.kind, signer.material, permissions, **changes))
        return Client(self, name, account_id, api_key, signer)

    def advance(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds * MILLISECOND)

    def get(self, path: str, /, **params: Any) -> Answer:
        return self.send("GET", path, urlencode(params))

    def send(
        self, method: str, path: str, query: str = "", body: str = "", *, peer: str = PEER, **headers: str
    ) -> Answer:
        raw = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        return Answer(self.dialect.handle(Request(method, path, query, raw, body.encode(), peer)))
