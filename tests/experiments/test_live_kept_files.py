"""Files of the page: each form of one is asked of the application once, and sent from memory as it was."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from experiments.live.kept_files import KeptFiles

FILE = "/static/assets/page.js"


class Application:
    """Answers with what it was asked for, in two pieces, and knows its own ETag as the real one does."""

    def __init__(self, status=200):
        self.status, self.asked = status, []

    async def __call__(self, scope, receive, send):
        self.asked.append(scope["path"])
        coding = dict(scope["headers"]).get(b"accept-encoding", b"plain")
        headers = [(b"content-type", b"text/javascript"), (b"content-encoding", coding), (b"ETag", b'W/"one"')]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": coding, "more_body": True})
        await send({"type": "http.response.body", "body": b" of " + scope["path"].encode()})


def asked(app, path=FILE, method="GET", query=b"", **headers):
    """Status, headers and body of an answer; run in a thread of its own: in this one a browser may have a loop."""
    sent = []

    async def send(message):
        sent.append(message)

    words = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": words}
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, app(scope, None, send)).result()
    start, *rest = sent
    assert not rest[-1].get("more_body")
    return start["status"], dict(start["headers"]), b"".join(message["body"] for message in rest)


def test_a_file_is_asked_for_once_and_is_the_same_ever_after():
    app = KeptFiles(application := Application())
    first = asked(app, accept_encoding="br")
    assert [asked(app, accept_encoding="br") for _ in range(3)] == [first] * 3
    assert first[2] == b"br of /static/assets/page.js"
    assert len(application.asked) == 1


def test_forms_and_versions_of_a_file_are_kept_apart():
    app = KeptFiles(application := Application())
    ways = [{"accept_encoding": "br"}, {"accept_encoding": "gzip"}, {}, {"query": b"v=2"}, {"path": "/static/b.js"}]
    first = [asked(app, **way) for way in ways]
    assert len({body for _, _, body in first}) == 4  # an older version is asked for with the same words
    assert [asked(app, **way) for way in ways] == first
    assert len(application.asked) == len(ways)


@pytest.mark.parametrize(
    ("known", "status"),
    [('"one"', 304), ('W/"one"', 304), ('"other", W/"one"', 304), ('"other"', 200), ("", 200)],
)
def test_a_browser_that_knows_the_file_is_told_that_it_is_the_same(known, status):
    app = KeptFiles(Application())
    whole = asked(app)
    told, headers, body = asked(app, if_none_match=known)
    assert told == status
    if status == 304:
        assert (headers, body) == ({b"ETag": b'W/"one"'}, b"")
    else:
        assert (told, headers, body) == whole


@pytest.mark.parametrize(
    "way",
    [{"path": "/"}, {"path": "/resourcez"}, {"path": "/staticky"}, {"method": "HEAD"}, {"range": "bytes=0-4"}],
    ids=str,
)
def test_all_else_is_the_applications(way):
    app = KeptFiles(application := Application())
    for _ in range(2):
        asked(app, **way)
    assert len(application.asked) == 2


@pytest.mark.parametrize("status", [206, 304, 404, 500])
def test_what_is_not_a_whole_file_is_not_kept(status):
    app = KeptFiles(application := Application(status))
    assert [asked(app)[0] for _ in range(2)] == [status] * 2
    assert len(application.asked) == 2


def test_what_finds_no_room_is_asked_for_again():
    """However many names of files somebody makes up, memory stays bounded."""
    one = len(asked(Application(), path="/static/1")[2])
    app = KeptFiles(application := Application(), most_bytes=2 * one)
    for name in "1231212333":
        asked(app, path=f"/static/{name}")
    assert application.asked == [f"/static/{name}" for name in "123333"]


def test_an_answer_that_breaks_off_is_not_kept():
    async def breaks_off(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ConnectionError

    app = KeptFiles(breaks_off)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            asked(app)
