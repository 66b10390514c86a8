import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simexchange.transports.client_hello import UNRECOGNIZED_NAME, fatal_alert, record_size, server_name


def hello(name: str | None) -> bytes:
    """The first record of a real client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = name is not None
    context.set_alpn_protocols(["h2", "http/1.1"])
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("name", ["api.binance.com", "localhost", "a.b-c.example", "API.Binance.COM"])
def test_the_name_is_found(name: str) -> None:
    assert server_name(hello(name)) == name.lower()


def test_a_client_may_name_nobody() -> None:
    assert server_name(hello(None)) is None


def test_a_record_says_how_long_it_is() -> None:
    record = hello("api.binance.com")
    assert record_size(record) == record_size(record[:5]) == len(record)
    assert [record_size(record[:count]) for count in range(5)] == [5, 5, 5, 5, 5]


def test_a_record_cut_short_has_no_name() -> None:
    record = hello("api.binance.com")
    assert {server_name(record[:cut]) for cut in range(len(record))} == {None}


@given(st.binary(max_size=600))
def test_any_bytes_have_a_name_or_none(data: bytes) -> None:
    name = server_name(data)
    assert name is None or name == name.lower()


@given(st.data())
def test_a_damaged_record_has_a_name_or_none(data: st.DataObject) -> None:
    record = bytearray(hello("api.binance.com"))
    for _ in range(3):
        record[data.draw(st.integers(5, len(record) - 1))] = data.draw(st.integers(0, 255))
    name = server_name(bytes(record))
    assert name is None or isinstance(name, str)


def test_an_alert_is_what_the_wire_has_for_it() -> None:
    assert fatal_alert(UNRECOGNIZED_NAME) == bytes.fromhex("15 0303 0002 02 70")
