"""The guard that keeps client scripts on this machine refuses before anything is sent."""

import subprocess
import sys

import pytest

from conformance.clients.loopback import is_loopback
from conformance.harness import TESTS

GUARDED = "from conformance.clients.loopback import escapes, stay_on_loopback; stay_on_loopback(); import socket\n"


def guarded(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", GUARDED + code], cwd=TESTS, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize("host", [None, "", "localhost", b"localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine_is_loopback(host: object) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["api.exchange.invalid", "203.0.113.7", "10.0.0.1", "::2", "localhost.invalid"])
def test_every_other_host_is_not(host: object) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.getaddrinfo('api.exchange.invalid', 443)",
        "socket.gethostbyname('api.exchange.invalid')",
        "socket.create_connection(('api.exchange.invalid', 443), timeout=1)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('203.0.113.7', 9))",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect_ex(('203.0.113.7', 9))",
    ],
)
def test_a_guarded_client_cannot_leave(attempt: str) -> None:
    ended = guarded(attempt)
    assert ended.returncode != 0
    assert "LeftLoopback" in ended.stderr


def test_an_escape_is_remembered_when_its_exception_is_swallowed() -> None:
    ended = guarded(
        "try:\n    socket.getaddrinfo('api.exchange.invalid', 443)\nexcept RuntimeError:\n    print(escapes)"
    )
    assert "api.exchange.invalid" in ended.stdout


def test_a_guarded_client_reaches_this_machine() -> None:
    ended = guarded(
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    socket.create_connection(server.getsockname(), timeout=5).close()\n"
        "print(escapes)"
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "[]"), ended.stderr
