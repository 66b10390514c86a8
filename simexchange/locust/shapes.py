"""How many users when. Subclass one in a locustfile and set its figures; ``abstract = False`` has Locust take it."""

from typing import ClassVar

from locust import LoadTestShape


class Steady(LoadTestShape):
    """So many users for so long."""

    abstract = True
    users: ClassVar[int] = 20
    spawn_rate: ClassVar[float] = 20.0
    seconds: ClassVar[int] = 60

    def tick(self) -> tuple[int, float] | None:
        return (self.users, self.spawn_rate) if self.get_run_time() < self.seconds else None


class OpenBurst(LoadTestShape):
    """A few users, then all of them at once as when a market opens, then a few again."""

    abstract = True
    users: ClassVar[int] = 10
    peak: ClassVar[int] = 100
    before_seconds: ClassVar[int] = 10
    peak_seconds: ClassVar[int] = 20
    after_seconds: ClassVar[int] = 30

    def tick(self) -> tuple[int, float] | None:
        at = self.get_run_time()
        ends = self.before_seconds + self.peak_seconds
        if at >= ends + self.after_seconds:
            return None
        return (self.peak if self.before_seconds <= at < ends else self.users), float(self.peak)


class ReconnectStorm(LoadTestShape):
    """Everybody goes and comes back at once, again and again: what an exchange sees after it dropped its streams."""

    abstract = True
    users: ClassVar[int] = 50
    every_seconds: ClassVar[int] = 10
    times: ClassVar[int] = 5

    def tick(self) -> tuple[int, float] | None:
        at = self.get_run_time()
        if at >= self.every_seconds * self.times:
            return None
        is_gone = at % self.every_seconds > self.every_seconds - 2
        return (0 if is_gone else self.users), float(self.users)
