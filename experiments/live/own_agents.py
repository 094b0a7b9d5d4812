"""Agent classes of one's own for the live view: `FILE.py:CLASS`."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

from sim.agents import AgentOfRow, classes_of
from sim.compiled import is_ready
from sim.errors import ConfigError
from sim.schedule import PHASES


def own_agents(texts: Iterable[str]) -> dict[str, type[AgentOfRow]]:
    """Kind → class of each `FILE.py:CLASS`. The files are code, and are run."""
    own: dict[str, type[AgentOfRow]] = {}
    for text in texts:
        found = _class_of(text)
        if found.kind in own:
            raise ConfigError(None, "--agents", text, f"there may be one class of each kind, and {found.kind} has one")
        own[found.kind] = found
    classes_of(own)
    return own


def _class_of(text: str) -> type[AgentOfRow]:
    file, colon, name = text.rpartition(":")
    if not colon or not file.endswith(".py") or not name.isidentifier():
        raise ConfigError(None, "--agents", text, "it must be FILE.py:CLASS, such as mine.py:BoldCell")
    if not Path(file).is_file():
        raise ConfigError(None, "--agents", text, f"there must be a file {file}")
    found = getattr(_module(file), name, None)
    if not (isinstance(found, type) and issubclass(found, AgentOfRow) and hasattr(found, "kind")):
        allowed = f"{name} must be a class of {file}, from one of sim.agents such as MilitiaCell"
        raise ConfigError(None, "--agents", text, allowed)
    return found


def _module(file: str) -> ModuleType:
    """The file as a module; what it raises is said in one line, with its place."""
    name = f"posture_own_{Path(file).stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = traceback.extract_tb(error.__traceback__)[-1].lineno
        raise ConfigError(file, f"line {line}", f"{type(error).__name__}: {error}", "it must run") from error
    return module


def compile_phases(tell: Callable[[str], object]) -> None:
    """What agents of one's own call, each kind apart; it is compiled once, and said with its progress."""
    waiting = [phase.rule for phase in PHASES if not is_ready(phase.rule.name)]
    for n, rule in enumerate(waiting, 1):
        tell(f"Compiling what agents of your own call: {n} of {len(waiting)} (some seconds each, once) …")
        rule.load()
