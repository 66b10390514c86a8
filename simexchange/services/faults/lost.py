"""Answers that never come: the unknown state. The engine took the command or it did not; the client cannot tell."""

from typing import Final, Literal

from simexchange.services.durations import Duration
from simexchange.services.faults.facts import COMMANDS, Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import BOTH, Kind
from simexchange.services.faults.verdicts import Breakage, Delivery, Effect, Verdict

Sees = Literal["rst", "fin", "timeout"]
_BREAKAGES: Final = {"rst": Breakage.RESET, "fin": Breakage.CLOSE, "timeout": Breakage.SILENCE}


class LostParams(Params, frozen=True):
    client_sees: Sees = "fin"
    """fin: the connection is closed without an answer; rst: it is reset; timeout: it stays open and silent."""
    after: Duration = Duration("0s")
    """How long the client waits before it sees that."""


class Lost(Fault[LostParams]):
    """The same for an answer and for a request: ``effect`` alone says what the engine knows."""

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, its answer is lost)
        delivery = Delivery(_BREAKAGES[self.params.client_sees])
        return Verdict(effect=self.armed.spec.effect, delivery=delivery, hold_after_ns=self.params.after)


_CORRECT: Final = (
    "Marks the order unknown, looks it up by its client order id (again, for a bounded while), and only then sends it"
    " again, under the same client order id."
)

KINDS: Final = (
    Kind(
        name="response-lost",
        family="lost answers",
        priority="P0",
        summary="The engine takes the command, the answer never arrives.",
        correct_bot=_CORRECT,
        params=LostParams,
        make=Lost,
        effects=BOTH,
        purposes=COMMANDS,
        aliases=("response-lost-after-accept",),
        evidence=("scrtlabs/catalyst#317", "hummingbot/hummingbot#493", "nautechsystems/nautilus_trader#4215"),
    ),
    Kind(
        name="request-lost",
        family="lost answers",
        priority="P0",
        summary="The request never reaches the engine; the client sees the same as when the answer is lost.",
        correct_bot=_CORRECT,
        params=LostParams,
        make=Lost,
        effects=(Effect.DISCARD,),
        purposes=COMMANDS,
        aliases=("request-lost-before-engine",),
        evidence=("sonvister/Binance#77", "freqtrade/freqtrade#4403"),
    ),
    Kind(
        name="cancel-ack-lost",
        family="lost answers",
        priority="P0",
        summary="A cancel is carried out or not; no answer says which.",
        correct_bot="Keeps the order as pending-cancel, asks for its state, replaces it only once it is known ended.",
        params=LostParams,
        make=Lost,
        effects=BOTH,
        purposes=frozenset({Purpose.CANCEL}),
        evidence=("nautechsystems/nautilus_trader#4152", "freqtrade/freqtrade#3647"),
    ),
)
