"""The README, taken apart: sections, and what they show as code."""

import re
from typing import Final

from client_environments import ROOT

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found is not None, f"the README has no section {title!r}"
    return found[1]


def blocks(title: str, language: str) -> list[str]:
    """The code blocks of a section in a language ("" for none)."""
    return re.findall(rf"^```{language}\n(.*?)^```$", section(title), re.MULTILINE | re.DOTALL)
