"""Why a signature was refused: the string that the venue expected against the one that was signed. Never a secret."""

from typing import Final

from msgspec import Struct

from simexchange.control.calls import call_of
from simexchange.control.masking import key_name
from simexchange.control.operations import Asked, Operation
from simexchange.control.problems import Problem, bad
from simexchange.services.journal import RequestEntry


class SignatureView(Struct, frozen=True):
    seq: int
    venue: str
    endpoint: str
    account: str
    key: str
    """The key's short name."""
    verdict: str
    """fits, differs, missing, unknown key, or unsigned where nothing is signed."""
    canonical: str
    """What the venue takes for signed; keys in it are masked."""
    rule: str
    """How the venue builds it."""
    signed: str | None
    """What the given signature fits instead, if it is one of those that clients sign by mistake."""
    mistake: str
    advice: str


def show(asked: Asked) -> SignatureView:
    entry = _request(asked)
    check = asked.controls.dialect(entry.venue).explain_signature(entry.request)
    if check is None:
        raise Problem(404, f"entry {entry.seq} is nothing that {entry.venue} could have wanted a signature of")
    call, masks = call_of(asked.controls, entry), asked.controls.masks(entry.venue)
    return SignatureView(
        entry.seq,
        entry.venue,
        masks.text(call.names[0]),
        call.account,
        key_name(call.key) if call.key else "",
        check.verdict,
        masks.text(check.canonical),
        check.rule,
        None if check.signed is None else masks.text(check.signed),
        check.mistake,
        check.advice,
    )


def _request(asked: Asked) -> RequestEntry:
    """The request of that number. Raises Problem 404 for anything else, and for what is forgotten."""
    text = asked.path["seq"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise bad("seq", "is no number of an entry", sent=text, passes="1")
    seq, journal = int(text), asked.controls.world.journal
    for entry in reversed(journal.requests):
        if entry.seq == seq:
            return entry
    raise Problem(404, f"the journal has no request {seq}; GET /journal?kind=request lists those it keeps")


OPERATIONS: Final = (
    Operation(
        "GET",
        "/journal/{seq}/signature",
        "A request's signature explained: the string that was expected, and what was signed instead",
        show,
        SignatureView,
        problems=(404,),
    ),
)
