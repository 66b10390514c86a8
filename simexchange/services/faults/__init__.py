"""Faults: what goes wrong between a bot and a venue, on demand. Neutral: no byte of any venue is known here.

``rule`` says what a rule may say, ``kinds`` which kinds of fault there are, ``plan`` which rules are armed and what
they make of a request or a message, ``timeline`` what fired. One small module per family of kinds.
"""
