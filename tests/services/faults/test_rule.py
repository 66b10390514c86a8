import pytest

from simexchange.domain.enums import Side
from simexchange.services.durations import Duration
from simexchange.services.faults.facts import Call, Frame, OrderFacts, Purpose
from simexchange.services.faults.quantities import Probability, Source
from simexchange.services.faults.rule import Match, When, draw_ppb, plain_symbol, purpose_fits

CALL = Call(
    "binance",
    ("POST /api/v3/order", "order.place"),
    Purpose.PLACE,
    source="10.1.2.3",
    connection=4,
    key="k" * 64,
    account="alice",
    account_id=2,
    symbol="BTC/USDT",
    side=Side.BUY,
)


def frame(**facts: object) -> Frame:
    known = {"channel": "depth@100ms", "event": "depthUpdate", "symbol": "BTC/USDT", "source": "10.1.2.3"}
    return Frame("binance", 4, b"{}", lambda payload: None, **(known | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "match",
    [
        Match(),
        Match(venue="binance"),
        Match(account="alice", symbol="btcusdt", side="BUY"),
        Match(symbol="BTC-USDT", side="buy"),
        Match(endpoint="POST /api/v3/order"),
        Match(endpoint="post /api/v3/order"),
        Match(endpoint="order.place"),
        Match(endpoint="/api/v3/order"),
        Match(endpoint="* /api/v3/*"),
        Match(endpoint="order.*"),
        Match(key="k" * 64, connection=4, source_ip=Source("10.0.0.0/8")),
        Match(source_ip=Source("10.1.2.3")),
    ],
)
def test_a_call_fits_when_all_that_is_named_fits(match: Match) -> None:
    assert match.fits(CALL)


@pytest.mark.parametrize(
    "match",
    [
        Match(venue="bybit"),
        Match(account="bob"),
        Match(key="x" * 64),
        Match(symbol="ETHUSDT"),
        Match(side="sell"),
        Match(endpoint="GET /api/v3/order"),
        Match(endpoint="/api/v3/orders"),
        Match(endpoint="order.cancel"),
        Match(connection=5),
        Match(source_ip=Source("10.1.2.4")),
        Match(channel="depth"),
        Match(venue="binance", account="alice", symbol="BTCUSDT", side="sell"),
    ],
)
def test_a_call_does_not_fit_when_one_thing_does_not(match: Match) -> None:
    assert not match.fits(CALL)


@pytest.mark.parametrize(
    "channel", ["depth", "depth@100ms", "depthUpdate", "depth*", "public", "btcusdt@depth", "btcusdt@depth@100ms"]
)
def test_a_message_fits_by_channel_with_or_without_speed_by_event_and_by_being_public(channel: str) -> None:
    assert Match(channel=channel).fits(frame())


def test_a_channel_with_its_symbol_before_it_is_that_symbols() -> None:
    assert not Match(channel="ethusdt@depth").fits(frame())
    assert not Match(channel="btcusdt@trade").fits(frame())


def test_private_messages_are_those_about_an_account() -> None:
    private = frame(channel="", event="executionReport", account="alice", account_id=2)
    assert Match(channel="private").fits(private)
    assert Match(channel="executionReport", account="alice").fits(private)
    assert not Match(channel="public").fits(private)
    assert not Match(channel="private").fits(frame())


def test_a_rule_that_names_an_endpoint_is_about_no_message() -> None:
    assert not Match(endpoint="*").fits(frame())


def test_an_order_is_matched_by_what_orders_have() -> None:
    order = OrderFacts("binance", "alice", 2, "BTC/USDT", Side.SELL, 1, "mine")
    assert Match(venue="binance", account="alice", symbol="BTCUSDT", side="sell").fits(order)
    assert not Match(account="bob").fits(order)
    assert not Match(source_ip=Source("10.0.0.0/8")).fits(order)


def chosen(when: When, matches: int, draws: dict[int, int] | None = None) -> list[int]:
    fired: list[int] = []
    for ordinal in range(1, matches + 1):
        if when.chooses(ordinal, len(fired), lambda: (draws or {}).get(ordinal, 0)):  # noqa: B023 (called at once)
            fired.append(ordinal)
    return fired


@pytest.mark.parametrize(
    ("when", "ordinals"),
    [
        (When(), [1, 2, 3, 4, 5, 6, 7, 8]),
        (When(count=2), [1, 2]),
        (When(skip=3), [4, 5, 6, 7, 8]),
        (When(skip=3, count=1), [4]),
        (When(every_nth=3), [3, 6]),
        (When(skip=1, every_nth=3), [4, 7]),
        (When(skip=1, every_nth=3, count=1), [4]),
        (When(probability=Probability("1")), [1, 2, 3, 4, 5, 6, 7, 8]),
        (When(probability=Probability("0")), []),
    ],
)
def test_which_matches_are_acted_on(when: When, ordinals: list[int]) -> None:
    assert chosen(when, 8) == ordinals


def test_a_probability_is_compared_with_the_draw_of_that_ordinal() -> None:
    draws = {1: 500_000_000, 2: 199_999_999, 3: 200_000_000}
    assert chosen(When(probability=Probability("20%")), 3, draws) == [2]


def test_draws_depend_on_seed_rule_and_ordinal_alone_and_spread_evenly() -> None:
    draws = [draw_ppb(42, "fault-1", ordinal) for ordinal in range(10_000)]
    assert draws == [draw_ppb(42, "fault-1", ordinal) for ordinal in range(10_000)]
    assert draws != [draw_ppb(43, "fault-1", ordinal) for ordinal in range(10_000)]
    assert draws != [draw_ppb(42, "fault-2", ordinal) for ordinal in range(10_000)]
    hits = sum(draw < Probability("2%").ppb for draw in draws)
    assert abs(hits - 200) <= 4 * 14  # four standard deviations


def test_the_window_is_kept_as_two_durations() -> None:
    assert When(window=(Duration("10s"), Duration("40s"))).window == (10 * 10**9, 40 * 10**9)


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC-USDT", "btcusdt", "BTCUSDT", "btc_usdt"])
def test_all_spellings_of_a_symbol_are_one(symbol: str) -> None:
    assert plain_symbol(symbol) == "BTCUSDT"


def test_usual_purposes_bind_only_rules_without_an_endpoint() -> None:
    reads = frozenset({Purpose.ORDER_QUERY})
    assert not purpose_fits(reads, Match(), CALL)
    assert purpose_fits(reads, Match(endpoint="POST /api/v3/order"), CALL)
    assert purpose_fits(None, Match(), CALL)
