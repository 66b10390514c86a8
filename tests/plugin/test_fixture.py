import threading
from textwrap import dedent

import pytest


def run(pytester: pytest.Pytester, code: str, *options: str) -> pytest.RunResult:
    """One test file, in this process, with nothing of it left in the project's cache."""
    pytester.makepyfile(dedent(code))
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)


def test_each_test_gets_the_exchange_at_its_start_with_time_standing_still(pytester: pytest.Pytester) -> None:
    threads = threading.active_count()
    result = run(
        pytester,
        """
        import pytest

        pytestmark = pytest.mark.simx(scenario="calm", seed=7)

        def test_first(simx):
            assert (simx.seed, simx.scenario, simx.clock.mode, simx.faults.list()) == (7, "calm", "manual", [])
            simx.faults.add("response-lost", account="alice", count=1)
            simx.binance.place("alice", "BTC/USDT", "buy", "0.01", 30_000)
            began = simx.now
            assert (simx.advance("5s") - began).total_seconds() == 5
            assert len(simx.binance.orders("alice")) == 1

        def test_second(simx):
            assert (simx.faults.list(), simx.binance.orders("alice", state="all")) == ([], [])
            assert (simx.journal(kind="request"), simx.faults.fired()) == ([], [])
        """,
    )
    result.assert_outcomes(passed=2)
    assert threading.active_count() == threads


def test_tests_without_a_marker_share_the_server_of_the_session(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_first(simx, simx_server):
            assert simx is simx_server
            assert (simx.seed, simx.clock.mode) == (11, "manual")

        def test_second(simx, simx_server):
            assert simx is simx_server
        """,
        "--simx-seed=11",
    )
    result.assert_outcomes(passed=2)


def test_other_markers_are_other_servers_and_equal_ones_the_same(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import pytest

        seen = {}

        @pytest.mark.simx(seed=1)
        class TestMarkers:
            @pytest.mark.parametrize("_", range(2))
            def test_nearest(self, simx, _):
                assert seen.setdefault("class", simx) is simx
                assert (simx.seed, simx.clock.mode) == (1, "manual")

            @pytest.mark.simx(seed=2, clock="real", venues=["binance"], accounts=2, limits="off")
            def test_nearest_wins(self, simx):
                assert simx is not seen["class"]
                assert (simx.seed, simx.clock.mode, len(simx.binance.accounts)) == (2, "real", 7)

            @pytest.mark.simx(clock="scaled", speed=20, start="2026-01-05T00:00:00Z")
            def test_what_is_not_said_comes_from_further_away(self, simx):
                assert (simx.seed, simx.clock.mode, simx.clock.speed) == (1, "scaled", "20")
                assert simx.now.isoformat().startswith("2026-01-05T00:")

        @pytest.mark.simx(scenario="thin-book")
        def test_scenario(simx):
            assert simx.scenario == "thin-book"
        """,
    )
    result.assert_outcomes(passed=5)


def test_a_scenario_may_be_a_file(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", mine="version: 1\nname: mine\nseed: 5\nvenues: {binance: {}}\n")
    result = run(
        pytester,
        """
        from pathlib import Path

        import pytest

        @pytest.mark.simx(scenario=Path("mine.yaml"))
        def test_mine(simx):
            assert (simx.scenario, simx.seed) == ("mine", 5)
        """,
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("senario='calm'", "@pytest.mark.simx has no argument 'senario'; did you mean 'scenario'?"),
        ("'calm'", "@pytest.mark.simx takes names alone, and was given 'calm': scenario='calm'?"),
        ("seed='seven'", "@pytest.mark.simx: Expected `int | null`, got `str` - at `$.seed`"),
        ("scenario='clam'", "there is no scenario 'clam'; did you mean 'calm'?"),
        ("clock='slow'", "there is no clock mode 'slow'; there is real, scaled, manual"),
        ("venues=['binanse']", "there is no venue 'binanse'; there is binance"),
    ],
)
def test_a_marker_of_no_sense_is_an_error_that_says_what_would_pass(
    pytester: pytest.Pytester, marker: str, told: str
) -> None:
    result = run(
        pytester,
        f"""
        import pytest

        @pytest.mark.simx({marker})
        def test_never_run(simx):
            raise AssertionError("it ran")
        """,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    result.stdout.no_fnmatch_line("*it ran*")


def test_the_marker_is_registered_and_the_options_are_explained(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.simx(scenario, seed, clock, venues, *"])
    result = pytester.runpytest_inprocess("--help")
    result.stdout.fnmatch_lines(["*--simx-url=URL*", "*--simx-seed=N*", "*--simx-keep*", "*--simx-allow-egress*"])


def test_few_servers_run_at_a_time_and_the_sessions_own_stays(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import threading

        import pytest

        def test_pinned(simx_server):
            assert simx_server.seed == 42

        @pytest.mark.parametrize("place", range(8))
        @pytest.mark.usefixtures("mark_by_place")
        def test_many(place, request):
            request.node.add_marker(pytest.mark.simx(seed=place))
            simx = request.getfixturevalue("simx")
            assert simx.seed == place
            assert sum(thread.name == "simexchange" for thread in threading.enumerate()) <= 4

        @pytest.fixture
        def mark_by_place():
            pass

        def test_still_there(simx_server):
            assert simx_server.clock.mode == "manual"
        """,
    )
    result.assert_outcomes(passed=10)


def test_a_running_exchange_is_used_and_made_what_a_test_wants(pytester: pytest.Pytester) -> None:
    import simexchange

    with simexchange.serve(seed=7) as served:
        url = served.control_url.replace("http://", f"http://{served.control_token}@")
        result = run(
            pytester,
            f"""
            import pytest

            def test_standing_still(simx):
                assert (simx.control_url, simx.seed) == ({served.control_url!r}, 7)
                assert (simx.scenario, simx.clock.mode) == ("calm", "manual")
                simx.binance.place("alice", "BTC/USDT", "buy", "0.01", 30_000)

            @pytest.mark.simx(seed=7, clock="real", venues=["binance"], scenario="lost-acks")
            def test_flowing(simx):
                assert (simx.scenario, simx.clock.mode) == ("lost-acks", "real")
                assert simx.binance.orders("alice", state="all") == []

            @pytest.mark.simx(seed=8)
            def test_another_seed(simx):
                pass

            @pytest.mark.simx(limits="off")
            def test_other_limits(simx):
                pass
            """,
            f"--simx-url={url}",
        )
    result.assert_outcomes(passed=2, errors=2)
    assert served.control_token not in result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            f"seed 8 is wanted, and the exchange at {served.control_url} has 7",
            "limits='off' cannot be had of a running exchange (--simx-url)",
        ]
    )


def test_an_address_where_nobody_answers_is_said(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_never_run(simx): pass", "--simx-url=http://127.0.0.1:9")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["nobody answers at http://127.0.0.1:9: *"])
