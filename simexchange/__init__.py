"""A simulated exchange to trade on: real venue protocols, a live market, and no money at stake."""

__version__ = "0.1.0"

__all__ = ["__version__"]
