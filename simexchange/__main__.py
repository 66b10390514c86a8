"""``python -m simexchange`` is the ``simexchange`` command."""

from simexchange.cli import main

main()
