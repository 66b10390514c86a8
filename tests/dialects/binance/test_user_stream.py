"""User data events, whole and in order: what an account hears of its orders and money, on every kind of socket."""

from typing import Any

import pytest

from dialects.binance.stream_bench import BTC, SECRET, START_MS, Bench, Socket, key_of, sign
from dialects.binance.user_bench import listen, position, report
from simexchange.domain.commands import CancelAllOrders, CancelOrder, Deposit, SetTradingStatus, Withdraw
from simexchange.domain.enums import SelfTradePrevention, Side, TimeInForce, TradingStatus
from simexchange.domain.units import parse_units

NOW = START_MS


@pytest.fixture
def bench() -> Bench:
    return Bench()


def reports(socket: Socket) -> list[dict[str, Any]]:
    return [event for event in socket.take() if event["e"] == "executionReport"]


def test_a_new_order_is_reported_with_every_key_in_the_documented_order(bench: Bench) -> None:
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.BUY, "2", "100")
    new, held = socket.raw()
    assert new.decode() == (
        f'{{"e":"executionReport","E":{NOW},"s":"BTCUSDT","c":"order-1","S":"BUY","o":"LIMIT","f":"GTC",'
        '"q":"2.00000000","p":"100.00000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"NEW","X":"NEW",'
        f'"r":"NONE","i":1,"l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"T":{NOW},"t":-1,'
        f'"I":1,"w":true,"m":false,"M":false,"O":{NOW},"Z":"0.00000000","Y":"0.00000000","Q":"0.00000000",'
        f'"W":{NOW},"V":"EXPIRE_MAKER"}}'
    )
    assert held.decode() == (
        f'{{"e":"outboundAccountPosition","E":{NOW},"u":{NOW},'
        '"B":[{"a":"USDT","f":"999800.00000000","l":"200.00000000"}]}'
    )


def test_a_market_order_that_outgrows_the_book_is_reported_step_by_step(bench: Bench) -> None:
    bench.place(bench.bob, Side.SELL, "1", "100")
    bench.place(bench.bob, Side.SELL, "1", "101")
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.BUY, "3")
    market = {"c": "order-3", "o": "MARKET", "q": "3.00000000", "p": "0.00000000", "i": 3}
    fill = {"x": "TRADE", "X": "PARTIALLY_FILLED", "l": "1.00000000", "n": "0.00100000", "N": "BTC", "w": False}
    assert socket.take() == [
        report(**market, I=3),
        report(
            **market,
            **fill,
            z="1.00000000",
            L="100.00000000",
            t=1,
            I=4,
            M=True,
            Z="100.00000000",
            Y="100.00000000",
        ),
        report(
            **market,
            **fill,
            z="2.00000000",
            L="101.00000000",
            t=2,
            I=6,
            M=True,
            Z="201.00000000",
            Y="101.00000000",
        ),
        report(
            **market,
            x="EXPIRED",
            X="EXPIRED",
            z="2.00000000",
            I=8,
            w=False,
            Z="201.00000000",
            eR="INSUFFICIENT_LIQUIDITY",
        ),
        position(("USDT", "999799.00000000", "0.00000000"), ("BTC", "1000001.99800000", "0.00000000")),
    ]


def test_a_maker_hears_of_its_fills_while_it_rests_and_when_it_is_done(bench: Bench) -> None:
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.BUY, "2", "100")
    socket.take()
    bench.advance(50)
    bench.place(bench.bob, Side.SELL, "0.5", "100")
    bench.place(bench.bob, Side.SELL, "1.5", "99")
    at = {"E": NOW + 50, "T": NOW + 50}
    fill = {"x": "TRADE", "L": "100.00000000", "N": "BTC", "m": True, "M": True}
    assert socket.take() == [
        report(
            **at,
            **fill,
            X="PARTIALLY_FILLED",
            l="0.50000000",
            z="0.50000000",
            n="0.00050000",
            t=1,
            I=4,
            w=True,
            Z="50.00000000",
            Y="50.00000000",
        ),
        position(
            ("BTC", "1000000.49950000", "0.00000000"),
            ("USDT", "999800.00000000", "150.00000000"),
            at=NOW + 50,
        ),
        report(
            **at,
            **fill,
            X="FILLED",
            l="1.50000000",
            z="2.00000000",
            n="0.00150000",
            t=2,
            I=7,
            w=False,
            Z="200.00000000",
            Y="150.00000000",
        ),
        position(
            ("BTC", "1000001.99800000", "0.00000000"),
            ("USDT", "999800.00000000", "0.00000000"),
            at=NOW + 50,
        ),
    ]


