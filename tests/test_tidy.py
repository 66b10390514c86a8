"""The style guide as a test: the whole project is tidy, and each rule is shown to be able to fail."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidy import FUNCTION_LINES, MODULE_LINES, Finding, Source, check_python, check_text

ROOT = Path(__file__).resolve().parent.parent
TEXT_SUFFIXES = frozenset(
    {".cfg", ".css", ".html", ".ini", ".js", ".json", ".md", ".py", ".toml", ".txt", ".yaml", ".yml", ""}
)
VENUES = frozenset({"binance", "bybit"})


def project_files() -> Iterator[tuple[str, str]]:
    """(path from the root, text) of every text file that is, or is about to be, part of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in sorted(filter(None, listed.stdout.decode().split("\0"))):
        path = ROOT / name
        if path.suffix in TEXT_SUFFIXES and "vendor" not in path.parts and path.is_file():
            yield name, path.read_text(encoding="utf-8")


def test_every_file_follows_the_style_guide() -> None:
    venues = frozenset(path.name for path in (ROOT / "simexchange" / "dialects").glob("*/"))
    findings: list[Finding] = []
    for name, text in project_files():
        findings += check_text(name, text)
        if name.endswith(".py"):
            findings += check_python(Source(name, text, venues))
    assert not findings, "\n" + "\n".join(map(str, findings))


def test_the_project_files_include_this_one() -> None:
    assert "tests/test_tidy.py" in dict(project_files())


def unbroken(text: str) -> str:
    """The examples below carry a `|` where they would otherwise break the rule they are examples of."""
    return text.replace("|", "")


