"""Answers that are none, or not what they seem: error pages, codes that settle nothing, bodies that no parser takes.

Where a command is touched, ``effect`` alone says whether the engine took it; the client sees the same bytes either way.
"""

from functools import partial
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta

from simexchange.domain.events import Batch
from simexchange.services.durations import Duration
from simexchange.services.faults.facts import COMMANDS, Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import BOTH, Kind
from simexchange.services.faults.order_tools import Later, fill, placed_orders
from simexchange.services.faults.quantities import PPM, Ratio
from simexchange.services.faults.rate_limits import REQUESTS
from simexchange.services.faults.verdicts import Breakage, Delivery, Effect, Trouble, TroubleKind, Verdict
from simexchange.services.faults.wrong_time import Signed, StampParams

ErrorStatus: TypeAlias = Annotated[int, Meta(ge=400, le=599)]
HTML: Final = b"<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body>One moment, please.</body></html>\n"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class HtmlErrorParams(Params, frozen=True):
    status: ErrorStatus = 502
    """500, 502, 503, 504, or a content delivery network's own 520 to 525."""
    template: Literal["nginx", "cloudflare", "cloudfront"] = "nginx"
    """Whose page it is."""


class HtmlError(Fault[HtmlErrorParams]):
    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, the edge answers)
        trouble = Trouble(TroubleKind.EDGE_ERROR, status=self.params.status, template=self.params.template)
        return Verdict(trouble, self.armed.spec.effect)


class OverloadParams(Params, frozen=True):
    code: int | str | None = None
    """The venue's code; null: the one by which it says that it is overloaded."""
    status: ErrorStatus | None = None
    """The HTTP status; null: the one that belongs to the code."""


class Overload(Fault[OverloadParams]):
    purposes = REQUESTS

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, the venue is busy)
        return Verdict(_said(TroubleKind.OVERLOADED, self.params), self.armed.spec.effect)


class ErrorAfterAcceptParams(OverloadParams, frozen=True):
    code: int | str | None = None
    """The venue's code; null: the one by which it says that it waited in vain."""
    fill_after: Duration | None = None
    """After how long the order that was accepted is filled; null: it is left to the market."""


class ErrorAfterAccept(Later[ErrorAfterAcceptParams]):
    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, it was carried out)
        after = None if self.params.fill_after is None else self._fill_later
        return Verdict(_said(TroubleKind.TIMEOUT, self.params), Effect.APPLY, after=after)

    def _fill_later(self, call: Call, batches: tuple[Batch, ...]) -> None:
        door = self.stage.door(call.venue)
        for terms in placed_orders(call, batches):
            self.later(self.params.fill_after or 0, partial(fill, door, terms, terms.quantity))


def _said(kind: TroubleKind, params: OverloadParams) -> Trouble:
    return Trouble(kind, status=params.status, code=params.code)


class MalformedParams(Params, frozen=True):
    mode: Literal["empty", "bom", "random", "html", "wrong_ct", "bad_gzip"] = "html"
    """What comes with the true status: no body, the true one behind a byte order mark, noise, a page, the true one as
    text/html, or the true one said to be gzip."""


class Malformed(Fault[MalformedParams]):
    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, nobody can read the answer)
        mode = self.params.mode
        content_type = b"text/html" if mode in ("html", "wrong_ct") else b""
        headers = ((b"content-encoding", b"gzip"),) if mode == "bad_gzip" else ()
        delivery = Delivery(Breakage.GARBLE, alter=self._alteration(), content_type=content_type, headers=headers)
        return Verdict(effect=self.armed.spec.effect, delivery=delivery)

    def _alteration(self) -> "partial[bytes] | None":
        match self.params.mode:
            case "empty":
                return partial(_instead, b"")
            case "html":
                return partial(_instead, HTML)
            case "random":
                name = f"fault/{self.armed.id}/noise/{self.armed.counts.matched}"
                return partial(_instead, self.stage.randomness.digest(name))
            case "bom":
                return partial(_behind, BYTE_ORDER_MARK)
        return None


def _instead(body: bytes, _true: bytes) -> bytes:
    return body


def _behind(mark: bytes, true: bytes) -> bytes:
    return mark + true


class TruncatedParams(Params, frozen=True):
    keep: Ratio = Ratio("50%")
    """The part of the body that arrives before the connection ends: 0 to less than all of it."""

    def __post_init__(self) -> None:
        if not 0 <= self.keep.ppm < PPM:
            raise ValueError(f"keep {self.keep} leaves nothing out: 0% to less than 100% passes")


class Truncated(Fault[TruncatedParams]):
    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, its answer is cut)
        delivery = Delivery(Breakage.TRUNCATE, keep_ppm=self.params.keep.ppm)
        return Verdict(effect=self.armed.spec.effect, delivery=delivery)


