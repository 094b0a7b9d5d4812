"""Who may talk to the live view: a guard around the whole application, before any of it sees a request.

A page from elsewhere must not reach a server on this machine: not under a name that was bound to its address later
(the Host header is checked), not over a websocket, which browsers open across origins without asking (the Origin header
is checked before one is accepted), and not as a frame inside itself. What is answered may load nothing from elsewhere.
"""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from sim.errors import ConfigError

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'unsafe-eval' blob:",  # Vue makes functions of templates, anywidget modules of blobs
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_SIGNS = frozenset(string.ascii_letters + string.digits + "-._:[]")  # of a name or an address, and its port
_HEADERS = {
    "x-frame-options": "DENY",  # for what does not know frame-ancestors
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


def allowed_hosts(host: str, names: Iterable[str]) -> frozenset[str]:
    """The names under which the server may be spoken to: loopback's, the address it listens on, those that were given.

    An address that means every address of this machine says no name, so one must be given.
    """
    given = frozenset(_name(text) for text in names)
    if _is_wildcard(host):
        if not given:
            allowed = "it must be given with --host of every address: the name by which browsers will reach it"
            raise ConfigError(None, "--allow-host", "missing", allowed)
        return LOOPBACK | given
    return LOOPBACK | given | {host.lower()}


def spoken_name(host: str, hosts: frozenset[str]) -> str:
    """The name by which to call a server that listens on an address, as it stands in a link."""
    if host.lower() in LOOPBACK:
        return "localhost" if host != "::1" else "[::1]"
    name = min(hosts - LOOPBACK) if _is_wildcard(host) else host
    return f"[{name}]" if ":" in name else name


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return not host


def _name(text: str) -> str:
    """A name as it stands in a Host header, without a port."""
    name, _ = host_and_port(text)
    if name is None or text.lower() not in (name, f"[{name}]"):
        allowed = "it must be a name or an address alone, such as posture.example.org, without http:// and port"
        raise ConfigError(None, "--allow-host", text, allowed)
    return name


def host_and_port(text: str) -> tuple[str | None, int | None]:
    """Name (without brackets, in small letters) and port of a Host header; no name if it is none."""
    try:
        parts = urlsplit(f"//{text}")
        usual = set(text) <= _SIGNS and not parts.path
        return (parts.hostname if usual else None), parts.port
    except ValueError:
        return None, None


class Guard:
    """An ASGI application around another that lets in what is addressed to one of `hosts` and comes from there."""

    def __init__(self, app: App, hosts: Iterable[str]) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a refusal, or pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif why := self.refusal(scope):
            await (_refuse_page if scope["type"] == "http" else _refuse_websocket)(receive, send, why)
        else:
            await self.app(scope, receive, _protecting(send))

    def refusal(self, scope: Message) -> str:
        """Why a request is not let in, "" if it is."""
        host = host_and_port(_only(scope, b"host"))
        if host[0] not in self.hosts:
            return "Posture answers under the names that it was started with; --allow-host NAME adds one."
        origin = _only(scope, b"origin")
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            return ""
        return "" if _same_place(origin, host, scope) else "Posture takes no orders from pages of other origins."


def _only(scope: Message, name: bytes) -> str:
    """The value of a header that is there once; "" else."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else ""


def _same_place(origin: str, host: tuple[str | None, int | None], scope: Message) -> bool:
    """Does an origin name just the host and port that were asked? A port left out is the scheme's."""
    scheme, _, rest = origin.partition("://")
    usual = {"http": 80, "https": 443}
    if scheme not in usual:
        return False
    name, port = host_and_port(rest)
    asked = host[1] or usual[scheme]
    return name is not None and (name, port or usual[scheme]) == (host[0], asked)


def _protecting(send: Send) -> Send:
    """Put the headers on every answer; a page that has a policy of its own keeps it."""

    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": _with_protection(message.get("headers", []))}
        await send(message)

    return protected


def _with_protection(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    kept = [(key, _strict(value) if key.lower() == b"set-cookie" else value) for key, value in headers]
    there = {key.lower() for key, _ in kept}
    wanted = {**_HEADERS, "content-security-policy": policy()}
    return kept + [(key.encode(), value.encode()) for key, value in wanted.items() if key.encode() not in there]


def _strict(cookie: bytes) -> bytes:
    """A cookie that no other site's page sends along: on localhost Solara lets all."""
    return cookie.replace(b"SameSite=none", b"SameSite=strict").replace(b"SameSite=lax", b"SameSite=strict")


def policy(scripts: Iterable[str] = ()) -> str:
    """The content security policy, with sources (hashes) of scripts that stand in the page itself."""
    more = {"script-src": " ".join([POLICY["script-src"], *scripts])}
    return "; ".join(f"{key} {value}" for key, value in {**POLICY, **more}.items())


async def _refuse_page(_receive: Receive, send: Send, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 403, "headers": _with_protection(headers)})
    await send({"type": "http.response.body", "body": f"{why}\n".encode()})


async def _refuse_websocket(receive: Receive, send: Send, _why: str) -> None:
    """Closed before it was accepted: the server answers 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})
