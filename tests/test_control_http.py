import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import simexchange
from simexchange.control_http import Unreachable, ask
from simexchange.handle.backend import SimxError

PATIENCE_S = 10.0


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads one request, answers it like this and hangs up; its address, and what it read."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection = listening.accept()[0]
            with connection, connection.makefile("rb") as stream:
                lines = list(iter(stream.readline, b"\r\n"))
                length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), 0)
                heard.extend((b"".join(lines), stream.read(length)))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_a_request_says_what_it_is_given_and_leaves_out_what_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with answering(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok") as (url, heard):
        answer = ask(
            url, "t0ken", "POST", "/verify", {"none": True, "at": None}, {"path": "/a b"}, patience_s=PATIENCE_S
        )
    assert (answer.status, answer.content_type, answer.body, answer.is_good) == (200, "text/plain", b"ok", True)
    head, body = heard
    assert head.startswith(b"POST /verify?none=true HTTP/1.1\r\n")
    assert b"authorization: bearer t0ken" in head.lower()
    assert body == b'{"path": "/a b"}'


def test_a_refusal_is_an_answer() -> None:
    with answering(b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 1\r\n\r\n-") as (url, _):
        answer = ask(url, None, "GET", "/", patience_s=PATIENCE_S)
    assert (answer.status, answer.content_type, answer.body, answer.is_good) == (404, "text/html", b"-", False)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-sshd\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n-"])
def test_whoever_hangs_up_or_speaks_something_else_is_no_exchange(answer: bytes) -> None:
    with answering(answer) as (url, _), pytest.raises(Unreachable):
        ask(url, None, "GET", "/", patience_s=PATIENCE_S)
    with answering(answer) as (url, _), pytest.raises(SimxError, match=f"nobody answers at {url}: "):
        simexchange.attach(url, "t0ken")
