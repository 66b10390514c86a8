from itertools import permutations

import pytest

from simexchange.services.faults.layers import Layers


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_layers_go_in_any_order_and_the_latest_that_is_left_decides(order: tuple[str, ...]) -> None:
    layers, now, left = Layers(), 0, ["a", "b", "c"]
    for value, rule in enumerate(left, start=1):
        now = layers.put("price", rule, value, now)
        assert now == value
    for rule in order:
        now = layers.take("price", rule, now)
        left.remove(rule)
        assert now == ("abc".index(left[-1]) + 1 if left else 0)
    assert layers.top("price", "nobody's") == "nobody's"


def test_a_rule_that_changes_its_mind_keeps_its_place() -> None:
    layers = Layers()
    layers.put("price", "a", 1, 0)
    layers.put("price", "b", 2, 1)
    assert layers.put("price", "a", 3, 2) == 2
    assert layers.take("price", "b", 2) == 3
    assert layers.take("price", "a", 3) == 0


def test_somebody_else_has_the_last_word() -> None:
    layers = Layers()
    layers.put("price", "a", 1, 0)
    assert layers.take("price", "a", 7) == 7
    layers.put("price", "a", 1, 0)
    assert layers.put("price", "b", 2, 7) == 2
    assert layers.take("price", "a", 2) == 2
    assert layers.take("price", "b", 2) == 7
