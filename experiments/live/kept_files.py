"""Files of the page are kept in memory once they were sent, and sent again by the event loop alone.

Every file takes several turns of threads to be looked up, opened and read. Beside many tabs that open, each of those
threads waits for a processor while it has the interpreter, and the event loop, which must answer everybody, behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.live.guard import App, Message, Receive, Send

CDN = "/_solara/cdn/"
"""Where those are that Solara would fetch from elsewhere if it lacked them."""
FOLDERS = (CDN, "/static/", "/jupyter/nbextensions/")
"""Where all are: they come with packages and stay the same while the server runs."""
MOST_BYTES = 64 << 20  # all that a tab asks for is about four megabytes
_OF_A_BODY = (b"content-length", b"content-type", b"content-encoding")

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class _File:
    headers: Headers
    body: bytes

    async def send(self, known: bytes, send: Send) -> None:
        """To a browser that says which form of it (ETag) it knows, if any."""
        if _same(known, _value(self.headers, b"etag")):
            headers = [(key, value) for key, value in self.headers if key.lower() not in _OF_A_BODY]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


class KeptFiles:
    """An ASGI application around another that is asked for each file once, in each form that browsers take."""

    def __init__(self, app: App, most_bytes: int = MOST_BYTES) -> None:
        self.app, self._room = app, most_bytes
        self._kept: dict[tuple[str, bytes, bytes], _File] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Send what is kept; else pass on, and keep what is sent."""
        if not _is_for_a_file(scope):
            await self.app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"], _value(scope["headers"], b"accept-encoding"))
        if kept := self._kept.get(key):
            await kept.send(_value(scope["headers"], b"if-none-match"), send)
            return
        seen = _Seen(send)
        await self.app(scope, receive, seen)
        if (file := seen.file) and key not in self._kept and len(file.body) <= self._room:
            self._room -= len(file.body)
            self._kept[key] = file


class _Seen:
    """Sends on what it is sent, and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send, self._parts = send, list[bytes]()
        self._headers: Headers | None = None
        self.file: _File | None = None
        """What was sent, once it was sent whole."""

    async def __call__(self, message: Message) -> None:
        await self._send(message)
        if message["type"] == "http.response.start" and message["status"] == 200:
            self._headers = list(message.get("headers", []))
        elif message["type"] == "http.response.body" and self._headers is not None:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body"):
                self.file = _File(self._headers, b"".join(self._parts))


def _is_for_a_file(scope: Message) -> bool:
    """The whole of one: parts of it are the application's affair."""
    usual = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(FOLDERS)
    return usual and not _value(scope["headers"], b"range")


def _value(headers: Headers, name: bytes) -> bytes:
    """What a header says; nothing if it is not there."""
    return b", ".join(value for key, value in headers if key.lower() == name)


def _same(known: bytes, etag: bytes) -> bool:
    """Is the form of a file one of those that a browser knows?"""
    return etag != b"" and etag.removeprefix(b"W/") in {each.strip().removeprefix(b"W/") for each in known.split(b",")}