def rules(path: str, text: str) -> list[str]:
    return [finding.rule for finding in check_python(Source(path, text, VENUES))]


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("simexchange/domain/order.py", "from simexchange.matching import matcher", "upward-import"),
        ("simexchange/domain/order.py", "from simexchange import venue", "upward-import"),
        ("simexchange/domain/order.py", "from ..venue import orders", "upward-import"),
        ("simexchange/domain/order.py", "def late():\n    import simexchange.world", "upward-import"),
        ("simexchange/matching/matcher.py", "importlib.import_module('simexchange.venue')", "upward-import"),
        ("simexchange/venue/__init__.py", "from ..services import clock", "upward-import"),
        ("simexchange/services/bus.py", "from simexchange.scenario import load", "upward-import"),
        ("simexchange/world.py", "from simexchange.dialects import base", "upward-import"),
        ("simexchange/transports/http.py", "from simexchange.app import main", "upward-import"),
        ("simexchange/dialects/base.py", "from simexchange.helpers import join", "upward-import"),
        (
            "simexchange/dialects/bybit/auth.py",
            "from simexchange.dialects.binance import auth",
            "dialect-import",
        ),
        ("simexchange/dialects/bybit/auth.py", "from ..binance.auth import sign", "dialect-import"),
        (
            "simexchange/dialects/bybit/__init__.py",
            "from simexchange.dialects import binance",
            "dialect-import",
        ),
        ("simexchange/dialects/base.py", "import simexchange.dialects.binance", "dialect-import"),
        ("simexchange/venue/keys.py", "import time", "stray-import"),
        ("simexchange/cli.py", "from time import monotonic", "stray-import"),
        ("simexchange/services/clock.py", "import random", "stray-import"),
        ("simexchange/venue/keys.py", "import secrets", "stray-import"),
        ("simexchange/services/bus.py", "import asyncio", "stray-import"),
        ("simexchange/dialects/base.py", "from starlette.responses import Response", "stray-import"),
        ("simexchange/cli.py", "import datetime\ndatetime.datetime.now(datetime.UTC)", "wall-clock"),
        ("simexchange/cli.py", "from datetime import datetime\nx = datetime.utcnow()", "wall-clock"),
        ("simexchange/cli.py", "from datetime import date as day\nx = day.today()", "wall-clock"),
        ("simexchange/venue/keys.py", "from uuid import uuid4\nx = uuid4()", "wall-clock"),
        ("simexchange/venue/keys.py", "import os\nx = os.urandom(8)", "wall-clock"),
        ("simexchange/domain/units.py", "HALF = 0.5", "float"),
        ("simexchange/matching/matcher.py", "def f(price: float) -> None: ...", "float"),
        ("simexchange/venue/fees.py", "rate = float(text)", "float"),
        ("simexchange/venue/fees.py", "mean = total / count", "float"),
        ("simexchange/services/bus.py", "total /= count", "float"),
        ("simexchange/domain/units.py", "tick = 10 ** -decimals", "float"),
        ("simexchange/services/market_data/ticker.py", "from decimal import Decimal", "float"),
        ("simexchange/cli.py", "x = 1\n" * (MODULE_LINES + 1), "size"),
        ("simexchange/cli.py", "def long():\n" + "    x = 1\n" * FUNCTION_LINES, "size"),
        ("simexchange/cli.py", "class A:\n  async def long():\n" + "    x = 1\n" * FUNCTION_LINES, "size"),
        ("simexchange/cli.py", "x = 1  # TO|DO: later", "left-for-later"),
        ("tests/test_cli.py", 'def f():\n    """Slow. FIX|ME."""', "left-for-later"),
        ("simexchange/cli.py", "# settle(order)", "commented-out-code"),
        ("simexchange/cli.py", "# Why it is so:\n# total = price * quantity", "commented-out-code"),
        ("simexchange/cli.py", "# for order in book:\n#     cancel(order)", "commented-out-code"),
        ("simexchange/cli.py", "# from a import b", "commented-out-code"),
        ("tests/test_cli.py", "def f():\n    pass\n    # assert f() == 3", "commented-out-code"),
    ],
)
def test_a_broken_rule_is_found(path: str, text: str, rule: str) -> None:
    assert set(rules(path, unbroken(text))) == {rule}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("simexchange/matching/matcher.py", "from simexchange.domain.order import Order"),
        ("simexchange/matching/matcher.py", "from .order_book import OrderBook"),
        ("simexchange/services/bus.py", "from ..domain import events"),
        ("simexchange/cli.py", "import asyncio\nfrom simexchange.transports import server"),
        ("simexchange/coverage.py", "from simexchange.dialects import binance, bybit"),
        ("simexchange/dialects/base.py", "from simexchange import __version__"),
        ("simexchange/dialects/__init__.py", "from simexchange.dialects import binance, bybit"),
        ("simexchange/dialects/bybit/auth.py", "from simexchange.dialects.base import Request"),
        ("simexchange/dialects/bybit/auth.py", "from simexchange.dialects.bybit import names"),
        (
            "simexchange/services/clock.py",
            "import time\nfrom datetime import datetime\nx = datetime.now(UTC)",
        ),
        ("simexchange/services/randomness.py", "import random"),
        ("simexchange/services/bus.py", "x = clock.now()"),
        ("simexchange/cli.py", "from datetime import datetime\nx = datetime.fromtimestamp(0, UTC)"),
        ("simexchange/venue/keys.py", "from uuid import uuid5\nx = uuid5(space, name)"),
        ("simexchange/domain/units.py", "half, rest = whole // 2, 10 ** decimals"),
        ("simexchange/services/market_models/price_path.py", "step: float = 0.5 / 3"),
        ("simexchange/transports/http.py", "seconds = nanoseconds / 1e9"),
        ("simexchange/cli.py", "x = 1\n" * MODULE_LINES),
        ("simexchange/cli.py", "def long():\n" + "    x = 1\n" * (FUNCTION_LINES - 1)),
        ("tests/test_cli.py", "x = 1\n" * (MODULE_LINES + 1)),
        ("simexchange/cli.py", "CODES = ['XXX']  # the code of no currency"),
        (
            "simexchange/cli.py",
            "# type: ignore[misc]\n# note: the maker pays\n# maker (resting) or taker\n# free + held",
        ),
        ("simexchange/cli.py", "x = 5  # f(4)\n# The result of f(4), which parse_units(x) reads back."),
        ("simexchange/cli.py", '"""Example: total = price * quantity"""'),
    ],
)
def test_what_the_rules_allow_passes(path: str, text: str) -> None:
    assert rules(path, text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("cd /|home/alice/bot", "machine-path"),
        ("open('/|tmp/out')", "machine-path"),
        ("volume: /|Users/alice", "machine-path"),
        ("https://py|pi.org/simple", "registry"),
        ("pip install --extra-index-|url x", "registry"),
        ("registry.npm|js.org/x", "registry"),
    ],
)
def test_a_machine_path_or_registry_is_found(text: str, rule: str) -> None:
    findings = list(check_text("README.md", f"first\n{unbroken(text)}\n"))
    assert [(finding.line, finding.rule) for finding in findings] == [(2, rule)]


@pytest.mark.parametrize(
    "text",
    ["GET /api/v3/order", "https://example.com/home/alice", "see tests/tmp/x", "pip install simexchange"],
)
def test_ordinary_text_passes(text: str) -> None:
    assert list(check_text("README.md", text)) == []


def test_a_finding_names_place_rule_and_remedy() -> None:
    (finding,) = check_python(Source("simexchange/venue/fees.py", "x = 1\ny = x / 2\n"))
    assert str(finding) == (
        "simexchange/venue/fees.py:2: float: a true division; "
        "count in ints: //, units.mul_div, parse_units (and joinpath for paths)"
    )
