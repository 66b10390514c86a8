import json
from pathlib import Path

import pytest

from client_environments import ROOT
from simexchange import coverage
from simexchange.coverage import BEGIN, END, NoMarkers
from simexchange.dialects.base import Fidelity
from simexchange.venues import VENUES


def test_every_venue_has_rows_and_says_what_is_missing() -> None:
    for venue in VENUES:
        table = coverage.rows(venue)
        assert len(table) > 50
        assert {row.fidelity for row in table} == set(Fidelity)
        assert {"endpoint", "parameter", "stream", "error", "limit"} <= {row.kind for row in table}


def test_what_is_named_twice_is_named_alike() -> None:
    for venue, kind in VENUES.items():
        shown = {(row.kind, row.name): row.fidelity for row in coverage.rows(venue)}
        assert len(shown) == len(coverage.rows(venue))
        assert [row for row in kind.coverage() if row.fidelity is not shown[row.kind, row.name]] == []


def test_the_table_is_markdown_with_every_row_in_it() -> None:
    text = coverage.as_markdown()
    for row in coverage.rows("binance"):
        assert f"| {row.fidelity.value} |" in text
    assert text.count("<details>") == text.count("</details>") == len({r.kind for r in coverage.rows("binance")})
    assert all(line.count("|") - line.count("\\|") == 4 for line in text.splitlines() if line.startswith("| `"))


def test_json_holds_the_same_rows() -> None:
    table = json.loads(coverage.as_json())
    assert [row["name"] for row in table["binance"]] == [row.name for row in coverage.rows("binance")]
    assert set(table["binance"][0]) == {"kind", "name", "fidelity", "note"}


def test_writing_renews_what_is_between_the_markers_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"# before\n{BEGIN}\nworn out\n{END}\nafter\n")
    assert coverage.is_stale(file)
    assert coverage.write(file)
    assert not coverage.is_stale(file)
    assert not coverage.write(file)
    text = file.read_text()
    assert text.startswith(f"# before\n{BEGIN}\n\n### Binance spot\n")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "worn out" not in text


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_file_without_one_pair_of_markers_is_refused(text: str) -> None:
    with pytest.raises(NoMarkers):
        coverage.with_table(text)


def test_the_readmes_table_is_current() -> None:
    assert not coverage.is_stale(ROOT / "README.md"), "renew it: simexchange coverage --write README.md"
