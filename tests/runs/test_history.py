from run_bench import RunBench
from simexchange.runs.history import Story


def told(story: Story) -> list[str]:
    return [f"{one.since_ns // 10**9} {one.text}" for one in story.happenings()]


def test_what_happened_is_told_in_order_and_a_rules_firings_as_one() -> None:
    bench = RunBench(
        "timeline: [{at: 2s, note: hello}, {at: 3s, for: 2s, halt: {symbol: BTC/USDT}}, {at: 9s, resume: {}}]"
    )
    story = Story(bench.runner.timeline.started_ns)
    bench.world.journal.listen(story.hear)
    bench.arm("response-lost", id="gone", when={"count": 2})
    bench.pass_time(1)
    bench.place("a1")
    bench.pass_time(5)
    bench.place("a2")
    bench.place("a3")
    assert told(story) == [
        "1 response-lost (gone) strikes alice POST /api/v3/order a1, 2 times in all",
        "2 note: hello",
        "3 halt BTC/USDT for 2s",
        "5 end of halt BTC/USDT for 2s",
    ]
    assert story.requests == 3


def test_a_reset_begins_a_new_story() -> None:
    bench = RunBench("timeline: [{at: 2s, note: hello}]")
    story = Story(bench.runner.timeline.started_ns)
    bench.world.journal.listen(story.hear)
    bench.pass_time(3)
    bench.world.reset()
    assert told(story) == []
    bench.pass_time(3)
    assert told(story) == ["2 note: hello"]


def test_neither_the_story_nor_a_verdict_tells_the_listen_key_of_a_path() -> None:
    bench = RunBench.expecting("{within: 9s, after: request-lost, see: no_request}")
    story = Story(bench.runner.timeline.started_ns)
    bench.world.journal.listen(story.hear)
    rule = bench.arm("request-lost", id="gone", match={"account": "alice", "endpoint": "GET /ws/*"})
    listen_key = bench.dialect.listen_keys.start(bench.alice.account_id)
    bench.stream(f"/ws/{listen_key}")
    bench.plan.remove(rule.id)
    bench.pass_time(5)
    bench.stream(f"/ws/{listen_key}")
    (verdict,) = bench.verdicts
    assert told(story) == ["0 request-lost (gone) strikes alice GET /ws/***"]
    assert verdict.why == "GET /ws/*** came 5s after it"
