"""`posture view`."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli import completion, options
from experiments.files import extras

if TYPE_CHECKING:
    from sim.app.setup import Setup

LOOPBACK = "127.0.0.1"
DEFAULT_OUT = Path("results/live")


@click.command("view", short_help="Watch a run live in the browser, steer it, ask what if.")
@click.argument("posture", default="six", shell_complete=completion.names("postures"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port; 0 takes a free one."
)
@click.option(
    "--host", default=LOOPBACK, show_default=True, help="Address to listen on; this machine alone by default."
)
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="A name by which browsers may call this machine, beside its loopback names; needed with --host 0.0.0.0.",
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
@click.option(
    "--agents",
    multiple=True,
    metavar="FILE.py:CLASS",
    help="An agent class of your own, from one of sim.agents; again for another kind. The file is run.",
)
@options.folder(
    "--out",
    default=DEFAULT_OUT,
    show_default=True,
    metavar="DIR",
    help="Where runs are saved from the page.",
)
@options.changes_apart
def view_command(host: str, port: int, names: tuple[str, ...], **words: Any) -> None:
    """Open the live view of POSTURE (a name from `posture list`, or a TOML file) in the browser.

    Prints the address to open. Every tab is a session of its own. Ctrl-C ends the server. Needs the extra `view`.

    \b
    Examples:
      posture view
      posture view fourteen --twin six --seed 7
      posture view six --response zone_clearance=0.5@90 --port 8800
      posture view --row results/demo/runs.csv:37
      posture view six --ensemble results/sweep
      posture view six --agents mine.py:BoldCell
    """
    from experiments.live.guard import allowed_hosts

    hosts = allowed_hosts(host, names)
    extras.need("view", "solara", "anywidget", "uvicorn", "solara_assets")
    _check_free(host, port)
    from experiments.live.setup import ViewRequest, setup_of

    _serve(setup_of(ViewRequest(**words)), hosts, host, port)


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


def _serve(setup: Setup, hosts: frozenset[str], host: str, port: int) -> None:
    """Serve until Ctrl-C. What a first page needs is compiled and loaded before the address is printed."""
    from experiments.cli import screen
    from experiments.live.guard import spoken_name
    from experiments.live.server import serve
    from sim.app.setup import configure

    configure(setup)
    say = screen.console(stderr=True).print
    say("Loading the model …")

    def ready() -> None:
        from experiments.live.own_agents import compile_phases
        from sim.app.controller import warm_up

        if setup.agents:
            compile_phases(say)
        warm_up(setup)

    def tell(taken: int) -> None:
        click.echo(f"Posture is at http://{spoken_name(host, hosts)}:{taken}/ (Ctrl-C ends it)")

    serve(hosts, host, port, ready, tell)
    raise KeyboardInterrupt