def test_a_cancel_is_reported_under_its_own_id_with_the_original_beside(bench: Bench) -> None:
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.BUY, "2", "100")
    socket.take()
    bench.door.submit(CancelOrder(bench.alice, BTC, order_id=1, request_id="cancel-1"))
    assert socket.take() == [
        report(c="cancel-1", C="order-1", x="CANCELED", X="CANCELED", I=2, w=False),
        position(("USDT", "1000000.00000000", "0.00000000")),
    ]


def test_canceling_all_reports_every_order_before_the_money(bench: Bench) -> None:
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.BUY, "2", "100")
    bench.place(bench.alice, Side.BUY, "2", "99")
    socket.take()
    bench.door.submit(CancelAllOrders(bench.alice, BTC, "all"))
    assert [(event["e"], event.get("C")) for event in socket.take()] == [
        ("executionReport", "order-1"),
        ("executionReport", "order-2"),
        ("outboundAccountPosition", None),
    ]


@pytest.mark.parametrize(
    ("time_in_force", "reason"),
    [(TimeInForce.IOC, "UNFILLED_IOC_QUANTITY_EXPIRED"), (TimeInForce.FOK, "UNFILLED_FOK_ORDER_EXPIRED")],
)
def test_an_order_for_now_or_never_expires_with_its_reason(
    bench: Bench, time_in_force: TimeInForce, reason: str
) -> None:
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.BUY, "2", "100", time_in_force=time_in_force)
    word = time_in_force.name
    assert reports(socket) == [
        report(f=word),
        report(f=word, x="EXPIRED", X="EXPIRED", I=2, w=False, eR=reason),
    ]


def test_an_order_that_the_venue_ends_expires_as_canceled_by_the_exchange(bench: Bench) -> None:
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.BUY, "2", "100")
    socket.take()
    bench.door.submit(SetTradingStatus(BTC, TradingStatus.CLOSED))
    assert reports(socket) == [report(x="EXPIRED", X="EXPIRED", I=2, w=False, eR="EXCHANGE_CANCELED")]


def test_conditional_keys_come_where_they_belong(bench: Bench) -> None:
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.SELL, "2", "100", post_only=True, strategy_id=7, strategy_type=1_000_001)
    [new] = reports(socket)
    assert new == report(S="SELL", o="LIMIT_MAKER", j=7, J=1_000_001)
    assert list(new)[-5:] == ["Q", "j", "J", "W", "V"]


def test_a_market_order_by_amount_reports_the_amount_and_what_it_bought(bench: Bench) -> None:
    bench.place(bench.bob, Side.SELL, "5", "100")
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.BUY, "0", quote_quantity=parse_units("250", 16))
    new, fill = reports(socket)
    assert (new["Q"], new["q"]) == ("250.00000000", "2.50000000")
    assert (fill["X"], fill["z"], fill["Z"]) == ("FILLED", "2.50000000", "250.00000000")


def prevention(**changes: Any) -> dict[str, Any]:
    return {
        "v": 0,
        "A": "2.00000000",
        "B": "2.00000000",
        "u": -1,
        "Cs": "BTCUSDT",
        "pl": "2.00000000",
        "pL": "100.00000000",
        "pY": "200.00000000",
    } | changes


