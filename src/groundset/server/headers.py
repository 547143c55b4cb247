"""Headers of every response: what the browser may load, frame, remember and tell."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from groundset.lake import Lake
from groundset.views.backdrops import backdrops

OWN_FRAMES = ("'self'", "http://localhost:*", "http://127.0.0.1:*")


def content_policy(frame_ancestors: Sequence[str] = (), pictures: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of the page: scripts are its own files, nothing comes from elsewhere.

    Args:
        frame_ancestors: Origins that may show it in a frame.
        pictures: Origins of web maps in the workspace's settings: their tiles, and nothing else, may come from there.
    """
    rules = {
        "default-src": "'self'",
        "script-src": "'self'",
        "worker-src": "'self' blob:",
        "connect-src": "'self'",
        "img-src": " ".join(("'self' blob: data:", *pictures)),
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self' data:",
        "frame-src": "'self' blob:",  # a release's report in the page's theme, in a sandbox
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": " ".join((*OWN_FRAMES, *frame_ancestors)),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def page_policy(lake: Lake, frame_ancestors: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of a workspace's page."""
    return content_policy(frame_ancestors, sorted({b.origin for b in backdrops(lake)}))


def common(frame_ancestors: Sequence[str] = ()) -> dict[str, str]:
    """Headers that every response gets unless its route says otherwise."""
    return {
        "Content-Security-Policy": content_policy(frame_ancestors),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cache-Control": "no-store",
    }


def with_headers(send: Send, extra: dict[str, str]) -> Send:
    """A ``send`` that adds these headers where a response has none of that name."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in extra.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
