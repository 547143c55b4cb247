"""``python -m groundset.cli``."""

from groundset.cli.app import main

main()
