"""One exchange's state and its single writer, ``Venue.execute(command, ts_ns) -> Batch``."""
