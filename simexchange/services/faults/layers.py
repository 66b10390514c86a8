"""Values that several rules change at once: the latest decides, any of them may go first, and nothing is left.

Somebody else (an operator, a scenario) who changes such a value meanwhile has the last word: rules leave it so.
"""

from collections.abc import Hashable
from typing import Any


class Layers:
    """For each value by name: what it was, and what every rule that is in force has made of it, the latest last."""

    def __init__(self) -> None:
        self._layers: dict[Hashable, list[tuple[str, Any]]] = {}

    def put(self, name: Hashable, rule: str, value: Any, now: Any) -> Any:
        """A rule wants a value where there is ``now``; what is to be there. A rule has one layer, where it laid it."""
        layers = self._layers.get(name, [])
        if not layers or layers[-1][1] != now:
            layers = [("", now)]
        rules = [layer for layer, _ in layers]
        if rule in rules:
            layers[rules.index(rule)] = (rule, value)
        else:
            layers.append((rule, value))
        self._layers[name] = layers
        return layers[-1][1]

    def top(self, name: Hashable, otherwise: Any) -> Any:
        """What the latest rule made of it, or what it is otherwise."""
        return self._layers[name][-1][1] if name in self._layers else otherwise

    def take(self, name: Hashable, rule: str, now: Any) -> Any:
        """A rule goes; what is to be where there is ``now``."""
        layers = self._layers.get(name, [])
        left = [layer for layer in layers if layer[0] != rule]
        if len(left) > 1:
            self._layers[name] = left
        else:
            self._layers.pop(name, None)
        return left[-1][1] if layers and layers[-1][1] == now else now
