"""The commands of `posture`. They are imported when they are used, and import heavy things later still."""

from __future__ import annotations

import importlib
from typing import Any

import click

from experiments.cli import interrupt, streams
from experiments.cli.interrupt import INTERRUPTED
from experiments.studies.catalogue import commands
from sim.errors import PostureError
from sim.suggestions import did_you_mean

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("experiments.cli.run", "One run of a posture: summary, and files on request."),
    "compare": ("experiments.cli.compare", "Postures compared over states of the world: answer, files, figures."),
    "sweep": ("experiments.cli.sweep", "Any design of runs, into one table; goes on where it stopped."),
    "merge": ("experiments.cli.merge", "The parts of a sweep (--shard) joined into one results folder."),
    "verify": ("experiments.cli.sweep", "Runs of a results folder made again, digests compared."),
    "plot": ("experiments.cli.plot", "Chosen measures of a results folder over a chosen factor, as a picture."),
    "report": ("experiments.cli.report", "A page to read from a results folder: findings, figures, tables, caveats."),
    "open": ("experiments.cli.open", "The page of a results folder, in the browser; made first if need be."),
    "view": ("experiments.cli.view", "A run live in the browser: watch it, steer it, ask what if."),
    "why": ("experiments.cli.why", "One event of a run, explained in words: the rule that fired, and why."),
    **{study.name: ("experiments.cli.studies", study.summary) for study in commands().values()},
    "list": ("experiments.cli.configs", "The postures, responses, calendars and theatres that come with the program."),
    "describe": (
        "experiments.cli.configs",
        "What a posture, response, calendar or design resolves to, with sources.",
    ),
    "check": ("experiments.cli.configs", "Whether TOML files are valid."),
    "cache": ("experiments.cli.cache", "What is kept for later starts: shown, checked, cleared."),
    "common-state": (
        "experiments.cli.common_state",
        "What the common state of 1 January yields, for a theatre's file.",
    ),
}
_ARGUMENTS = "experiments.cli.arguments"


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command; it is there under its name with `_command` behind."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(
            importlib.import_module(COMMANDS[cmd_name][0]), f"{cmd_name.replace('-', '_')}_command"
        )
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; of one that there is not, what may have been meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"There is no command {args[0]}.{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Keep the command line for the manifest."""
        given = list(args)
        context = super().make_context(info_name, args, parent, **extra)
        context.meta[_ARGUMENTS] = given
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Errors raised on purpose become one message and an exit code."""
        try:
            return super().invoke(ctx)
        except PostureError as error:
            streams.tell(error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            if not interrupt.heard():
                click.echo(interrupt.LINE, err=True)
            ctx.exit(INTERRUPTED)


def given_arguments() -> list[str]:
    """The command line after the program's name."""
    return list(click.get_current_context().meta.get(_ARGUMENTS, []))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="posture-sim", prog_name="posture")
def cli() -> None:
    """Posture: an agent-based simulation of force protection.

    \b
    Example:
      posture compare fourteen six --out results/demo

    \b
    Names of postures, responses and the rest: posture list
    Keys for --set, with values and units:     posture describe six
    Documentation, from docs/index.md on:      make site
    """


def run() -> int:
    """Run what stands on the command line; returns the exit code."""
    try:
        return cli(prog_name="posture", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except PostureError as error:  # outside of any command: of the help
        streams.tell(error)
        return error.exit_code
    except click.Abort:  # Ctrl-C before or after a command
        return INTERRUPTED
