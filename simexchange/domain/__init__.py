"""Values: what an exchange talks about. No I/O, no clock, no randomness, no floats."""
