"""Subscriptions that never came to be, and credentials of user data that end before their time."""

from functools import partial
from typing import Final, Literal

from simexchange.services.clock import Timer
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.socket_fault import SOCKET_MATCHES, SocketFault
from simexchange.services.faults.stage import Stage, StreamHandle, VenueControls
from simexchange.services.faults.stream_messages import check_wait
from simexchange.services.faults.verdicts import Breakage, Delivery, Trouble, TroubleKind, Verdict


class SubscribeLostParams(Params, frozen=True):
    mode: Literal["no_ack", "error", "ack_no_data"] = "no_ack"
    """no_ack: data comes, the confirmation never; error: refused; ack_no_data: confirmed, and nothing comes."""


class SubscribeLost(Fault[SubscribeLostParams]):
    purposes = frozenset({Purpose.SUBSCRIBE, Purpose.USER_STREAM})

    def concerns(self, call: Call) -> bool:
        return call.over_socket and call.subscribes

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (every subscription alike)
        if self.params.mode == "no_ack":
            return Verdict(delivery=Delivery(Breakage.SILENCE))
        kind = TroubleKind.INTERNAL if self.params.mode == "error" else TroubleKind.ACKNOWLEDGED
        return Verdict(Trouble(kind))


class StreamKeyParams(Params, frozen=True):
    send_event: bool = True
    """Whether whoever listens by the key is told."""
    keep_socket_open: bool = True
    """Whether its listeners stay connected, to a stream that is silent."""


class StreamKeyExpiry(Fault[StreamKeyParams]):
    """Ends the keys there are when the rule begins; keys fetched later live."""

    counts_itself = True

    def arm(self) -> None:
        for venue in self.venues:
            controls = self.stage.controls.get(venue)
            if controls is not None:
                self._end_keys(venue, controls)

    def _end_keys(self, venue: str, controls: VenueControls) -> None:
        params = self.params
        for account_id in controls.stream_key_owners():
            name = self.stage.door(venue).venue.accounts[account_id].name
            if self.armed.spec.match.account not in (None, name):
                continue
            facts = Call(venue, ("stream key",), Purpose.USER_STREAM, account=name, account_id=account_id)
            if self.armed.fires(facts) is not None:
                controls.end_stream_key(account_id, params.send_event, not params.keep_socket_open)


class TokenParams(Params, frozen=True):
    after: Duration = Duration("0s")
    """How long a subscription lives on once the rule has reached it."""

    def __post_init__(self) -> None:
        check_wait("after", self.after)


class TokenExpired(SocketFault[TokenParams]):
    """Once for each socket: whoever subscribes again on it goes on."""

    def __init__(self, params: TokenParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._timers: list[Timer] = []

    def fits(self, venue: str, socket: StreamHandle) -> bool:
        return socket.has_token and super().fits(venue, socket)

    def strike(self, venue: str, socket: StreamHandle) -> None:
        del self.struck[venue, socket.number]
        if self.params.after <= 0:
            socket.end_private()
        else:
            self._timers.append(self.stage.clock.after(self.params.after, partial(_end_private, socket)))

    def disarm(self) -> None:
        super().disarm()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def _end_private(socket: StreamHandle) -> None:
    socket.end_private()


KINDS: Final = (
    Kind(
        name="ws-subscribe-lost",
        family="subscriptions",
        priority="P1",
        summary="A subscription is not confirmed, or refused, or confirmed and forgotten.",
        correct_bot="Waits for the confirmation and the first message of each channel; tries again, once.",
        params=SubscribeLostParams,
        make=SubscribeLost,
        matches=("venue", "account", "key", "endpoint", "symbol", "connection", "source_ip"),
        evidence=("thrasher-corp/gocryptotrader#2337", "bybit-exchange/api-connectors#82"),
    ),
    Kind(
        name="listenkey-expiry",
        family="subscriptions",
        priority="P0",
        summary="The key of a user data stream ends before its time; keeping it alive fails.",
        correct_bot="Fetches a new key, opens a new socket, and reads what it missed by REST.",
        params=StreamKeyParams,
        make=StreamKeyExpiry,
        matches=("venue", "account"),
        evidence=("oliver-zehentleitner/unicorn-binance-websocket-api#275", "JKorf/Binance.Net#796"),
    ),
    Kind(
        name="ws-token-expired",
        family="subscriptions",
        priority="P1",
        summary="The credential of a user data subscription runs out, and the subscription ends.",
        correct_bot="Subscribes anew with a fresh credential, never with one it has kept.",
        params=TokenParams,
        make=TokenExpired,
        matches=SOCKET_MATCHES,
        evidence=("knowm/XChange#3683", "bybit-exchange/pybit#154"),
    ),
)
