import json

from simexchange.app import Options
from simexchange.banner import banner
from simexchange.description import Description, describe_venue, env_name, read_env
from simexchange.domain.commands import CreateKey
from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.secret import Secret
from simexchange.services.clock import ManualClock
from simexchange.venues import VENUES
from small_world import ALICE_KEY, ALICE_SECRET, LOCKED_KEY, LOCKED_SECRET, small_world


def description() -> Description:
    world = small_world(Options(), ManualClock(1_700_000_000_000_000_000))
    venue = describe_venue(world.doors["binance"].venue, VENUES["binance"].spell, "127.0.0.1:8788")
    return Description(42, "calm", "http://127.0.0.1:8787", {"binance": venue}, "chosen-by-hand")


def test_the_json_line_has_the_documented_shape() -> None:
    line = description().as_json()
    assert "\n" not in line
    assert json.loads(line) == {
        "version": "0.1.0",
        "seed": 42,
        "scenario": "calm",
        "control_url": "http://127.0.0.1:8787",
        "control_token": "chosen-by-hand",
        "venues": {
            "binance": {
                "rest_url": "http://127.0.0.1:8788",
                "ws_url": "ws://127.0.0.1:8788",
                "symbols": ["BTCUSDT"],
                "accounts": [
                    {
                        "name": name,
                        "permissions": ["read", "trade"],
                        "balances": {"USDT": "100000", "BTC": "2.5"},
                        "api_key": api_key,
                        "api_secret": secret,
                        "passphrase": None,
                        "key_type": "hmac",
                    }
                    for name, api_key, secret in (
                        ("alice", ALICE_KEY, ALICE_SECRET),
                        ("locked", LOCKED_KEY, LOCKED_SECRET),
                    )
                ],
            }
        },
    }


def test_the_env_lines_say_the_same() -> None:
    assert list(description().as_env()) == [
        "SIMX_SEED=42",
        "SIMX_SCENARIO=calm",
        "SIMX_CONTROL_URL=http://127.0.0.1:8787",
        "SIMX_CONTROL_TOKEN=chosen-by-hand",
        "SIMX_BINANCE_REST_URL=http://127.0.0.1:8788",
        "SIMX_BINANCE_WS_URL=ws://127.0.0.1:8788",
        "SIMX_BINANCE_SYMBOLS=BTCUSDT",
        f"SIMX_BINANCE_ALICE_API_KEY={ALICE_KEY}",
        f"SIMX_BINANCE_ALICE_API_SECRET={ALICE_SECRET}",
        f"SIMX_BINANCE_LOCKED_API_KEY={LOCKED_KEY}",
        f"SIMX_BINANCE_LOCKED_API_SECRET={LOCKED_SECRET}",
    ]


def test_while_a_key_replaces_another_the_latest_is_the_accounts() -> None:
    world = small_world(Options(), ManualClock(0))
    venue = world.doors["binance"].venue
    alice = venue.keys[ALICE_KEY].account_id
    key = CreateKey(alice, "n" * 64, KeyKind.HMAC, Secret("next"), (Permission.READ,))
    world.doors["binance"].submit(key)
    described = describe_venue(venue, VENUES["binance"].spell, "127.0.0.1:1")
    assert [account.api_key for account in described.accounts if account.name == "alice"] == [ALICE_KEY, "n" * 64]
    account = described.account("alice")
    assert account is not None
    assert (account.api_key, account.api_secret) == ("n" * 64, "next")
    lines = list(Description(1, "calm", "http://x", {"binance": described}).as_env())
    assert [line for line in lines if "ALICE_API_KEY" in line] == [f"SIMX_BINANCE_ALICE_API_KEY={'n' * 64}"]


def test_names_become_names_of_environment_variables() -> None:
    assert env_name("binance-usdm") == "BINANCE_USDM"
    assert env_name("zoë o'neil 2") == "ZO__O_NEIL_2"


def test_the_banner_shows_all_a_person_needs_in_plain_text() -> None:
    assert banner(description(), in_color=False) == (
        "\n"
        "simexchange 0.1.0  a simulated exchange: nothing here is real money\n"
        "seed 42   scenario calm   clock real time\n"
        "\n"
        "venue    REST                   WebSocket            symbols\n"
        "control  http://127.0.0.1:8787\n"
        "binance  http://127.0.0.1:8788  ws://127.0.0.1:8788  1\n"
        "\n"
        "last prices  BTCUSDT 60000.00\n"
        "\n"
        "accounts of binance\n"
        "account  permissions                             balances\n"
        "alice    read, trade                             USDT 100000  BTC 2.5\n"
        f"  key    {ALICE_KEY}\n"
        f"  secret {ALICE_SECRET}\n"
        "locked   read, trade (only from 203.0.113.7/32)  USDT 100000  BTC 2.5\n"
        f"  key    {LOCKED_KEY}\n"
        f"  secret {LOCKED_SECRET}\n"
        "\n"
        "to copy\n"
        "  simexchange config ccxt --venue binance --account alice --url http://127.0.0.1:8788 --seed 42\n"
        "  curl http://127.0.0.1:8788/api/v3/ticker/price\n"
        "  http://127.0.0.1:8787/?token=chosen-by-hand    # the page, and then /docs: what the control API offers\n"
        "  simexchange ctl --url http://127.0.0.1:8787 --token chosen-by-hand faults add response-lost count=1\n"
        "  simexchange coverage    # how true to the venue each endpoint, stream, error and limit is\n"
        "\n"
        "Ctrl-C stops the exchange.\n"
    )


def test_the_lines_for_an_environment_are_read_back_with_whatever_stands_around_them() -> None:
    lines = [
        "# for a bot",
        *description().as_env(),
        "PATH=/usr/bin",
        "SIMX_EMPTY=",
        "SIMX_SECRET=a=b==",
        "SIMX_NOTHING",
    ]
    read = read_env(lines)
    assert read["SIMX_BINANCE_ALICE_API_SECRET"] == ALICE_SECRET
    assert (read["SIMX_EMPTY"], read["SIMX_SECRET"]) == ("", "a=b==")
    assert [f"{name}={value}" for name, value in read.items()] == [*description().as_env(), *lines[-3:-1]]


def test_colour_changes_nothing_but_the_colour() -> None:
    plain, colored = (banner(description(), in_color) for in_color in (False, True))
    assert "\x1b" not in plain
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[36m"):
        assert code in colored
        colored = colored.replace(code, "")
    assert [line.rstrip() for line in colored.splitlines()] == plain.splitlines()


def test_no_repr_gives_a_secret_away() -> None:
    assert ALICE_SECRET not in repr(description())
    assert ALICE_SECRET not in f"{description()}"
