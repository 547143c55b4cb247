"""Kinds of tasks as releases see them, one module a kind."""
