"""What holds of every kind of fault there is, whatever its family."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from client_environments import ROOT
from fault_bench import FaultBench
from simexchange.control.field_help import help_of
from simexchange.dialects.binance.fault_forms import FORMS
from simexchange.services.clock import SECOND
from simexchange.services.faults.elsewhere import ELSEWHERE
from simexchange.services.faults.kinds import Kind, load_catalogue
from simexchange.services.faults.reading import RuleRefused, read_rule, show_rule

CATALOGUE = load_catalogue()
EVERY_KIND = pytest.mark.parametrize("kind", CATALOGUE.kinds.values(), ids=lambda kind: kind.name)
HERE = [kind for kind in CATALOGUE.kinds.values() if kind.venues is None or "binance" in kind.venues]
EVERY_KIND_HERE = pytest.mark.parametrize("kind", HERE, ids=lambda kind: kind.name)
CONTRACTS = "".join(
    path.read_text(encoding="utf-8")
    for folder in ("faults", "tls")
    for path in sorted((ROOT / "tests" / folder).glob("test_*.py"))
    if path.name != Path(__file__).name
)
"""What is armed by name in the tests of bytes and effects; this file arms them all alike."""
MARKET_MOVERS = ("flash-crash", "spread-blowout", "thin-book", "volume-burst")
"""They move a market that somebody makes, of which this bench has none."""
LASTING = ("balance-external-change",)
"""What they did is done: money that came stays."""
ANYWHERE = [kind for kind in HERE if kind.name not in MARKET_MOVERS]
FIXED_NAMES = (
    *("rate-limited", "ip-banned", "downtime", "maintenance", "clock-skew", "clock-drift", "latency", "response-lost"),
    *("request-lost", "error-after-accept", "order-not-visible", "fill-before-ack", "cancel-lost-to-fill"),
    *("partial-fill", "key-revoked", "permission-lost", "ws-drop", "ws-delay", "ws-duplicate", "ws-reorder", "ws-gap"),
    *("ws-silent", "ws-disconnect", "bad-checksum", "stale-book", "html-error", "truncated-body", "connection-reset"),
)

KNOWN_TO_BOTS = (
    *("tcp-connect-refused", "tcp-connect-blackhole", "dns-failure", "tls-handshake-failure", "http-keepalive-reset"),
    *("close-before-response", "tcp-slow-drip", "http-latency", "http-truncated-body", "http-malformed-json"),
    *("http-waf-403-html", "http-5xx-html-cdn", "http-venue-overload", "http-451-geo", "http-200-error-body"),
    *("endpoint-retired", "rate-limit-429-retry-after", "rate-limit-429-no-retry-after", "order-count-limit"),
    *("ip-ban-418-escalation", "kraken-counter-lockout", "overload-disguised-as-429", "ws-inbound-limit"),
    *("ws-connect-limit", "clock-ahead", "recvwindow-expired", "recvwindow-expired-in-queue", "server-clock-step"),
    *("nonce-invalid", "key-revoked-midrun", "key-permission-lost", "key-ip-not-allowlisted"),
    *("signature-rejected-sporadic", "account-locked", "ws-token-expired", "response-lost-after-accept"),
    *("request-lost-before-engine", "error-but-accepted", "duplicate-client-id", "order-not-visible-yet"),
    *("order-vanishes-after-terminal", "slow-ack", "fill-before-ack", "delayed-fill-event", "async-reject"),
    *("post-only-would-cross", "cancel-rejected-filled", "cancel-ack-lost", "partial-fill-then-cancel"),
    *("partial-fill-dust", "cancel-replace-half", "batch-partial-success", "self-trade-prevention"),
    *("reduce-only-rejected", "ws-abrupt-drop", "ws-close-code", "ws-silent-stall", "ws-halfopen-blackhole"),
    *("ws-24h-cut", "ws-shutdown-notice", "ws-pong-timeout", "ws-slow-consumer-cut", "ws-subscribe-lost"),
    *("listenkey-expiry", "private-dead-public-alive", "reconnect-refused", "ws-frame-edge", "ws-drop-message"),
    *("ws-duplicate-message", "ws-reorder", "user-event-out-of-order", "book-checksum-mismatch", "book-frozen"),
    *("book-crossed", "book-delta-before-snapshot", "book-service-reset", "reconnect-snapshot-diverges"),
    *("unknown-enum-or-field", "rest-ws-divergence", "insufficient-balance-race", "balance-external-change"),
    *("position-liquidated", "position-adl", "funding-settlement", "dead-man-switch-fires", "maintenance-mode"),
    *("cancel-only-mode", "post-only-mode", "symbol-halt-delist", "filters-change-runtime", "price-band-reject"),
    *("flash-crash", "spread-blowout", "volume-burst"),
)
"""The faults of exchanges as bots have met them, by the names under which research has listed them."""


@EVERY_KIND
def test_a_kind_says_what_it_is_and_what_a_good_bot_does(kind: Kind) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.name)
    assert kind.priority in ("P0", "P1", "P2")
    assert kind.family
    for text in (kind.summary, kind.correct_bot):
        assert text == text.strip()
        assert text.endswith(".")
        assert text[0].isupper()


@EVERY_KIND
def test_every_parameter_is_documented_and_has_a_default(kind: Kind) -> None:
    helps = help_of(kind.params)
    for field in msgspec.structs.fields(kind.params):
        assert not field.required, f"{kind.name} cannot be armed without {field.encode_name}"
        assert helps.get(field.encode_name), f"{kind.name}: {field.encode_name} has no line of help"


@EVERY_KIND_HERE
def test_a_kind_has_a_line_about_what_clients_of_the_venue_see(kind: Kind) -> None:
    assert FORMS.get(kind.name)


@EVERY_KIND_HERE
def test_a_kind_has_a_contract_test_of_its_own(kind: Kind) -> None:
    assert any(f'"{name}"' in CONTRACTS for name in (kind.name, *kind.aliases))


def test_no_line_is_about_a_kind_that_there_is_not() -> None:
    assert sorted(set(FORMS) - set(CATALOGUE.kinds)) == []


@pytest.mark.parametrize("name", FIXED_NAMES)
def test_the_names_that_users_hold_on_to_are_there(name: str) -> None:
    assert name in CATALOGUE.kinds


@pytest.mark.parametrize("name", KNOWN_TO_BOTS)
def test_a_fault_that_bots_know_is_there_or_its_absence_has_a_reason(name: str) -> None:
    if name not in ELSEWHERE:
        assert CATALOGUE.find(name) is not None
        return
    assert CATALOGUE.find(name) is None
    told = f"kind: there is no fault {name!r}: {ELSEWHERE[name]}"
    with pytest.raises(RuleRefused, match=f"^{re.escape(told)}$"):
        read_rule({"kind": name}, CATALOGUE, ["binance"])


def test_nothing_is_called_absent_that_nobody_asks_for() -> None:
    assert set(ELSEWHERE) <= set(KNOWN_TO_BOTS)


@EVERY_KIND
def test_an_alias_means_its_kind_and_no_kind_is_called_as_another_one(kind: Kind) -> None:
    for alias in kind.aliases:
        assert CATALOGUE.find(alias) is kind
        assert alias not in CATALOGUE.kinds


@EVERY_KIND
def test_a_rule_is_shown_as_it_is_read(kind: Kind) -> None:
    venue = "binance" if kind in HERE else (kind.venues or ("",))[0]
    spec = read_rule({"kind": kind.name, "match": {"venue": venue}, "ttl": "5m"}, CATALOGUE, [venue])
    assert read_rule(show_rule(spec), CATALOGUE, [venue]) == spec


@pytest.mark.parametrize("kind", [kind for kind in ANYWHERE if kind.name not in LASTING], ids=lambda kind: kind.name)
def test_a_rule_that_came_and_went_leaves_every_answer_as_it_was(kind: Kind) -> None:
    answers = []
    for armed in (False, True):
        bench = FaultBench()
        bench.world.keep(bench.dialect)
        if armed:
            rule = bench.arm(kind.name)
            bench.plan.remove(rule.id)
        assert (bench.plan.judges_calls, bench.plan.judges_frames) == (False, False)
        bench.advance(SECOND)
        answers.append(_everything(bench))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("kind", ANYWHERE, ids=lambda kind: kind.name)
def test_a_rule_may_change_while_it_is_armed_and_end_by_itself(kind: Kind) -> None:
    bench = FaultBench()
    bench.world.keep(bench.dialect)
    rule = bench.arm(kind.name, ttl="10s")
    assert bench.plan.change(rule.id, {"match": {"venue": "binance"}}).spec.match.venue == "binance"
    bench.advance(11 * SECOND)
    assert bench.plan.rules == ()
    assert bench.ask(bench.raw("GET", "/api/v3/ping")).status == 200


def _everything(bench: FaultBench) -> list[Any]:
    """What clients see of a venue that works."""
    stream = bench.stream("/ws/btcusdt@trade")
    socket = bench.stream("/ws-api/v3")
    seen: list[Any] = [
        bench.ask(bench.raw("GET", path)).raw
        for path in ("/api/v3/ping", "/api/v3/time", "/api/v3/exchangeInfo", "/sapi/v1/system/status")
    ]
    for client in (bench.alice, bench.bob):
        side = "BUY" if client is bench.alice else "SELL"
        seen.append(bench.ask(bench.order(client, side=side, newClientOrderId=client.name)).raw)
        seen.append(bench.ask(bench.request(client, "GET", "/api/v3/account")).raw)
    seen.append(bench.ask(bench.raw("GET", "/api/v3/depth?symbol=BTCUSDT")).raw)
    socket.say({"id": 1, "method": "time"})
    return [*seen, stream.texts(), socket.texts()]
