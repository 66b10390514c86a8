from typing import Any

from fault_bench import StreamWire
from run_bench import RunBench

SIGNS = ("reconnected", "resubscribed", "user_stream_renewed")


class Streams(RunBench):
    """Alice has asked for something with her key, so that the address is known to be hers."""

    def __init__(self) -> None:
        super().__init__("expect:\n" + "".join(f"  - {{never: {sign}, account: alice}}\n" for sign in SIGNS))
        self.ask_as("alice", "GET", "/api/v3/account")

    @property
    def seen(self) -> set[str]:
        return {sign for sign, state in zip(SIGNS, self.states, strict=True) if state.value == "failed"}

    def user_stream(self) -> StreamWire:
        return self.stream("/ws/" + self.dialect.listen_keys.start(self.alice.account_id))


def test_a_first_socket_makes_up_for_nothing() -> None:
    bench = Streams()
    bench.stream("/ws/btcusdt@trade")
    bench.stream("/ws/btcusdt@depth")
    assert bench.seen == set()


def test_a_socket_after_one_was_lost_is_a_reconnect_and_its_streams_are_subscribed_again() -> None:
    bench = Streams()
    bench.stream("/ws/btcusdt@trade").hang_up()
    bench.pass_time(1)
    bench.stream("/ws/btcusdt@trade")
    assert bench.seen == {"reconnected", "resubscribed"}


def test_a_socket_that_listens_to_nothing_is_not_subscribed_until_it_asks() -> None:
    bench = Streams()
    bench.stream("/ws/btcusdt@trade").hang_up()
    again = bench.stream("/ws")
    assert bench.seen == {"reconnected"}
    again.say({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1})
    assert bench.seen == {"reconnected", "resubscribed"}


def test_a_socket_opened_before_the_old_one_is_given_up_has_taken_its_place() -> None:
    bench = Streams()
    old = bench.stream("/ws/btcusdt@trade")
    bench.pass_time(15)
    bench.stream("/ws/btcusdt@trade")
    assert bench.seen == set()
    bench.pass_time(5)
    old.hang_up()
    assert bench.seen == {"reconnected", "resubscribed"}


def test_a_socket_that_the_venue_ended_is_lost_too() -> None:
    bench = Streams()
    first = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-disconnect")
    bench.loop.turn()
    first.hang_up()
    bench.plan.clear()
    bench.stream("/ws/btcusdt@trade")
    assert "reconnected" in bench.seen


def test_a_new_user_stream_after_the_old_one_ended_is_seen() -> None:
    bench = Streams()
    bench.user_stream().hang_up()
    assert bench.seen == set()
    bench.user_stream()
    assert bench.seen == {"reconnected", "resubscribed", "user_stream_renewed"}


def test_a_public_socket_renews_no_user_stream() -> None:
    bench = Streams()
    bench.user_stream().hang_up()
    bench.stream("/ws/btcusdt@trade")
    assert bench.seen == {"reconnected", "resubscribed"}


def test_a_user_stream_over_the_websocket_api_is_one() -> None:
    bench = Streams()
    bench.user_stream().hang_up()
    socket = bench.stream("/ws-api/v3")
    params: dict[str, Any] = {"apiKey": bench.alice.api_key, "timestamp": bench.now_ms}
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    params["signature"] = bench.alice.signer.sign(text)
    socket.say({"id": 1, "method": "userDataStream.subscribe.signature", "params": params})
    assert [message["status"] for message in socket.messages()] == [200]
    assert bench.seen == {"reconnected", "resubscribed", "user_stream_renewed"}


def test_a_socket_from_another_address_makes_up_for_nothing() -> None:
    bench = Streams()
    bench.stream("/ws/btcusdt@trade").hang_up()
    bench.stream("/ws/btcusdt@trade", "203.0.113.9")
    assert bench.seen == set()