def test_a_maker_that_self_trade_prevention_expires_says_what_would_have_traded(bench: Bench) -> None:
    bench.place(bench.alice, Side.BUY, "2", "100")
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.SELL, "3", "99", self_trade_prevention=SelfTradePrevention.EXPIRE_MAKER)
    new, expired = reports(socket)
    assert new["x"] == "NEW"
    assert expired == report(x="TRADE_PREVENTION", X="EXPIRED_IN_MATCH", I=expired["I"], w=False, **prevention(U=2))
    keys = list(expired)
    assert keys[keys.index("t") + 1] == "v"
    assert keys[keys.index("V") + 1 :] == ["A", "B", "u", "U", "Cs", "pl", "pL", "pY"]


def test_decrementing_reports_the_survivor_and_the_one_that_ends(bench: Bench) -> None:
    bench.place(bench.alice, Side.BUY, "5", "100")
    bench.place(bench.bob, Side.SELL, "1", "100")
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.SELL, "2", "100", self_trade_prevention=SelfTradePrevention.DECREMENT)
    new, survivor, ended = reports(socket)
    assert new["V"] == "DECREMENT"
    assert survivor == report(
        q="5.00000000",
        x="TRADE_PREVENTION",
        X="PARTIALLY_FILLED",
        z="1.00000000",
        Z="100.00000000",
        I=survivor["I"],
        **prevention(U=3),
    )
    assert (ended["c"], ended["X"], ended["A"], ended["U"]) == ("order-3", "EXPIRED_IN_MATCH", "2.00000000", 1)
    assert (ended["w"], ended["m"]) == (False, False)


def test_money_that_comes_and_goes_is_an_update_and_a_position(bench: Bench) -> None:
    socket = listen(bench, bench.alice)
    bench.door.submit(Deposit(bench.alice, "BTC", parse_units("100", 16)))
    bench.door.submit(Withdraw(bench.alice, "BTC", parse_units("0.5", 16)))
    assert [message.decode() for message in socket.raw()] == [
        f'{{"e":"balanceUpdate","E":{NOW},"a":"BTC","d":"100.00000000","T":{NOW}}}',
        (
            f'{{"e":"outboundAccountPosition","E":{NOW},"u":{NOW},'
            '"B":[{"a":"BTC","f":"1000100.00000000","l":"0.00000000"}]}'
        ),
        f'{{"e":"balanceUpdate","E":{NOW},"a":"BTC","d":"-0.50000000","T":{NOW}}}',
        (
            f'{{"e":"outboundAccountPosition","E":{NOW},"u":{NOW},'
            '"B":[{"a":"BTC","f":"1000099.50000000","l":"0.00000000"}]}'
        ),
    ]


def test_an_account_hears_nothing_of_others(bench: Bench) -> None:
    socket = listen(bench, bench.alice)
    bench.place(bench.bob, Side.SELL, "1", "100")
    bench.place(bench.bob, Side.BUY, "0.5", "99")
    bench.door.submit(Deposit(bench.bob, "BTC", 1))
    assert socket.raw() == []


def test_a_refused_order_makes_no_report(bench: Bench) -> None:
    socket = listen(bench, bench.alice)
    bench.place(bench.alice, Side.BUY, "1000000", "100")
    assert socket.raw() == []


def test_a_listen_key_may_stand_wherever_a_stream_name_may(bench: Bench) -> None:
    key = bench.dialect.listen_keys.start(bench.alice)
    combined = bench.connect(f"/stream?streams=btcusdt@trade/{key}")
    subscribed = bench.connect("/ws")
    subscribed.subscribe(key)
    bench.place(bench.alice, Side.BUY, "2", "100")
    wrapped = combined.take()
    assert [message["stream"] for message in wrapped] == [key, key]
    assert [message["data"] for message in wrapped] == subscribed.take()
    subscribed.ask({"method": "UNSUBSCRIBE", "params": [key], "id": 2})
    bench.place(bench.alice, Side.BUY, "2", "99")
    assert subscribed.raw() == []


