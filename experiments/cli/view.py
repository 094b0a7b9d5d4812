"""`posture view`."""

from __future__ import annotations

import os
import socket
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import completion, options
from experiments.files import extras

if TYPE_CHECKING:
    from sim.app.setup import Setup

LOOPBACK = "127.0.0.1"
DEFAULT_OUT = Path("results/live")
# After a browser has gone without saying so (asleep, cut off), its run is freed so much later.
GONE_AFTER = "20s"


@click.command("view", short_help="Watch a run live in the browser, steer it, ask what if.")
@click.argument("posture", default="six", shell_complete=completion.names("postures"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port; 0 takes a free one."
)
@click.option(
    "--host", default=LOOPBACK, show_default=True, help="Address to listen on; this machine alone by default."
)
@click.option(
    "--twin",
    default="",
    metavar="POSTURE",
    shell_complete=completion.names("postures"),
    help="A second posture beside it, under the same luck.",
)
@options.seed
@click.option("--hour", type=click.IntRange(0), default=0, metavar="N", help="Hour of the run to begin at.")
@click.option("--row", metavar="DIR/runs.csv:N", help="Open the run of row N (from 1) of a results folder, at its end.")
@click.option(
    "--ensemble",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Draw the charts over the stored runs of this folder; else over runs made for it.",
)
@options.folder(
    "--out",
    default=DEFAULT_OUT,
    show_default=True,
    metavar="DIR",
    help="Where runs are saved from the page.",
)
@options.changes_apart
def view_command(host: str, port: int, **words: Any) -> None:
    """Open the live view of POSTURE (a name from `posture list`, or a TOML file) in the browser.

    Prints the address to open. Every tab is a session of its own. Ctrl-C ends the server. Needs the extra `view`.

    \b
    Examples:
      posture view
      posture view fourteen --twin six --seed 7
      posture view six --response zone_clearance=0.5@90 --port 8800
      posture view --row results/demo/runs.csv:37
      posture view six --ensemble results/sweep
    """
    extras.need("view", "solara", "anywidget", "uvicorn")
    _check_free(host, port)
    from experiments.live.setup import ViewRequest, setup_of

    _serve(setup_of(ViewRequest(**words)), host, port)


def _check_free(host: str, port: int) -> None:
    """Refuse a port in use, or an address that is not this machine's, before anything is loaded."""
    from sim.errors import ConfigError

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        key, value = ("--host", host) if isinstance(error, socket.gaierror) else ("--port", f"{host}:{port}")
        raise ConfigError(None, key, value, f"it must be a free port of this machine: {error.strerror}") from error


def _serve(setup: Setup, host: str, port: int) -> None:
    """Serve until Ctrl-C. What a first page needs is compiled and loaded before the address is printed."""
    from experiments.cli import screen
    from sim.app.setup import configure

    configure(setup)
    screen.console(stderr=True).print("Loading the model …")
    server = _server(host, port)
    from sim.app.controller import warm_up

    warm_up(setup)
    server.run()
    raise KeyboardInterrupt


def _server(host: str, port: int) -> Any:
    """Solara's own server application in this process: no browser opened, no question asked of any other machine."""
    os.environ.setdefault("SOLARA_TELEMETRY_MIXPANEL_ENABLE", "False")
    os.environ.setdefault("SOLARA_KERNEL_CULL_TIMEOUT", GONE_AFTER)
    os.environ["SOLARA_APP"] = "sim.app.page"
    warnings.filterwarnings("ignore", "Cookies with samesite", UserWarning)  # of pages at 127.0.0.1, by Solara
    import uvicorn
    from solara.server import settings

    settings.main.mode = "production"
    from solara.server.starlette import app

    class Server(uvicorn.Server):
        """Says where it is as soon as it can be reached there."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                taken = self.servers[0].sockets[0].getsockname()[1]
                name = "localhost" if host == LOOPBACK else host
                click.echo(f"Posture is at http://{name}:{taken}/ (Ctrl-C ends it)")

    return Server(uvicorn.Config(app, host=host, port=port, log_level="warning"))
