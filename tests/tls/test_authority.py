import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simexchange.services.clock import NANOSECONDS, WorldClock
from simexchange.transports.authority import (
    AuthorityUnusable,
    default_folder,
    folder_of,
    open_authority,
    read_certificate,
)
from simexchange.transports.certificates import make_leaf

NOW_NS = WorldClock().wall_ns()
DAY_NS = 86_400 * NANOSECONDS
HOSTS = ["api.venue.example"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "ca"


def test_it_is_made_on_first_use_for_its_owner_alone(folder: Path) -> None:
    made = open_authority(folder, HOSTS, NOW_NS)
    assert (made.file, made.renewed) == (folder / "ca.pem", None)
    assert sorted(path.name for path in folder.iterdir()) == ["ca-key.pem", "ca.pem"]
    assert [mode(folder), mode(folder / "ca-key.pem"), mode(folder / "ca.pem")] == [0o700, 0o600, 0o644]
    assert (folder / "ca.pem").read_text() == made.identity.certificate_pem()
    assert read_certificate(folder) == made.identity.certificate


def test_it_is_used_again(folder: Path) -> None:
    first = open_authority(folder, HOSTS, NOW_NS)
    later = open_authority(folder, HOSTS, NOW_NS + 1_000 * DAY_NS)
    assert (later.identity.reveal_pem(), later.renewed) == (first.identity.reveal_pem(), None)


def test_a_lost_or_foreign_certificate_is_put_right(folder: Path) -> None:
    pem = open_authority(folder, HOSTS, NOW_NS).identity.certificate_pem()
    for spoil in (lambda: (folder / "ca.pem").unlink(), lambda: (folder / "ca.pem").write_text("x")):
        spoil()
        open_authority(folder, HOSTS, NOW_NS)
        assert (folder / "ca.pem").read_text() == pem


def test_one_that_ends_is_replaced_and_that_is_told(folder: Path) -> None:
    first = open_authority(folder, HOSTS, NOW_NS)
    later = open_authority(folder, HOSTS, NOW_NS + 3_600 * DAY_NS)
    assert later.identity.fingerprint != first.identity.fingerprint
    assert later.renewed == f"it ends on {first.identity.certificate.not_valid_after_utc:%Y-%m-%d}"
    assert read_certificate(folder) == later.identity.certificate
    assert mode(folder / "ca-key.pem") == 0o600


def test_one_that_lacks_a_host_is_replaced_and_that_is_told(folder: Path) -> None:
    open_authority(folder, HOSTS, NOW_NS)
    later = open_authority(folder, [*HOSTS, "api.new.example"], NOW_NS)
    assert later.renewed == "it may not vouch for api.new.example"
    assert open_authority(folder, HOSTS, NOW_NS).identity.fingerprint == later.identity.fingerprint


def test_exchanges_that_start_together_agree(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_authority(folder, HOSTS, NOW_NS), range(16)))
    assert len({authority.identity.fingerprint for authority in opened}) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["ca-key.pem", "ca.pem"]


def test_without_a_folder_it_is_in_memory_and_new_each_time() -> None:
    first, second = (open_authority(None, HOSTS, NOW_NS) for _ in range(2))
    assert first.file is second.file is None
    assert first.identity.fingerprint != second.identity.fingerprint


def test_a_damaged_key_is_left_alone_and_told(folder: Path) -> None:
    open_authority(folder, HOSTS, NOW_NS)
    key = folder / "ca-key.pem"
    key.write_text("spoilt")
    with pytest.raises(AuthorityUnusable) as told:
        open_authority(folder, HOSTS, NOW_NS)
    assert str(told.value) == (
        f"{key}: there is no certificate with its private key in it; move it away, and the next start makes another"
    )
    assert key.read_text() == "spoilt"


def test_somebody_s_own_authority_is_left_alone_and_told(folder: Path) -> None:
    own = make_leaf(open_authority(folder, HOSTS, NOW_NS).identity, HOSTS, NOW_NS).reveal_pem()
    (folder / "ca-key.pem").write_bytes(own)
    with pytest.raises(AuthorityUnusable, match="this is somebody's own authority, and no simexchange's; move it away"):
        open_authority(folder, HOSTS, NOW_NS)
    assert (folder / "ca-key.pem").read_bytes() == own


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuthorityUnusable) as told:
        open_authority(tmp_path / "file" / "ca", HOSTS, NOW_NS)
    assert str(told.value) == (
        f"the certificate authority cannot be kept in {tmp_path / 'file' / 'ca'}: Not a directory; --ca-dir"
        " (SIMX_CA_DIR) names another folder, and 'none' keeps it in memory"
    )


def test_what_is_no_certificate_is_told(tmp_path: Path) -> None:
    assert read_certificate(tmp_path) is None
    (tmp_path / "ca.pem").write_text("x")
    with pytest.raises(AuthorityUnusable, match="no certificate that can be read; `simexchange ca export` renews it"):
        read_certificate(tmp_path)


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"HOME": "/h"}, "linux", "/h/.local/share/simexchange"),
        ({"HOME": "/h", "XDG_DATA_HOME": "/x"}, "linux", "/x/simexchange"),
        ({"HOME": "/h", "XDG_DATA_HOME": "relative"}, "linux", "/h/.local/share/simexchange"),
        ({"HOME": "/h", "XDG_DATA_HOME": ""}, "linux", "/h/.local/share/simexchange"),
        ({"HOME": "/h", "XDG_DATA_HOME": "/x"}, "darwin", "/h/Library/Application Support/simexchange"),
        ({"HOME": "/h", "LOCALAPPDATA": "/l"}, "win32", "/l/simexchange"),
    ],
)
def test_it_lives_where_the_platform_keeps_data(environment: dict[str, str], platform: str, expected: str) -> None:
    assert default_folder(environment, platform) == Path(expected)


def test_the_option_names_a_folder_or_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_of("none") is None
    assert folder_of("here") == tmp_path / "here"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert folder_of(None) == default_folder()
