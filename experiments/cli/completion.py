"""What the shell is told when a word is to be completed: names, keys and measures, from the configs that come along."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from click import Context, Parameter
from click.shell_completion import CompletionItem

Complete = Callable[[Context, Parameter, str], list[CompletionItem]]


def names(*kinds: str, files: bool = True, beside: tuple[str, ...] = ()) -> Complete:
    """Names of the configs of some kinds; where none begins as the word does, files, if they may be given too."""

    def complete(context: Context, parameter: Parameter, word: str) -> list[CompletionItem]:
        from sim.config_files import names as names_of

        return _begun(word, [*(name for kind in kinds for name in names_of(kind)), *beside]) or _files(word, files)

    return complete


def policies(context: Context, parameter: Parameter, word: str) -> list[CompletionItem]:
    """Postures and, after a +, responses: `six+zone_clearance`."""
    from sim.config_files import names as names_of

    before, plus, _ = word.rpartition("+")
    found = names_of("responses" if plus else "postures")
    return _begun(word, [f"{before}{plus}{name}" for name in found]) or _files(word, True)


def settings(context: Context, parameter: Parameter, word: str) -> list[CompletionItem]:
    """KEY= of a parameter."""
    return _begun(word, [f"{key}=" for key in _keys()])


def keys(context: Context, parameter: Parameter, word: str) -> list[CompletionItem]:
    """Keys of parameters."""
    return _begun(word, ["posture", "policy", *_keys()])


def measures(context: Context, parameter: Parameter, word: str) -> list[CompletionItem]:
    """Measures, joined by commas."""
    from sim.measures import MEASURES

    before, comma, _ = word.rpartition(",")
    return _begun(word, [f"{before}{comma}{measure.name}" for measure in MEASURES])


def folders(context: Context, parameter: Parameter, word: str) -> list[CompletionItem]:
    """Folders, by the shell's own means."""
    return [CompletionItem(word, type="dir")]


def _keys() -> Iterator[str]:
    from sim.parameters import Parameters, flat

    yield from ("days", "start", "people", "batteries")
    yield from flat(Parameters())


def _begun(word: str, known: list[str]) -> list[CompletionItem]:
    return [CompletionItem(name) for name in dict.fromkeys(known) if name.startswith(word)]


def _files(word: str, wanted: bool) -> list[CompletionItem]:
    return [CompletionItem(word, type="file")] if wanted else []
