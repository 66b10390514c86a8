from typing import Any

from control_bench import Control, with_control
from simexchange.control.masking import key_name
from small_world import ALICE_KEY, ALICE_SECRET

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}


async def explained(control: Control, url: str, **headers: str) -> dict[str, Any]:
    await control.venue.post(url, headers={"X-MBX-APIKEY": ALICE_KEY} | headers)
    request = control.exchange.world.journal.requests[-1]
    found: dict[str, Any] = await control.get(f"/journal/{request.seq}/signature")
    return found


def test_a_signature_that_fits_is_said_to_fit_and_the_string_is_shown() -> None:
    async def work(control: Control) -> None:
        assert (await control.signed("GET", "/api/v3/account")).status_code == 200
        seq = control.exchange.world.journal.requests[-1].seq
        found = await control.get(f"/journal/{seq}/signature")
        assert found == {
            "seq": seq,
            "venue": "binance",
            "endpoint": "GET /api/v3/account",
            "account": "alice",
            "key": key_name(ALICE_KEY),
            "verdict": "fits",
            "canonical": "timestamp=1767571200000",
            "rule": found["rule"],
            "signed": None,
            "mistake": "",
            "advice": "it is the key's over exactly this string",
        }

    with_control(work)


def test_neither_the_secret_nor_any_signature_is_ever_told() -> None:
    async def work(control: Control) -> None:
        for url in ("/api/v3/order?symbol=BTCUSDT&timestamp=1767571200000&signature=" + "ab" * 32, "/api/v3/order?a=b"):
            found = await explained(control, url)
            assert "ab" * 32 not in repr(found)
            assert ALICE_SECRET not in repr(found)
            assert ALICE_KEY not in repr(found)

    with_control(work)


def test_a_key_that_nobody_has_and_a_signature_that_is_missing_are_told_apart() -> None:
    async def work(control: Control) -> None:
        place = "/api/v3/order?symbol=BTCUSDT&timestamp=1767571200000"
        assert (await explained(control, place))["verdict"] == "missing"
        stranger = await explained(control, f"{place}&signature=00", **{"X-MBX-APIKEY": "c" * 64})
        assert stranger["verdict"] == "unknown key"
        assert (await explained(control, f"{place}&signature=00"))["verdict"] == "differs"

    with_control(work)


def test_what_is_not_signed_needs_no_explanation_and_what_is_no_request_has_none() -> None:
    async def work(control: Control) -> None:
        await control.venue.get("/api/v3/ping")
        seq = control.exchange.world.journal.requests[-1].seq
        assert (await control.get(f"/journal/{seq}/signature"))["verdict"] == "unsigned"
        for missing in (seq + 1_000, 0):
            problem = await control.refused("GET", f"/journal/{missing}/signature")
            assert problem["detail"].startswith(f"the journal has no request {missing};")
        assert (await control.refused("GET", "/journal/first/signature"))["status"] == 422

    with_control(work)