def test_a_listen_key_that_runs_out_says_so_and_falls_silent(bench: Bench) -> None:
    key = bench.dialect.listen_keys.start(bench.alice)
    sockets = [bench.connect(f"/ws/{key}"), bench.connect(f"/stream?streams={key}")]
    for _ in range(180):
        bench.advance(20_000)
        for socket in sockets:
            socket.session.on_pong(socket.sink.pings[-1])
    expired = {"e": "listenKeyExpired", "E": NOW + 3_600_000, "listenKey": key}
    assert [socket.take() for socket in sockets] == [[expired], [{"stream": key, "data": expired}]]
    bench.place(bench.alice, Side.BUY, "2", "100")
    assert [socket.raw() for socket in sockets] == [[], []]


def test_a_dead_listen_key_is_no_stream(bench: Bench) -> None:
    socket = bench.connect("/ws")
    assert socket.ask({"method": "SUBSCRIBE", "params": ["a" * 64], "id": 1}) == {
        "error": {"code": 2, "msg": "Invalid request: invalid stream"},
        "id": 1,
    }
    bench.connect(f"/ws/{'a' * 64}")


def test_all_listeners_of_an_account_get_the_very_same_bytes(bench: Bench) -> None:
    sockets = [listen(bench, bench.alice) for _ in range(3)]
    apis = [subscribe_by_signature(bench) for _ in range(2)]
    bench.place(bench.alice, Side.BUY, "2", "100")
    raw = [socket.raw() for socket in sockets]
    wrapped = [socket.raw() for socket in apis]
    assert [[id(message) for message in sent] for sent in raw] == [[id(message) for message in raw[0]]] * 3
    assert [[id(message) for message in sent] for sent in wrapped] == [[id(message) for message in wrapped[0]]] * 2
    assert wrapped[0] == [b'{"subscriptionId":0,"event":%s}' % message for message in raw[0]]


def subscribe_by_signature(bench: Bench, account: str = "alice", **options: str) -> Socket:
    query = "&".join(f"{name}={value}" for name, value in options.items())
    socket = bench.connect(f"/ws-api/v3?{query}")
    params = sign({"apiKey": key_of(account), "timestamp": NOW}, SECRET)
    answer = socket.ask({"id": 1, "method": "userDataStream.subscribe.signature", "params": params})
    assert answer["result"] == {"subscriptionId": 0}
    return socket


def test_a_match_is_told_to_the_taker_before_the_maker_and_orders_before_money(bench: Bench) -> None:
    bench.place(bench.alice, Side.BUY, "1", "100")
    bench.place(bench.alice, Side.BUY, "1", "99")
    socket = subscribe_by_signature(bench)
    params = sign({"apiKey": key_of("bob"), "timestamp": NOW}, SECRET)
    socket.ask({"id": 1, "method": "userDataStream.subscribe.signature", "params": params})
    bench.place(bench.bob, Side.SELL, "2", "99")
    alice, bob = 0, 1
    assert [(told["subscriptionId"], told["event"]["e"], told["event"].get("t")) for told in socket.take()] == [
        (bob, "executionReport", -1),
        (bob, "executionReport", 1),
        (alice, "executionReport", 1),
        (bob, "executionReport", 2),
        (alice, "executionReport", 2),
        (bob, "outboundAccountPosition", None),
        (alice, "outboundAccountPosition", None),
    ]


def test_microseconds_are_spoken_to_those_who_ask(bench: Bench) -> None:
    socket = subscribe_by_signature(bench, timeUnit="MICROSECOND")
    bench.place(bench.alice, Side.BUY, "2", "100")
    new, held = (message["event"] for message in socket.take())
    assert (new["E"], new["T"], new["O"], new["W"]) == (NOW * 1000,) * 4
    assert (held["E"], held["u"]) == (NOW * 1000,) * 2


def test_an_account_that_nobody_listens_to_costs_nothing(bench: Bench) -> None:
    listen(bench, bench.alice).leave()
    assert bench.dialect.streams.users.accounts == 0
