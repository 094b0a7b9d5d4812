"""Who is let in: raw clients of the real server, and pages of others in a browser whose own protections are off."""

from __future__ import annotations

import http.client
import http.server
import shutil
import threading
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from experiments.live.guard import allowed_hosts
from sim.errors import ConfigError
from tests.browser.conftest import PATIENCE_MS, Watched, serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What would keep a page from a server on this machine, whatever the server does
DEFENCELESS = [
    *("--no-sandbox", "--disable-gpu", "--disable-web-security", "--disable-site-isolation-trials"),
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,IsolateOrigins,site-per-process",
    "--host-resolver-rules=MAP *.example 127.0.0.1",
]
CHANNELS = "jupyter/api/kernels/8c8c1c1e-0000-4000-8000-000000000000/channels?session_id=attack"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("guarded"), "six", "--allow-host", "posture.example") as running:
        yield running
        said = (running.folder / "errors.txt").read_text(encoding="utf-8")
        assert "Traceback" not in said, said


def port(server):
    return urlsplit(server.address).port


def ask(server, host, method="GET", path="/", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port(server), timeout=60)
    connection.putrequest(method, path, skip_host=True)
    for name, value in [*([("Host", host)] if host else []), *headers.items()]:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


# --- raw clients -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "posture.example"])
def test_who_calls_by_an_allowed_name_is_answered(server, name):
    answer, body = ask(server, f"{name}:{port(server)}")
    assert answer.status == 200
    assert "solara" in body


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "localhost:x", "127.0.0.1.nip.io"]
)
@pytest.mark.parametrize("path", ["/", "/readyz", "/static/main-vuetify.js"])
def test_any_other_name_is_refused_in_words(server, host, path):
    answer, body = ask(server, host, path=path)
    assert answer.status in (400, 403)
    assert "solara" not in body
    assert host != "evil.example" or "--allow-host" in body


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://localhost:1", "http://127.0.0.1:{port}", "file://", "http:"]
)
def test_a_websocket_of_another_origin_is_refused_before_it_is_accepted(server, origin):
    address = f"ws://localhost:{port(server)}/{CHANNELS}"
    with pytest.raises(InvalidStatus) as refused, connect(address, origin=origin and origin.format(port=port(server))):
        pass
    assert refused.value.response.status_code == 403
    assert server.n_sessions() == 0


def test_a_websocket_of_the_page_itself_is_accepted(server):
    own = f"localhost:{port(server)}"
    with connect(f"ws://{own}/{CHANNELS}", origin=f"http://{own}") as socket:
        assert socket.response.status_code == 101


def test_no_page_of_others_closes_a_session(server):
    path = "/_solara/api/close/8c8c1c1e?session_id=x"
    for origin in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {}):
        answer, _ = ask(server, f"localhost:{port(server)}", "POST", path, **origin)
        assert answer.status == 403


def test_the_page_may_load_nothing_from_elsewhere_and_stand_in_no_frame(server):
    answer, _ = ask(server, f"localhost:{port(server)}")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    sources = {source for sources in policy.values() for source in sources.split()}
    assert all(source.startswith("'") or source in ("data:", "blob:") for source in sources)
    assert "'unsafe-inline'" not in policy["script-src"]
    cookies = answer.headers.get_all("set-cookie")
    assert cookies
    assert all("samesite=strict" in cookie.lower() for cookie in cookies)


def test_a_file_that_is_not_there_is_not_fetched_from_elsewhere(server):
    answer, body = ask(server, f"localhost:{port(server)}", path="/_solara/cdn/left-pad@1.3.0/index.js")
    assert (answer.status, body) == (404, "There is no such file here.\n")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_address_of_this_machine_needs_a_name(host):
    with pytest.raises(ConfigError, match="--allow-host is 'missing'; it must be given"):
        allowed_hosts(host, ())
    assert "view.example" in allowed_hosts(host, ["View.example"])


@pytest.mark.parametrize("name", ["http://view.example", "view.example:80", "a b", "", "x/y"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ConfigError, match="--allow-host"):
        allowed_hosts("127.0.0.1", [name])


# --- pages of others in a browser ------------------------------------------------------------------------------------
ATTACK = """<!doctype html><title>attack</title><script>
const target = "%s", seen = {};
const socket = new WebSocket(target.replace("http", "ws") + "%s");
socket.onopen = () => (seen.socket = "open");
socket.onerror = () => (seen.socket ??= "refused");
fetch(target).then((r) => r.text()).then((text) => (seen.page = text.includes("solara") ? "read" : "refused"))
  .catch(() => (seen.page = "refused"));
fetch(target + "_solara/api/close/x?session_id=y", { method: "POST" }).then((r) => (seen.post = r.status))
  .catch(() => (seen.post = "refused"));
window.seen = seen;
</script><iframe src="%s"></iframe>"""


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A server of another origin, with one page."""

    page = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_):
        pass


@pytest.fixture
def elsewhere(server):
    class Handler(Elsewhere):
        page = (ATTACK % (server.address, CHANNELS, server.address)).encode()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://evil.example:{other.server_port}/"
        other.shutdown()


@pytest.fixture(scope="module")
def defenceless(playwright):
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=DEFENCELESS)
    yield browser
    browser.close()


def test_a_page_of_another_origin_opens_no_session_and_no_frame(server, elsewhere, defenceless):
    kept = server.n_sessions()  # of a tab that has just gone
    page = defenceless.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(elsewhere)
    page.wait_for_function("seen.socket && seen.post && seen.page")
    seen = page.evaluate("seen")
    assert (seen["socket"], seen["post"]) == ("refused", 403)
    frame = next(frame for frame in page.frames if frame != page.main_frame)
    page.wait_for_timeout(1000)
    assert frame.locator(".posture-page, #app").count() == 0
    assert server.n_sessions() <= kept
    page.close()


def test_a_name_bound_to_this_machine_later_sees_nothing(server, defenceless):
    page = defenceless.new_page()
    page.set_default_timeout(PATIENCE_MS)
    answer = page.goto(f"http://rebound.example:{port(server)}/")
    assert answer.status == 403
    assert "Posture answers under the names" in page.locator("body").inner_text()
    assert page.evaluate("fetch('/readyz').then((r) => r.status)") == 403
    page.close()


def test_an_allowed_name_opens_the_whole_page_under_its_policy(server, defenceless):
    context = defenceless.new_context(viewport={"width": 1280, "height": 720})
    watched = Watched(context.new_page(), f"http://posture.example:{port(server)}/").open("?seed=7&hour=30")
    assert watched.hour() == 30
    assert watched.problems == []
    context.close()
