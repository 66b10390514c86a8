import io
import json
from pathlib import Path
from typing import Any

import pytest

from command_line import simexchange
from simexchange.locustfile import NothingRecorded, read_journal, save, write_locustfile
from simexchange.services.clock import SECOND

SIGNED = "timestamp=1&signature=***"


def request(method: str, path: str, query: str = "", at_s: int = 0, **more: Any) -> dict[str, Any]:
    entry = {"kind": "request", "method": method, "path": path, "query": query, "ts_ns": at_s * SECOND}
    return entry | {"venue": "binance", "account": "alice", "body": "", "upgrade": False} | more


ENTRIES = [
    request("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=100"),
    request("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=100", 1),
    request("POST", "/api/v3/order", f"symbol=BTCUSDT&side=BUY&quantity=0.1&newClientOrderId=x1&{SIGNED}", 2),
    request("DELETE", "/api/v3/order", f"symbol=BTCUSDT&orderId=7&{SIGNED}", 3),
    request("GET", "/ws/btcusdt@trade", at_s=3, upgrade=True),
    {"kind": "batch", "ts_ns": 0},
    request("GET", "/api/v3/time", at_s=8, account="bob"),
]


def test_a_recorded_bot_is_written_as_tasks_by_their_share() -> None:
    text = write_locustfile(ENTRIES, "bot.py")
    compile(text, "bot.py", "exec")
    assert "wait_time = constant_throughput(0.500)" in text
    assert (
        "    @task(2)\n"
        "    def get_v3_depth(self) -> None:\n"
        "        self.call('GET', '/api/v3/depth', symbol='BTCUSDT', limit='100')\n"
    ) in text
    assert (
        "        self.call('POST', '/api/v3/order', signed=True, newClientOrderId=self.next_id(), symbol='BTCUSDT',"
        " side='BUY', quantity='0.1')\n"
    ) in text


def test_what_names_an_order_of_the_recorded_venue_is_left_out_and_so_are_handshakes() -> None:
    text = write_locustfile(ENTRIES)
    assert "DELETE" not in text
    assert "ws/btcusdt" not in text


def test_one_account_can_be_picked() -> None:
    text = write_locustfile(ENTRIES, account="bob")
    assert "get_v3_time" in text
    assert "depth" not in text
    with pytest.raises(NothingRecorded, match="no request of carol"):
        write_locustfile(ENTRIES, account="carol")


def test_nothing_secret_and_nothing_masked_is_written() -> None:
    masked = request("POST", "/api/v3/userDataStream", "listenKey=***")
    text = write_locustfile([*ENTRIES, masked])
    assert "signature" not in text
    assert "***" not in text


@pytest.mark.parametrize("wrap", [list, lambda entries: {"entries": entries, "next": 9}])
def test_a_journal_is_read_whole_or_line_by_line(wrap: Any) -> None:
    assert read_journal(io.StringIO(json.dumps(wrap(ENTRIES)))) == ENTRIES
    lines = "\n".join(json.dumps(entry) for entry in ENTRIES)
    assert read_journal(io.StringIO(lines)) == ENTRIES


def test_what_is_no_journal_is_refused() -> None:
    with pytest.raises(NothingRecorded, match="that is no journal"):
        read_journal(io.StringIO("hello"))


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "bot.py"
    save("a", path)
    with pytest.raises(FileExistsError):
        save("b", path)
    assert path.read_text() == "a"


def test_the_command_writes_and_explains_itself(tmp_path: Path) -> None:
    journal = tmp_path / "journal.json"
    journal.write_text(json.dumps(ENTRIES))
    out = tmp_path / "bot.py"
    assert simexchange("locustfile", str(journal), "--out", str(out)).returncode == 0
    assert "class RecordedBot(ExchangeUser):" in out.read_text()
    again = simexchange("locustfile", str(journal), "--out", str(out))
    assert (again.returncode, again.stderr) == (1, f"simexchange: {out} exists; nothing was written\n")
    gone = simexchange("locustfile", str(tmp_path / "none.json"))
    assert gone.returncode == 1
    assert "No such file" in gone.stderr