class SignatureRejected(Signed):
    trouble_kind = TroubleKind.SIGNATURE_INVALID


class GeoParams(Params, frozen=True):
    status: ErrorStatus = 451
    """The HTTP status; 403 is seen too."""


class Geo(Fault[GeoParams]):
    """Handshakes too; sockets that are open stay so."""

    def concerns(self, call: Call) -> bool:
        return not call.over_socket

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (wherever it comes from)
        return Verdict(Trouble(TroubleKind.RESTRICTED, status=self.params.status))


class RetiredParams(Params, frozen=True):
    status: Literal[400, 404, 410] = 404
    """404 answers as if the endpoint had never been; the others say so."""


class Retired(Fault[RetiredParams]):
    """``match.endpoint`` says which; without it, all of them."""

    purposes = frozenset(Purpose) - {Purpose.SUBSCRIBE}

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (it is no more)
        return Verdict(Trouble(TroubleKind.RETIRED, status=self.params.status))


_FAMILY: Final = "answers"
_UNKNOWN: Final = "Takes the outcome for unknown, looks the order up by its client order id, and only then decides."

KINDS: Final = (
    Kind(
        name="html-error",
        family=_FAMILY,
        priority="P0",
        summary="A front server answers with an HTML error page; the command was carried out or not.",
        correct_bot=f"Does not try to parse it. {_UNKNOWN}",
        params=HtmlErrorParams,
        make=HtmlError,
        effects=BOTH,
        aliases=("http-5xx-html-cdn",),
        evidence=("nothingisdead/npm-kraken-api#37", "butor/blackbird#305", "askmike/gekko#1719"),
    ),
    Kind(
        name="http-venue-overload",
        family=_FAMILY,
        priority="P0",
        summary="The venue says that it is busy; the command was carried out or not.",
        correct_bot=f"Backs off, longer each time. {_UNKNOWN}",
        params=OverloadParams,
        make=Overload,
        effects=BOTH,
        evidence=("banbox/banbot#114", "ccxt/ccxt#13767", "hummingbot/hummingbot#6033"),
    ),
    Kind(
        name="error-after-accept",
        family=_FAMILY,
        priority="P0",
        summary="The answer is an error, and the engine has carried the command out.",
        correct_bot=_UNKNOWN,
        params=ErrorAfterAcceptParams,
        make=ErrorAfterAccept,
        effects=(Effect.APPLY,),
        purposes=COMMANDS,
        aliases=("error-but-accepted",),
        evidence=("hummingbot/hummingbot#6033", "sieblyio/binance#580", "nautechsystems/nautilus_trader#4215"),
    ),
    Kind(
        name="http-malformed-json",
        family=_FAMILY,
        priority="P1",
        summary="The body is no JSON, or not what its headers say.",
        correct_bot=f"A typed parse error, and the process lives on. {_UNKNOWN}",
        params=MalformedParams,
        make=Malformed,
        effects=BOTH,
        evidence=("sammchardy/python-binance#10", "beldur/kraken-go-api-client#43", "bmoscon/cryptofeed#201"),
    ),
    Kind(
        name="truncated-body",
        family=_FAMILY,
        priority="P0",
        summary="The connection ends in the middle of the body.",
        correct_bot=f"Never reads a part for the whole. {_UNKNOWN}",
        params=TruncatedParams,
        make=Truncated,
        effects=BOTH,
        aliases=("http-truncated-body",),
        evidence=("ccxt/ccxt#3245", "sammchardy/python-binance#90"),
    ),
    Kind(
        name="signature-rejected-sporadic",
        family=_FAMILY,
        priority="P1",
        summary="A signed request is refused for its signature, which is right.",
        correct_bot="Does not send the same bytes again blindly; logs what it signed, never the secret.",
        params=StampParams,
        make=SignatureRejected,
        evidence=("JKorf/Kraken.Net#23", "ccxt/binance-trade-bot#405"),
    ),
    Kind(
        name="http-451-geo",
        family=_FAMILY,
        priority="P2",
        summary="The venue does not serve the place that the client is at.",
        correct_bot="Takes it for final: stops and alerts, and does not ask again.",
        params=GeoParams,
        make=Geo,
        evidence=("ccxt/ccxt#16044", "ccxt/ccxt#15872", "freqtrade/freqtrade#7833"),
    ),
    Kind(
        name="endpoint-retired",
        family=_FAMILY,
        priority="P2",
        summary="An endpoint is gone from one moment to the next.",
        correct_bot="Fails loudly at the first attempt, and does not loop.",
        params=RetiredParams,
        make=Retired,
        evidence=("nautechsystems/nautilus_trader#3287", "sammchardy/python-binance#30"),
    ),
)
