"""Everything a short calm produced, as one hash: for comparing processes with each other."""

import hashlib

import msgspec

from calm_market import START_NS
from simexchange.domain.events import Batch
from simexchange.domain.secret import Secret
from simexchange.scenario import build_world
from simexchange.services.bus import Stage
from simexchange.services.clock import MINUTE, ManualClock
from simexchange.services.market_data.candles import Interval


def fingerprint() -> str:
    """A hash over keys, all batches of three minutes, and some candles of every interval."""
    clock = ManualClock(START_NS)
    built = build_world("calm", clock, seed=5, accounts=3)
    digest = hashlib.sha256()

    def note(value: object) -> None:
        digest.update(msgspec.json.encode(value, enc_hook=_reveal))

    def hear(batch: Batch) -> None:
        note(batch)

    door = built.world.doors["binance"]
    note(built.accounts)
    door.bus.listen(Stage.DASHBOARD, hear)
    clock.advance(3 * MINUTE)
    for symbol in door.venue.markets:
        feed = door.market_data.feed(symbol)
        note([feed.candles.query(interval, limit=50) for interval in Interval])
        note(feed.tape.recent(200))
    return digest.hexdigest()


def _reveal(value: object) -> object:
    assert isinstance(value, Secret), value
    return value.reveal()
