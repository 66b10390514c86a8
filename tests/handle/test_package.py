import subprocess
import sys

import pytest

import simexchange


def test_the_package_has_the_names_it_tells_of() -> None:
    for name in simexchange.__all__:
        assert getattr(simexchange, name) is not None
    assert issubclass(simexchange.Refused, simexchange.SimxError)
    with pytest.raises(AttributeError, match="module 'simexchange' has no attribute 'server'"):
        _ = simexchange.server


def test_importing_it_imports_nothing_of_it() -> None:
    code = "import sys, simexchange; print([name for name in sys.modules if name.startswith('simexchange.')])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert ended.stdout == "[]\n"
