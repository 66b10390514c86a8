"""What a rule may say: which requests, messages or orders (match), which of those (when), and for how long (ttl).

A rule counts its own matches; ``when`` decides by that ordinal alone, so what other clients do changes nothing.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address, ip_network

from msgspec import Struct, field

from simexchange.domain.enums import Side
from simexchange.services.durations import Duration
from simexchange.services.faults.facts import Call, Facts, Frame, OrderFacts, Purpose
from simexchange.services.faults.quantities import Probability, Source
from simexchange.services.faults.verdicts import Effect


class Match(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which requests, messages and orders a rule is about: all that it names must fit.

    ``endpoint`` and ``channel`` may hold ``*``. ``endpoint`` is the venue's name ("POST /api/v3/order", "order.place")
    or, without a method, a path. ``channel`` may have its symbol before it, as on the wire ("btcusdt@depth").
    ``symbol`` is taken in any spelling. ``source_ip`` is an address or a network.
    """

    venue: str | None = None
    account: str | None = None
    key: str | None = None
    endpoint: str | None = None
    symbol: str | None = None
    side: str | None = None
    channel: str | None = None
    connection: int | None = None
    source_ip: Source | None = None

    def fits(self, facts: Facts) -> bool:
        """Whether a request, message or order is one of those."""
        if self.venue is not None and self.venue != facts.venue:
            return False
        if self.account is not None and self.account != facts.account:
            return False
        if self.symbol is not None and plain_symbol(self.symbol) != plain_symbol(facts.symbol):
            return False
        if self.side is not None and facts.side is not Side(self.side.lower()):
            return False
        if isinstance(facts, Call):
            return self.channel is None and self.fits_origin(facts) and self._fits_endpoint(facts.names)
        if isinstance(facts, Frame):
            return self.endpoint is None and self.fits_origin(facts) and self._fits_channel(facts)
        return self._names_no_request()

    def fits_place(self, venue: str, symbol: str = "", account: str = "") -> bool:
        """Whether a venue, an instrument, an account is meant, where there is nothing else to match."""
        return (
            (self.venue is None or self.venue == venue)
            and (self.symbol is None or not symbol or plain_symbol(self.symbol) == plain_symbol(symbol))
            and (self.account is None or not account or self.account == account)
        )

    def fits_origin(self, facts: Call | Frame) -> bool:
        return (
            (self.key is None or self.key == facts.key)
            and (self.connection is None or self.connection == facts.connection)
            and (self.source_ip is None or _is_from(self.source_ip, facts.source))
        )

    def _fits_endpoint(self, names: tuple[str, ...]) -> bool:
        wanted = self.endpoint
        if wanted is None:
            return True
        return any(_fits_name(wanted, name) for name in names)

    def _fits_channel(self, frame: Frame) -> bool:
        wanted = self.channel
        if wanted is None:
            return True
        if wanted in ("private", "public"):
            return not frame.is_reply and frame.is_private is (wanted == "private")
        is_event = bool(frame.event) and fnmatchcase(frame.event, wanted)
        return is_event or fits_channel(wanted, frame.channel, frame.symbol)

    def _names_no_request(self) -> bool:
        return self.key is None and self.connection is None and self.source_ip is None


def _fits_name(wanted: str, name: str) -> bool:
    method, space, rest = wanted.partition(" ")
    if fnmatchcase(name, f"{method.upper()}{space}{rest}" if space else wanted):
        return True
    path = name.partition(" ")[2]
    return bool(path) and wanted.startswith(("/", "*")) and fnmatchcase(path, wanted)


@lru_cache(maxsize=1024)
def fits_channel(wanted: str, channel: str, symbol: str) -> bool:
    """Whether a channel is meant: by its name, with or without its speed, with or without its symbol before it."""
    names: tuple[str, ...] = (channel, channel.partition("@")[0]) if channel else ()
    if symbol and "@" in wanted:
        names += tuple(f"{plain_symbol(symbol).lower()}@{name}" for name in names)
    return any(fnmatchcase(name, wanted) for name in names)


@lru_cache(maxsize=1024)
def plain_symbol(symbol: str) -> str:
    """A symbol in the one spelling that all spellings share: BTC/USDT, BTC-USDT, btcusdt -> BTCUSDT."""
    return "".join(letter for letter in symbol if letter.isalnum()).upper()


@lru_cache(maxsize=1024)
def _is_from(source: Source, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(source, strict=False)
    except ValueError:
        return False


class When(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which of a rule's own matches it acts on; everything that is said must hold.

    The first ``skip`` matches pass untouched. Of the rest every ``every_nth`` one (the n-th, the 2n-th ...), each with
    ``probability``, at most ``count`` in all and, with ``once_per_key``, one for each API key. ``window`` holds two
    durations since the rule was armed. ``on_event`` has the rule sleep until an event of that name.
    """

    skip: int = 0
    count: int | None = None
    every_nth: int | None = None
    probability: Probability | None = None
    window: tuple[Duration, Duration] | None = None
    on_event: str | None = None
    once_per_key: bool = False

    def chooses(self, ordinal: int, fired: int, draw: Callable[[], int]) -> bool:
        """Whether the ``ordinal``-th match (from 1) is acted on, of which ``fired`` were; ``draw`` gives 0..10^9-1."""
        if self.count is not None and fired >= self.count:
            return False
        place = ordinal - self.skip
        if place <= 0:
            return False
        if self.every_nth is not None and place % self.every_nth:
            return False
        return self.probability is None or draw() < self.probability.ppb

    @property
    def picks(self) -> bool:
        """Whether it names the matches to act on, rather than the first one only."""
        return self.count is not None or self.every_nth is not None or self.probability is not None or self.once_per_key

    def is_spent(self, fired: int) -> bool:
        """Whether it can never act again."""
        return self.count is not None and fired >= self.count


class RuleSpec(Struct, frozen=True):
    """One rule as it was asked for; ``params`` is the kind's own struct."""

    kind: str
    params: Struct
    match: Match = Match()
    when: When = When()
    effect: Effect | None = None
    ttl: Duration | None = None
    id: str | None = None


class Counts(Struct):
    """How far a rule has come; the only thing about it that changes by itself."""

    matched: int = 0
    fired: int = 0
    keys: set[str] = field(default_factory=set)
    awake: bool = True


def draw_ppb(seed: int, rule: str, ordinal: int) -> int:
    """The draw of a rule's ``ordinal``-th match: 0..10^9-1, from the seed, the rule and that ordinal alone."""
    digest = blake2b(f"{seed}/fault/{rule}/{ordinal}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 1_000_000_000


def purpose_fits(purposes: frozenset[Purpose] | None, match: Match, facts: Facts) -> bool:
    """A kind's usual purposes bind a rule that names no endpoint of its own."""
    if purposes is None or match.endpoint is not None or not isinstance(facts, Call):
        return True
    return facts.purpose in purposes


__all__ = [
    "Counts",
    "Match",
    "OrderFacts",
    "RuleSpec",
    "When",
    "draw_ppb",
    "plain_symbol",
    "purpose_fits",
]
