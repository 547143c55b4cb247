"""Real servers for tests, on loopback, as plain context managers; ``tests/conftest.py`` makes fixtures of them."""
