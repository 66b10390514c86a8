"""Between a transport and a dialect: what faults make of requests, messages and handshakes, and the journal of all.

Where no rule is armed this costs a look at one attribute and an entry in the journal. Otherwise each request becomes an
``Errand``: judged by the plan, held, handed to the dialect or not, stopped at the engine or not, and delivered by the
transport as the verdict says. Everything later is a timer of the world's clock; nothing here waits.
"""

from collections.abc import Callable
from typing import ClassVar

from simexchange.dialects.base import Dialect, Reply, Request, StreamSession
from simexchange.dialects.errands import (
    KEPT_BODY,
    AnswerT,
    Errand,
    HandshakeErrand,
    HttpErrand,
    Peer,
    SocketErrand,
    SocketPeer,
    abridge,
    own_up,
)
from simexchange.domain.commands import Command
from simexchange.domain.events import Batch
from simexchange.domain.ids import AccountId, Symbol
from simexchange.services.anatomy import Role
from simexchange.services.clock import Clock, WorldClock
from simexchange.services.faults.changes import Change
from simexchange.services.faults.facts import Call
from simexchange.services.faults.plan import FaultPlan
from simexchange.services.faults.stage import StreamHandle
from simexchange.services.faults.verdicts import AtEngine, Delivery, Effect, Verdict
from simexchange.services.journal import Journal, RequestEntry
from simexchange.world import Door, World


class Discarded(BaseException):
    """The engine is not to hear of this command. No civil no: it must pass every handler on its way out."""


class Witness:
    """Collects what the engine did for one errand; what a verdict has to say about its commands is said here."""

    def __init__(self, call: Call, at_engine: AtEngine | None = None) -> None:
        self.batches: list[Batch] = []
        self._call = call
        self._at_engine = at_engine
        self._has_a_say = at_engine is not None

    def before(self, command: Command) -> Command:
        if self._at_engine is None or not self._has_a_say:
            return command
        self._has_a_say = False  # what it submits itself passes
        try:
            return self._at_engine(self._call, command)
        finally:
            self._has_a_say = True

    def after(self, batch: Batch) -> None:
        self.batches.append(batch)


class Barrier:
    """Stops the first command."""

    def before(self, command: Command) -> Command:
        raise Discarded(type(command).__name__)

    def after(self, batch: Batch) -> None:
        raise AssertionError(f"a command passed the barrier: {type(batch.command).__name__}")


