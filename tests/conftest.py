"""Makes `tests/` importable (so that tests write `from builders import ...`) and bounds hypothesis."""

import sys
from pathlib import Path

from hypothesis import settings

pytest_plugins = ("pytester",)

TESTS = Path(__file__).resolve().parent
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

# No deadline: a shared machine's pauses say nothing about the code. Derandomized: a red run is red for all.
settings.register_profile("simexchange", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("simexchange")
