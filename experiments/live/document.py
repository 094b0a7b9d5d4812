"""The HTML of the page on its way out: its colours and parts before anything is painted, its language, its policy.

The document is Solara's. What must hold from the first paint on can't come from the app, which begins seconds later.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path

from experiments.live.guard import App, Message, Receive, Send, policy

_FRONT = Path(__file__).parent / "front"
_INLINE = re.compile(rb"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL | re.IGNORECASE)
_ZOOM = re.compile(rb'<meta name="viewport"[^>]*>')


@functools.cache
def _head() -> bytes:
    """What comes first in the head: style and scripts of the first paint."""
    style, *scripts = ((_FRONT / name).read_bytes() for name in ("first.css", "first.js", "parts.js"))
    return b"<style>" + style + b"</style>" + b"".join(b"<script>" + script + b"</script>" for script in scripts)


@functools.lru_cache(maxsize=4)
def prepared(page: bytes) -> tuple[bytes, str]:
    """A page with what it lacks, and the content security policy of just this page."""
    page = page.replace(b"<html>", b'<html lang="en">', 1).replace(b"<head>", b"<head>" + _head(), 1)
    page = _ZOOM.sub(b'<meta name="viewport" content="width=device-width, initial-scale=1">', page, count=1)
    return page, policy(_hashes(page))


def _hashes(page: bytes) -> list[str]:
    """The sources of the scripts that stand in a page, as a policy names them."""
    codes = [found["code"] for found in _INLINE.finditer(page) if b"src=" not in found["attributes"]]
    return [f"'sha256-{base64.b64encode(hashlib.sha256(code).digest()).decode()}'" for code in codes]


class Document:
    """An ASGI application around another whose HTML pages are prepared."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on, and prepare what is HTML."""
        await self.app(scope, receive, _Answer(send) if scope["type"] == "http" else send)


class _Answer:
    """Sends on what it is sent; a page it first collects as a whole."""

    def __init__(self, send: Send) -> None:
        self._send, self._body = send, b""
        self._start: Message = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = dict(message)
        elif not self._start or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish()

    async def _finish(self) -> None:
        body, allowed = prepared(self._body)
        headers = [(key, value) for key, value in self._start["headers"] if key.lower() != b"content-length"]
        headers += [(b"content-length", str(len(body)).encode()), (b"content-security-policy", allowed.encode())]
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _is_page(message: Message) -> bool:
    """HTML that is not compressed: the server is told to compress none."""
    headers = {key.lower(): value for key, value in message.get("headers", [])}
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers
