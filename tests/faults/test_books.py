"""Books that are wrong on the wire while the engine's is right."""

import json
from typing import Any

import pytest

from fault_bench import FaultBench, StreamWire
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.faults import books

STREAMS = ("btcusdt@depth@100ms", "btcusdt@depth5@100ms", "btcusdt@bookTicker")
DEPTH = "/api/v3/depth?symbol=BTCUSDT&limit=10"


def quoted() -> FaultBench:
    """Bids at 60,000 and 59,990, asks at 60,010 and 60,020."""
    bench = FaultBench()
    for side, price in (("BUY", "60000"), ("BUY", "59990"), ("SELL", "60010"), ("SELL", "60020")):
        bench.alice.order(side=side, price=price)
    return bench


def change(bench: FaultBench, price: str, side: str = "BUY", quantity: str = "0.2") -> None:
    bench.bob.order(side=side, price=price, quantity=quantity)
    bench.advance(100 * MILLISECOND)


def listen(bench: FaultBench) -> StreamWire:
    return bench.stream("/stream?streams=" + "/".join(STREAMS))


def by_stream(socket: StreamWire) -> dict[str, list[Any]]:
    """What came of each stream, as it was told."""
    found: dict[str, list[Any]] = {stream: [] for stream in STREAMS}
    for message in socket.messages():
        found[message["stream"]].append(message["data"])
    return found


def rest(bench: FaultBench) -> Any:
    return bench.ask(bench.raw("GET", DEPTH)).json


def test_a_frozen_book_is_told_again_and_again_and_trades_go_on() -> None:
    bench = quoted()
    socket = bench.stream("/ws/btcusdt@depth@100ms/btcusdt@trade")
    armed = bench.arm("stale-book", match={"symbol": "BTC/USDT"})
    change(bench, "60010")
    change(bench, "59980")
    change(bench, "59970")
    texts = socket.texts()
    depths = [text for text in texts if "depthUpdate" in text]
    assert depths == [depths[0]] * 3
    assert [json.loads(text)["t"] for text in texts if '"e":"trade"' in text] == [1]
    bench.plan.remove(armed.id)
    change(bench, "59960")
    (moved,) = socket.messages()
    assert moved["b"] == [["59960.00000000", "0.20000000"]]
    assert moved["U"] > json.loads(depths[0])["u"] + 1


def test_what_sockets_got_first_is_forgotten_once_they_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MOST_LINES", 3)
    bench = quoted()
    stale = bench.plan._faults[bench.arm("stale-book").id]
    assert isinstance(stale, books.Stale)
    stays = bench.stream(f"/ws/{STREAMS[0]}")
    change(bench, "59980")
    (first,) = stays.texts()
    for _ in range(10):
        gone = bench.stream(f"/ws/{STREAMS[0]}")
        change(bench, "59970", quantity="0.01")
        assert len(gone.texts()) == 1
        gone.hang_up()
        assert len(stale._first) <= 3
    change(bench, "59960")
    assert stays.texts() == [first] * 11


def test_time_may_stand_still_while_levels_move() -> None:
    bench = quoted()
    socket = listen(bench)
    plain = bench.stream(f"/ws/{STREAMS[0]}")
    frozen_at = bench.now_ms
    bench.arm("stale-book", freeze="event_time", match={"connection": socket.number})
    change(bench, "59980")
    change(bench, "59970")
    told, expected = by_stream(socket), plain.messages()
    assert [message["E"] for message in told[STREAMS[0]]] == [frozen_at, frozen_at]
    assert [message | {"E": frozen_at} for message in expected] == told[STREAMS[0]]


def test_time_stands_still_in_the_unit_that_the_socket_asked_for() -> None:
    bench = quoted()
    socket = bench.stream(f"/ws/{STREAMS[0]}?timeUnit=MICROSECOND")
    frozen_at = bench.now_ms * 1_000
    bench.arm("stale-book", freeze="event_time")
    change(bench, "59980")
    assert [message["E"] for message in socket.messages()] == [frozen_at]


def test_the_best_levels_may_stand_still_while_deeper_ones_move() -> None:
    bench = quoted()
    socket = listen(bench)
    bench.arm("stale-book", freeze="top_only")
    change(bench, "60005")
    change(bench, "59985")
    told = by_stream(socket)
    assert [(message["b"], message["a"]) for message in told[STREAMS[0]]] == [
        ([], []),
        ([["59985.00000000", "0.20000000"]], []),
    ]
    first, second = told[STREAMS[0]]
    assert second["U"] == first["u"] + 1, "no gap gives it away"
    assert told[STREAMS[1]][-1]["bids"] == [
        ["60000.00000000", "0.10000000"],
        ["59990.00000000", "0.10000000"],
        ["59985.00000000", "0.20000000"],
    ]
    ticker = told[STREAMS[2]][-1]
    assert (ticker["b"], ticker["B"], ticker["a"]) == ("60000.00000000", "0.10000000", "60010.00000000")


def test_books_may_stop_while_trades_go_on() -> None:
    bench = quoted()
    socket = bench.stream("/ws/" + "/".join((*STREAMS, "btcusdt@trade")))
    bench.arm("book-frozen", freeze="stopped")
    change(bench, "60010")
    assert [message["e"] for message in socket.messages()] == ["trade"]


def test_a_crossed_book_has_its_best_bid_above_its_best_ask() -> None:
    bench = quoted()
    socket = listen(bench)
    bench.arm("book-crossed", ticks=3)
    change(bench, "60001")
    told = by_stream(socket)
    crossing = ["60010.03000000", "0.10000000"]
    assert told[STREAMS[0]][0]["b"] == [crossing, ["60001.00000000", "0.20000000"]]
    assert told[STREAMS[0]][0]["a"] == []
    assert told[STREAMS[1]][0]["bids"][:2] == [crossing, ["60001.00000000", "0.20000000"]]
    assert (told[STREAMS[2]][0]["b"], told[STREAMS[2]][0]["a"]) == (crossing[0], "60010.00000000")
    assert rest(bench)["bids"][0] == ["60001.00000000", "0.20000000"], "the engine's book is what it was"


def test_a_book_without_asks_cannot_be_crossed() -> None:
    bench = FaultBench()
    socket = bench.stream(f"/ws/{STREAMS[0]}")
    bench.arm("book-crossed")
    change(bench, "59000")
    assert socket.messages()[0]["b"] == [["59000.00000000", "0.20000000"]]


def test_rest_tells_the_book_of_the_moment_the_rule_began_over_http_and_sockets_alike() -> None:
    bench = quoted()
    api = bench.stream("/ws-api/v3")
    old = rest(bench)
    armed = bench.arm("book-delta-before-snapshot")
    change(bench, "60005")
    assert rest(bench) == old
    api.say({"id": 1, "method": "depth", "params": {"symbol": "BTCUSDT", "limit": 10}})
    assert api.messages()[0]["result"] == old
    assert bench.ask(bench.raw("GET", "/api/v3/trades?symbol=BTCUSDT")).status == 200
    assert [(fired.endpoint, fired.symbol) for fired in bench.fired] == [
        ("GET /api/v3/depth", "BTC/USDT"),
        ("depth", "BTC/USDT"),
    ]
    bench.plan.remove(armed.id)
    now = rest(bench)
    assert now["lastUpdateId"] == old["lastUpdateId"] + 1
    assert now["bids"][0] == ["60005.00000000", "0.20000000"]


def test_an_old_snapshot_is_brought_up_to_date_as_often_as_asked_for() -> None:
    bench = quoted()
    bench.arm("stale-snapshot", refresh="1s")
    change(bench, "60005")
    before = rest(bench)
    bench.advance(SECOND)
    assert rest(bench)["lastUpdateId"] == before["lastUpdateId"] + 1


def test_a_depth_request_that_is_refused_stays_refused() -> None:
    bench = quoted()
    bench.arm("stale-snapshot")
    target = "/api/v3/depth?symbol=BTCUSDT&limit=none"
    assert bench.ask(bench.raw("GET", target)).json == quoted().ask(bench.raw("GET", target)).json


@pytest.mark.parametrize(("options", "shift"), [({"ids": "restart"}, None), ({"ids": "jump", "by": 500}, 500)])
def test_all_ids_move_together_and_back_when_the_rule_goes(options: dict[str, Any], shift: int | None) -> None:
    bench = quoted()
    socket = listen(bench)
    true_id = bench.market.book.update_id
    by = -true_id if shift is None else shift
    armed = bench.arm("book-service-reset", match={"symbol": "BTCUSDT"}, **options)
    change(bench, "60005")
    told = by_stream(socket)
    now = true_id + 1 + by
    assert [(message["U"], message["u"]) for message in told[STREAMS[0]]] == [(now, now)]
    assert [message["lastUpdateId"] for message in told[STREAMS[1]]] == [now]
    assert [message["u"] for message in told[STREAMS[2]]] == [now]
    assert rest(bench)["lastUpdateId"] == now
    assert [fired.kind for fired in bench.fired] == ["book-service-reset"], "it happens once"
    bench.plan.remove(armed.id)
    change(bench, "59985")
    assert by_stream(socket)[STREAMS[0]][0]["U"] == true_id + 2
    assert rest(bench)["lastUpdateId"] == true_id + 2


def test_a_book_that_no_rule_means_is_told_as_it_is() -> None:
    bench = quoted()
    bench.list_instrument("ETH/USDT")
    heard = []
    for kind in (None, "stale-book", "book-crossed", "book-service-reset"):
        bench = quoted()
        bench.list_instrument("ETH/USDT")
        if kind is not None:
            bench.arm(kind, match={"symbol": "ETH/USDT"})
        socket = listen(bench)
        change(bench, "60005")
        heard.append((socket.take(), rest(bench)))
    assert heard[1:] == heard[:1] * 3
