"""The server: the workspace over HTTP, and the page."""
