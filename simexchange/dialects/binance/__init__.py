"""Binance spot: REST, streams and WebSocket API, as the venue documents them."""
