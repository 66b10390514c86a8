"""The control API: for whoever runs the exchange, on a port of its own that no bot has business on."""
