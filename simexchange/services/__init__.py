"""Around the venue: clock, randomness, journal, bus, limits, market data, market models. Still no sockets."""
