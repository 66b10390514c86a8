from simexchange.services.likeness import LONGEST, did_you_mean, nearest


def test_the_name_that_was_meant_is_asked_for_or_all_are_told() -> None:
    names = ("response-lost", "request-lost", "downtime")
    assert did_you_mean("respons-lost", names) == "did you mean 'response-lost'?"
    assert did_you_mean("xyz", names) == "there is response-lost, request-lost, downtime"
    assert did_you_mean("xyz", names, "the catalogue lists them") == "the catalogue lists them"
    assert did_you_mean("xyz", ()) == "there is none"
    assert nearest("down-time", iter(names)) == "downtime"
    assert nearest("xyz", names) is None


def test_a_name_of_any_length_takes_no_time() -> None:
    assert nearest("a" * LONGEST + "b" * 10_000_000, ["a" * LONGEST]) == "a" * LONGEST
