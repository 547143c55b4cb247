"""One module a resource; routes hold no logic."""
