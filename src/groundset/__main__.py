"""``python -m groundset``."""

from groundset.cli.app import main

main()
