"""A world with one instrument and two accounts, built through the door in no time, for tests of the faces."""

from typing import Final

from simexchange.app import Options
from simexchange.domain.commands import CreateAccount, CreateKey, Deposit, ListInstrument
from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.ids import FIRST_ACCOUNT
from simexchange.domain.instrument import Asset, Instrument, Rules
from simexchange.domain.secret import Secret
from simexchange.domain.units import parse_units
from simexchange.services.clock import WorldClock
from simexchange.world import World

ALICE_KEY: Final = "a" * 64
ALICE_SECRET: Final = "canary" * 10
LOCKED_KEY: Final = "b" * 64
LOCKED_SECRET: Final = "locked" * 10


def small_world(options: Options, clock: WorldClock) -> World:
    world = World(clock, options.seed)
    for name in options.venues:
        door = world.open_venue(name)
        instrument = Instrument("BTC/USDT", Asset("BTC"), Asset("USDT"))
        rules = Rules(tick_size=parse_units("0.01", 8), lot_size=parse_units("0.00001", 8))
        door.submit(ListInstrument(instrument, rules, 100_000, 100_000, parse_units("60000", 8)))
        owners = (("alice", ALICE_KEY, ALICE_SECRET, ()), ("locked", LOCKED_KEY, LOCKED_SECRET, ("203.0.113.7/32",)))
        for account_id, (owner, api_key, secret, ip_allow) in enumerate(owners, FIRST_ACCOUNT):
            door.submit(CreateAccount(account_id, owner))
            door.submit(Deposit(account_id, "USDT", parse_units("100000", 16)))
            door.submit(Deposit(account_id, "BTC", parse_units("2.5", 16)))
            permissions = (Permission.READ, Permission.TRADE)
            key = CreateKey(account_id, api_key, KeyKind.HMAC, Secret(secret), permissions, ip_allow)
            door.submit(key)
    return world
