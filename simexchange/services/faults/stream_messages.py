"""Messages that are lost, doubled or damaged on their way to one socket; every other socket gets the same bytes."""

from typing import Annotated, Any, Final, Literal, TypeAlias

from msgspec import Meta

from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.changes import SetField
from simexchange.services.faults.facts import Frame, Subject
from simexchange.services.faults.fault import Fault, Instead, Params
from simexchange.services.faults.held import HeldMessages
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.quantities import PPM, Ratio
from simexchange.services.faults.stage import Stage

AtLeastOne: TypeAlias = Annotated[int, Meta(ge=1, le=10_000)]
FRAME_MATCHES: Final = ("venue", "account", "symbol", "side", "channel", "connection", "source_ip")
"""What a rule about messages may match."""
GARBLING: Final = bytes.maketrans(b'"{}[]:,', b"'()<>;.")
NO_UTF8: Final = b"\xff\xfe"


def check_wait(name: str, wait: Duration) -> None:
    """Raises ValueError for a wait below zero."""
    if wait < 0:
        raise ValueError(f"{name} is {wait}: 0s and more passes")


class DropParams(Params, frozen=True):
    n: AtLeastOne = 1
    """How many messages of the socket are lost in a row, the chosen one included."""


class Drop(Fault[DropParams]):
    """A chosen message and those right behind it never leave."""

    counts_itself = True

    def __init__(self, params: DropParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._left: dict[tuple[str, ...], int] = {}

    def on_frame(self, frame: Frame) -> Instead:
        run = self.run_of(frame)
        left = self._left.pop(run, 0)
        if not left:
            if self.armed.fires(frame) is None:
                return None
            left = self.params.n
        if left > 1:
            self._left[run] = left - 1
        return ()

    def run_of(self, frame: Frame) -> tuple[str, ...]:
        """Within what messages count as following one another."""
        return frame.venue, str(frame.connection)

    def disarm(self) -> None:
        self._left.clear()


class Gap(Drop):
    """The same of changes of a book, instrument by instrument."""

    def concerns_frame(self, frame: Frame) -> bool:
        return frame.subject is Subject.BOOK_CHANGES

    def run_of(self, frame: Frame) -> tuple[str, ...]:
        return (*super().run_of(frame), frame.channel, frame.symbol)


class DuplicateParams(Params, frozen=True):
    copies: AtLeastOne = 1
    """How often it comes again."""
    after: Duration = Duration("0s")
    """How long after the one before each copy comes."""

    def __post_init__(self) -> None:
        check_wait("after", self.after)


class Duplicate(Fault[DuplicateParams]):
    """Copies that are due later die with the rule."""

    def __init__(self, params: DuplicateParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._copies = HeldMessages(stage.clock)

    def on_frame(self, frame: Frame) -> Instead:
        times = self.params.copies
        if self.params.after <= 0:
            return ((0, frame.payload),) * (1 + times)
        now_ns = self.stage.clock.now_ns()
        for place in range(1, times + 1):
            self._copies.keep(frame, frame.payload, now_ns + place * self.params.after)
        return ((0, frame.payload),)

    def holds(self, socket: tuple[str, int]) -> int:
        return self._copies.of(socket)

    def disarm(self) -> None:
        self._copies.forget_all()


class CorruptParams(Params, frozen=True):
    damage: Literal["truncated", "garbled", "not_utf8"] = "truncated"
    """truncated: cut short; garbled: its punctuation is wrong; not_utf8: bytes that no text may hold."""
    keep: Ratio = Ratio("50%")
    """How much of a truncated message is left."""


class Corrupt(Fault[CorruptParams]):
    """Never JSON, whatever is left of it."""

    def on_frame(self, frame: Frame) -> Instead:
        payload = frame.payload
        if self.params.damage == "garbled":
            return ((0, payload.translate(GARBLING)),)
        if self.params.damage == "not_utf8":
            return ((0, payload[:1] + NO_UTF8 + payload[1:]),)
        kept = min(max(len(payload) * self.params.keep.ppm // PPM, 0), len(payload) - 1)
        return ((0, payload[:kept]),)


class UnknownParams(Params, frozen=True):
    path: Annotated[str, Meta(pattern="^(/[^/]*)+$")] = "/simx"
    """Where, as a JSON pointer into what the message tells, its wrapping left out: /X is an order's status."""
    value: Any = "UNKNOWN"
    """What is there instead, or besides."""


class Unknown(Fault[UnknownParams]):
    def on_frame(self, frame: Frame) -> Instead:
        change = SetField(self.params.path, self.params.value)
        return ((0, self.stage.controls[frame.venue].reword(frame.payload, frame.symbol, change)),)


class FragmentParams(Params, frozen=True):
    fragments: Annotated[int, Meta(ge=2, le=10_000)] = 3
    """In how many frames a message comes, if it has as many bytes."""


class Fragment(Fault[FragmentParams]):
    """RFC 6455, section 5.4: legal, and rarely seen."""

    def on_frame(self, frame: Frame) -> Instead:
        if frame.send_in_parts is not None:
            frame.send_in_parts(frame.payload, self.params.fragments)
            return ()
        return None


_RESYNC: Final = (
    "Notices the jump of the ids, throws its book away at once, buffers, takes a new snapshot and quotes nothing until"
    " it is whole again."
)

KINDS: Final = (
    Kind(
        name="ws-drop",
        family="stream messages",
        priority="P0",
        summary="Messages of a socket vanish: any that match, of whatever channel.",
        correct_bot="Does not live by the stream alone: notices gaps where there are ids, and reconciles by REST.",
        params=DropParams,
        make=Drop,
        matches=FRAME_MATCHES,
        evidence=("Kucoin/kucoin-api-docs#44", "sonvister/Binance#32"),
    ),
    Kind(
        name="ws-gap",
        family="stream messages",
        priority="P0",
        summary="Changes of a book vanish while its ids go on: the next ones do not join on. Other messages all come.",
        correct_bot=_RESYNC,
        params=DropParams,
        make=Gap,
        matches=FRAME_MATCHES,
        aliases=("ws-drop-message",),
        evidence=("bmoscon/cryptofeed#291", "thrasher-corp/gocryptotrader#2255"),
    ),
    Kind(
        name="ws-duplicate",
        family="stream messages",
        priority="P0",
        summary="The same message comes again, to the byte.",
        correct_bot="Counts a fill once, by its trade id; applies a change of the book once, by its ids.",
        params=DuplicateParams,
        make=Duplicate,
        matches=FRAME_MATCHES,
        aliases=("ws-duplicate-message",),
        evidence=("ccxt/ccxt#18854", "nautechsystems/nautilus_trader#3046"),
    ),
    Kind(
        name="ws-corrupt",
        family="stream messages",
        priority="P1",
        summary="A message comes damaged: cut short, garbled, or no text at all.",
        correct_bot="Counts it as lost: keeps the stream (or reconnects) and resynchronizes what it was about.",
        params=CorruptParams,
        make=Corrupt,
        matches=FRAME_MATCHES,
    ),
    Kind(
        name="unknown-enum-or-field",
        family="stream messages",
        priority="P1",
        summary="A message holds a field or a value that the client has never seen.",
        correct_bot="Ignores what it does not know, keeps the stream alive, and says so in its log.",
        params=UnknownParams,
        make=Unknown,
        matches=FRAME_MATCHES,
        evidence=("nautechsystems/nautilus_trader#1184", "Drakkar-Software/OctoBot#1552"),
    ),
    Kind(
        name="ws-frame-edge",
        family="stream messages",
        priority="P2",
        summary="A message comes in several frames.",
        correct_bot="Puts them together, and bounds what it is ready to put together.",
        params=FragmentParams,
        make=Fragment,
        matches=FRAME_MATCHES,
        evidence=("ruby-jp/websocket-client-simple#28",),
    ),
)
