"""What the fault layer costs a signed order: bytes to bytes through the hot path, with no rule, and with rules armed.

Sockets are left out, so every share here is larger than it is for a served order.

Usage: python loadtests/bench_faults.py [--quick]
"""

import asyncio
import gc
from typing import Any, Final, cast

from benching import Contest, Figures, amount, chosen_rounds, options, table, verdict
from http_load import Signer
from simexchange.app import Options, build_scenario
from simexchange.dialects.base import Reply, Request
from simexchange.dialects.gate import Gate
from simexchange.services.clock import WorldClock, monotonic_ns
from simexchange.transports.hot_path import HttpProtocol
from simexchange.transports.port import Port
from simexchange.venues import VENUES

ROUNDS: Final = 9
REQUESTS: Final = 12_000
QUICK_REQUESTS: Final = 4_000
BARE: Final = "the dialect alone"
GATE: Final = "behind the gate, no rule armed"
NONE: Final = "behind the gate, requests journaled, no rule armed"
ARMED: Final = {"1 rule about another account": 1, "10 such rules": 10, "100 such rules": 100}
GOAL: Final = 0.03
DEADLINE_S: Final = 60.0


class BareGate(Gate):
    """What the layer is measured against."""

    def answer(self, request: Request, connection: int) -> Reply:
        return self.dialect.handle(request)


class ForgetfulGate(Gate):
    """The fault layer without the record of requests, which would be kept with no faults at all."""

    def answer(self, request: Request, connection: int) -> Reply:
        return self.answered(request)


class Sinkhole(asyncio.Transport):
    """Takes everything, keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 50_000) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.bytes += len(data)

    def is_closing(self) -> bool:
        return False


class Served:
    """One calm world behind a gate, and a connection to it."""

    def __init__(self, gate_class: type[Gate], rules: int, requests: int) -> None:
        chosen = Options(seed=42, limits="off")
        self.world = build_scenario(chosen, WorldClock())
        door = self.world.doors["binance"]
        dialect = VENUES["binance"].open(door, self.world.randomness, "off")
        dialect.start()
        gate = gate_class(dialect, door, self.world.faults, self.world.journal)
        for _ in range(rules):
            self.world.faults.add({"kind": "response-lost", "match": {"account": "bob"}})
        loop = asyncio.new_event_loop()
        port = Port(gate, loop)
        loop.close()
        self.protocol = HttpProtocol(port)
        self.sink = Sinkhole()
        self.protocol.connection_made(self.sink)
        key = next(key for key in door.venue.keys.values() if door.venue.accounts[key.account_id].name == "alice")
        self._signer = Signer("127.0.0.1", key.api_key, key.material.reveal())
        self._requests = requests

    def round(self) -> Figures:
        """Microseconds of processor time per request."""
        orders = self._signer.orders(self._requests)
        feed = cast(Any, self.protocol).data_received
        gc.collect()
        began_ns = monotonic_ns()
        for request in orders:
            feed(request)
        return {"us": (monotonic_ns() - began_ns) / 1e3 / len(orders)}


def main() -> None:
    chosen = options(__doc__, ROUNDS).parse_args()
    requests = QUICK_REQUESTS if chosen.quick else REQUESTS
    served = {
        BARE: Served(BareGate, 0, requests),
        GATE: Served(ForgetfulGate, 0, requests),
        NONE: Served(Gate, 0, requests),
    }
    served |= {name: Served(Gate, rules, requests) for name, rules in ARMED.items()}
    contest = Contest(BARE)
    for name, one in served.items():
        contest.enter(name, one.round)
    contest.run(chosen_rounds(chosen), DEADLINE_S)
    shares = {name: contest.ratio(name, "us") - 1 for name in served}
    rows = [(name, f"{contest.median(name, 'us'):.2f}", f"{100 * shares[name]:+.1f} %") for name in served]
    table("A signed order or its cancel, bytes to bytes without sockets", ("", "us", "against the dialect alone"), rows)
    print(f"\n{amount(REQUESTS if not chosen.quick else QUICK_REQUESTS)} requests a round")
    verdict("cost of the fault layer with no rule armed", shares[GATE], GOAL, at_least=False)


if __name__ == "__main__":
    main()
