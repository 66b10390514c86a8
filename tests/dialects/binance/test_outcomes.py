"""What answers mean, read from the bytes that clients get."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simexchange.dialects.base import Reply
from simexchange.dialects.binance import errors
from simexchange.dialects.binance.outcomes import of_message, of_reply
from simexchange.domain.errors import RejectReason
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.outcomes import ORDER_FAULTS, Answer, Outcome


def reply(status: int, code: int | None = None, text: str = "", *headers: tuple[bytes, bytes]) -> Reply:
    body = b"" if code is None else json.dumps({"code": code, "msg": text}).encode()
    return Reply(status, body, headers)


MEANINGS = [
    (errors.WEIGHT_EXCEEDED, Answer.RATE_LIMITED),
    (errors.REQUESTS_EXCEEDED, Answer.RATE_LIMITED),
    (errors.IP_BANNED, Answer.BANNED),
    (errors.ORDERS_EXCEEDED, Answer.ORDERS_EXCEEDED),
    (errors.OVERLOADED, Answer.OVERLOADED),
    (errors.SHUTTING_DOWN, Answer.UNAVAILABLE),
    (errors.TIMEOUT, Answer.UNKNOWN),
    (errors.UNEXPECTED_RESPONSE, Answer.UNKNOWN),
    (errors.INTERNAL, Answer.UNKNOWN),
    (errors.OUTSIDE_RECV_WINDOW, Answer.TIMESTAMP),
    (errors.AHEAD_OF_SERVER, Answer.TIMESTAMP),
    (errors.BAD_SIGNATURE, Answer.SIGNATURE),
    (errors.BAD_KEY, Answer.PERMISSION),
    (errors.BAD_KEY_FORMAT, Answer.PERMISSION),
    (errors.UNAUTHORIZED, Answer.PERMISSION),
    (errors.FILTER, Answer.FILTER),
    (errors.TOO_PRECISE, Answer.FILTER),
    (errors.MARKET_CLOSED, Answer.NOT_TRADING),
    (errors.REJECTED_BALANCE, Answer.BALANCE),
    (errors.REJECTED_DUPLICATE, Answer.DUPLICATE),
    (errors.REJECTED_WOULD_TAKE, Answer.ORDER_REJECTED),
    (errors.ORDER_UNKNOWN, Answer.ORDER_UNKNOWN),
    (errors.CANCEL_REJECTED, Answer.ORDER_UNKNOWN),
    (errors.MANDATORY, Answer.MALFORMED),
    (errors.BAD_SYMBOL, Answer.MALFORMED),
    (errors.LISTEN_KEY_UNKNOWN, Answer.MALFORMED),
]


@pytest.mark.parametrize(("entry", "answer"), MEANINGS, ids=lambda value: getattr(value, "value", ""))
def test_a_line_of_the_error_table_means_the_same_over_http_and_a_websocket(
    entry: errors.Entry, answer: Answer
) -> None:
    assert of_reply(reply(entry.status, entry.code, entry.text)).answer is answer
    message = {"id": 1, "status": entry.status, "error": {"code": entry.code, "msg": entry.text}}
    assert of_message(json.dumps(message).encode()).answer is answer


@pytest.mark.parametrize(
    ("status", "answer"),
    [(200, Answer.DONE), (101, Answer.DONE), (403, Answer.REFUSED), (451, Answer.REFUSED), (502, Answer.UNKNOWN)],
)
def test_a_page_means_what_its_status_says(status: int, answer: Answer) -> None:
    assert of_reply(Reply(status, b"<html>")) == Outcome(answer)


@pytest.mark.parametrize("reason", RejectReason)
def test_every_reject_of_the_engine_is_a_fault_of_the_order_or_names_what_is_missing(reason: RejectReason) -> None:
    entry = errors.REJECTS[reason]
    answer = of_reply(reply(entry.status, entry.code, entry.text)).answer
    assert answer in {*ORDER_FAULTS, Answer.ORDER_UNKNOWN, Answer.PERMISSION, Answer.REFUSED}


def test_the_wait_is_the_headers_and_a_bans_end_the_earlier_of_both() -> None:
    told_ns = 1_000 * SECOND
    limited = of_reply(reply(429, -1003, "x", (b"Retry-After", b"7")))
    assert limited == Outcome(Answer.RATE_LIMITED, 7 * SECOND)
    assert limited.waits_until(told_ns) == told_ns + 7 * SECOND
    text = errors.IP_BANNED.text.format(1_006_500)
    banned = of_reply(reply(418, -1003, text, (b"retry-after", b"7")))
    assert banned == Outcome(Answer.BANNED, 7 * SECOND, 1_006_500 * MILLISECOND)
    assert banned.waits_until(told_ns) == 1_006_500 * MILLISECOND
    assert of_reply(reply(429, -1003, "x")).waits_until(told_ns) is None


def test_the_wait_of_a_websocket_answer_is_an_instant() -> None:
    error: dict[str, Any] = {"code": -1003, "msg": "x", "data": {"serverTime": 1, "retryAfter": 5_000}}
    message = {"id": 1, "status": 429, "error": error}
    assert of_message(json.dumps(message).encode()) == Outcome(Answer.RATE_LIMITED, None, 5 * SECOND)


def test_no_answer_leaves_everything_open() -> None:
    assert of_message(None) == Outcome(Answer.UNKNOWN)
    assert of_message(b'{"id": 1, "status": 200, "result": {}}') == Outcome(Answer.DONE)


@given(status=st.integers(100, 599), body=st.binary(max_size=50) | st.from_regex(rb'\{"code": ?[-0-9"a]{1,5}\}'))
def test_any_bytes_mean_something(status: int, body: bytes) -> None:
    assert isinstance(of_reply(Reply(status, body)), Outcome)
    assert isinstance(of_message(body), Outcome)