class Gate:
    """One venue's gate. What is on its way through belongs to connections, and is not the world's state."""

    state_role: ClassVar = Role.RECORD

    def __init__(self, dialect: Dialect, door: Door, plan: FaultPlan, journal: Journal) -> None:
        self.dialect = dialect
        self.name = dialect.name
        self.plan = plan
        self._door = door
        self.clock: Clock = door.clock
        self._journal = journal
        self._connections = 0
        self._sockets: dict[int, StreamHandle] = {}
        self._epoch = 0
        self.is_observed = False
        """Whether somebody wants the facts of every request and every answer on the record, rules or not."""

    def next_connection(self) -> int:
        """A number for a new connection of this venue."""
        self._connections += 1
        return self._connections

    def opened(self, socket: StreamHandle) -> None:
        """A WebSocket is open; rules may lay hands on it."""
        self._sockets[socket.number] = socket
        self._journal.note_connection(self.name, self.clock.now_ns(), socket.number, socket.source, "opened")

    def closed(self, socket: StreamHandle) -> None:
        if self._sockets.pop(socket.number, None) is not None:
            self._journal.note_connection(self.name, self.clock.now_ns(), socket.number, socket.source, "closed")

    def changed(self, socket: StreamHandle) -> None:
        """A WebSocket may listen to something else than before: rules about sockets look at it, and observers."""
        if self.is_observed and socket.number in self._sockets:
            self._journal.note_connection(self.name, self.clock.now_ns(), socket.number, socket.source, "listening")
        if self.plan.judges_sockets and socket.number in self._sockets:
            self.plan.judge_socket(self.name, socket)

    def reword(self, payload: bytes, symbol: Symbol, change: Change) -> bytes:
        """A message or an answer with a change made in the venue's words."""
        return self.dialect.reword(payload, symbol, change)

    def stream_key_owners(self) -> tuple[AccountId, ...]:
        """The accounts that have a living stream key."""
        return self.dialect.stream_key_owners()

    def end_stream_key(self, account_id: AccountId, tells: bool, closes: bool) -> None:
        """End an account's stream key before its time."""
        self.dialect.end_stream_key(account_id, tells, closes)

    def sockets(self) -> tuple[StreamHandle, ...]:
        """The WebSockets open now, oldest first."""
        return tuple(self._sockets.values())

    # HTTP.

    def answer(self, request: Request, connection: int) -> Reply:
        """The dialect's answer, when no rule is armed."""
        journal, now_ns = self._journal, self.clock.now_ns()
        seq = journal.seq = journal.seq + 1
        reply = self.answered(request)
        entry = RequestEntry(seq, now_ns, self.name, connection, request.peer, request, reply, now_ns)
        journal.note_answered(entry)
        if len(reply.body) > KEPT_BODY or len(request.body) > KEPT_BODY:
            abridge(entry)
        return reply

    def perform(self, request: Request, peer: Peer, deliver: Callable[[Reply | None, Delivery | None], None]) -> None:
        """Answer a request as the rules will have it, now or later; ``deliver`` is called exactly once."""
        entry = self._journal.note_request(self.name, self.clock.now_ns(), peer.number, request.peer, request)
        call = entry.call = self.dialect.describe(request)
        call.connection, call.request = peer.number, entry.seq
        self._judge(HttpErrand(self, request, call, entry, deliver))

    def answered(self, request: Request) -> Reply:
        """The dialect's reply; a bug in it is logged with its traceback and answered with a plain 500."""
        try:
            return self.dialect.handle(request)
        except Exception:  # noqa: BLE001  (it is logged, masked)
            return own_up(f"{request.method} {request.path} of {self.name} failed")

    # WebSockets.

    def open_stream(
        self, request: Request, peer: Peer, decide: Callable[[StreamSession | Reply | None, Delivery | None], None]
    ) -> None:
        """Judge a handshake, then have the dialect accept or refuse it; ``decide`` is called exactly once."""
        entry = self._journal.note_request(self.name, self.clock.now_ns(), peer.number, request.peer, request)
        call = entry.call = self.dialect.describe_handshake(request)
        call.connection, call.request = peer.number, entry.seq
        self._judge(HandshakeErrand(self, request, call, entry, decide))

    def hear(self, session: StreamSession, text: str, peer: SocketPeer, done: Callable[[], None]) -> None:
        """A client's message: judged if it is a request, then heard; ``done`` once the next may be heard."""
        entry = self._journal.note_request(self.name, self.clock.now_ns(), peer.number, peer.source, text)
        is_asked = self.plan.judges_calls or self.is_observed
        call = entry.call = self.dialect.describe_message(session, text) if is_asked else None
        if call is None:
            self._journal.note_reply(entry, self.clock.now_ns(), None)
            abridge(entry)
            session.on_text(text)
            done()
            return
        call.connection, call.request, call.source, call.over_socket = peer.number, entry.seq, peer.source, True
        self._judge(SocketErrand(self, session, text, call, entry, peer, done))

    # What becomes of an errand.

    def drop_held(self) -> None:
        """Whatever is held is never delivered: the world it belonged to is gone."""
        self._epoch += 1

    def _judge(self, errand: Errand[AnswerT]) -> None:
        verdict = self.plan.judge(errand.call) if self.plan.judges_calls else None
        if verdict is None:
            self._finish(errand, errand.run(), None)
        elif verdict.hold_before_ns > 0:
            errand.held = True
            self.later(verdict.hold_before_ns, lambda: self._enter(errand, verdict))
        else:
            self._enter(errand, verdict)

    def _enter(self, errand: Errand[AnswerT], verdict: Verdict) -> None:
        answer = self._carried_out(errand, verdict)
        if verdict.hold_after_ns > 0:
            errand.held = True
            self.later(verdict.hold_after_ns, lambda: self._finish(errand, answer, verdict.delivery))
        else:
            self._finish(errand, answer, verdict.delivery)

    def _carried_out(self, errand: Errand[AnswerT], verdict: Verdict) -> AnswerT | None:
        """What the client is to hear, the engine having done what the verdict lets it do."""
        if verdict.before is not None:
            verdict.before(errand.call)
        if verdict.unheard:
            return None
        if verdict.trouble is not None:
            errand.entry.trouble = verdict.trouble.kind.value
            if verdict.effect is None:
                return errand.say(verdict.trouble)
        if verdict.effect is Effect.DISCARD:
            return self._discarded(errand, verdict)
        witness = Witness(errand.call, verdict.at_engine)
        answer = self._tapped(witness, errand)
        if verdict.after is not None:
            verdict.after(errand.call, tuple(witness.batches))
        if verdict.trouble is not None:
            return errand.say(verdict.trouble)
        return answer if verdict.edit is None else errand.edit(answer, verdict.edit)

    def _discarded(self, errand: Errand[AnswerT], verdict: Verdict) -> AnswerT | None:
        if verdict.delivery is not None and verdict.delivery.needs_truth and verdict.trouble is None:
            return self._door.rehearse(errand.run)
        try:
            answer = self._tapped(Barrier(), errand)
        except Discarded:
            if verdict.at_door is not None:
                verdict.at_door(errand.call)
        else:
            if verdict.at_door is not None:
                return answer
        return None if verdict.trouble is None else errand.say(verdict.trouble)

    def _tapped(self, tap: Witness | Barrier, errand: Errand[AnswerT]) -> AnswerT:
        door = self._door
        before = door.taps
        errand.call.handled = True
        door.taps = (*before, tap)
        try:
            return errand.run()
        finally:
            door.taps = before

    def later(self, delay_ns: int, action: Callable[[], None]) -> None:
        """Act after so much virtual time, unless the world is another one by then."""
        epoch = self._epoch

        def act() -> None:
            if epoch == self._epoch:
                action()

        self.clock.after(delay_ns, act)

    def _finish(self, errand: Errand[AnswerT], answer: AnswerT | None, delivery: Delivery | None) -> None:
        fate = "" if delivery is None else delivery.how.value
        note = self._journal.note_late_reply if errand.held else self._journal.note_reply
        note(errand.entry, self.clock.now_ns(), errand.record(answer), fate)
        abridge(errand.entry)
        errand.deliver(answer, delivery)


def lone_gate(dialect: Dialect) -> Gate:
    """A gate for a dialect without a world of its own, for tests and measurements."""
    world = World(WorldClock(), seed=0)
    return Gate(dialect, world.open_venue(dialect.name), world.faults, world.journal)
