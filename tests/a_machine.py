"""A machine whose time a test sets."""


class Machine:
    """Call it for its time, in ns; ``passes`` lets some go by."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns

    def passes(self, by_ns: int) -> None:
        self.now_ns += by_ns
