"""What a venue's requests look like, as far as a load generator must know: one row per venue."""

import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from msgspec import Struct

from simexchange.locust.targets import Key
from simexchange.services.clock import MILLISECOND, SECOND, WorldClock

_clock: Final = WorldClock()


class Seen(Struct, frozen=True):
    """What an answer tells of the venue's limits. ``wait_ns`` is how long it asked to be left alone."""

    used_weight: int = 0
    orders: int = 0
    limited: bool = False
    banned: bool = False
    wait_ns: int = 0


class Wire(ABC):
    """One venue's signing and limits."""

    limits_path: str
    """Where the venue tells its limits."""

    @abstractmethod
    def signed(self, key: Key, params: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        """The query and the headers of a signed request."""

    @abstractmethod
    def seen(self, status: int, headers: Mapping[str, str]) -> Seen:
        """What an answer says of the limits."""

    @abstractmethod
    def weight_limit(self, rules: Any) -> int:
        """How much weight a minute allows, from the answer of ``limits_path``; 0 for no limit."""

    @abstractmethod
    def failure(self, status: int, body: Any) -> str:
        """An error in a few words that are the same for all errors of its kind."""


class BinanceWire(Wire):
    """Binance spot. Source: Binance REST, "SIGNED Endpoint security", "LIMITS"."""

    limits_path = "/api/v3/exchangeInfo?symbol=BTCUSDT"

    def signed(self, key: Key, params: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        query = urlencode({**params, "timestamp": _clock.wall_ns() // MILLISECOND})
        signature = hmac.new(key.api_secret.encode(), query.encode(), "sha256").hexdigest()
        return f"{query}&signature={signature}", {"X-MBX-APIKEY": key.api_key}

    def seen(self, status: int, headers: Mapping[str, str]) -> Seen:
        wait_s = _whole(headers.get("retry-after"))
        return Seen(
            _whole(headers.get("x-mbx-used-weight-1m")),
            _whole(headers.get("x-mbx-order-count-10s")),
            status == 429,
            status == 418,
            wait_s * SECOND,
        )

    def weight_limit(self, rules: Any) -> int:
        return next((row["limit"] for row in rules["rateLimits"] if row["rateLimitType"] == "REQUEST_WEIGHT"), 0)

    def failure(self, status: int, body: Any) -> str:
        if isinstance(body, dict) and "code" in body:
            return f"{status} {body['code']}"
        return str(status)


WIRES: Final[dict[str, Wire]] = {"binance": BinanceWire()}


def _whole(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() else 0
