"""Projections of events into what a venue publishes about its market: tape, candles, rolling statistics."""
