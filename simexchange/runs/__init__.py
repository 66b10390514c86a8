"""Running a scenario: its timeline on a served world, what is expected of the bot in it, and ``simexchange run``."""
