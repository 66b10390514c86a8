"""The book: price-time priority and nothing else. Imports ``domain`` only."""
