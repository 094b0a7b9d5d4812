"""Every input is taken and then runs, or is refused in one line: made-up files, files that are kept, words."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.inputs import WORDS, Case, cases
from tests.fuzz.oracle import WORD_TAKERS, fate, told_of

CASES = int(os.environ.get("POSTURE_FUZZ", "1000"))
"""How many made-up inputs; `make fuzz` takes more, and others each time."""
_SAME = CASES <= 1000
_QUIET = settings(
    max_examples=CASES * 4 // 5,
    deadline=None,
    database=None,
    derandomize=_SAME,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
FATES: Counter[str] = Counter()


@_QUIET
@given(cases())
def test_a_file_runs_or_is_refused_in_words(case: Case):
    with tempfile.TemporaryDirectory() as folder:
        told = fate(case, Path(folder))
    FATES[told == "runs"] += 1


@settings(_QUIET, max_examples=CASES // 5)
@given(st.sampled_from(sorted(WORD_TAKERS)), WORDS)
def test_a_word_of_a_command_runs_or_is_refused_in_words(option: str, word: str):
    FATES[told_of(lambda: WORD_TAKERS[option](word)) == "runs"] += 1


# --- as processes ----------------------------------------------------------------------------------------------------
N_PROCESSES = 30
COMMANDS = {
    "postures": ("run", "{file}", "--days", "2", "--out", "{out}"),
    "responses": ("run", "six", "--response", "{file}", "--days", "2", "--out", "{out}"),
    "calendars": ("run", "six", "--calendar", "{file}", "--days", "2", "--out", "{out}"),
    "ensembles": ("sites", "--sizes", "{file}", "--out", "{out}"),  # a table where sizes are asked for
}
"""What is done with a file of a kind; all others are checked."""


def _drawn(n: int) -> list[Case]:
    """The first `n` cases of the strategy."""
    found: list[Case] = []

    @settings(_QUIET, max_examples=n, derandomize=True, phases=(Phase.generate,))
    @given(cases())
    def note(case: Case) -> None:
        found.append(case)

    note()
    return found[:n]


def test_as_processes_they_end_with_0_or_2_and_leave_nothing_when_refused(tmp_path: Path):
    for n, case in enumerate(_drawn(N_PROCESSES)):
        folder = tmp_path / str(n)
        folder.mkdir()
        file, out = folder / case.file, folder / "out"
        file.write_bytes(case.text.encode("utf-8", "surrogatepass"))
        words = [word.format(file=file, out=out) for word in COMMANDS.get(case.kind, ("check", "{file}"))]
        done = subprocess.run([sys.executable, "-m", "experiments.cli", *words], capture_output=True, check=False)
        told = done.stderr.decode("utf-8", "replace")
        assert done.returncode in (0, 2), (words, case.text, told)
        assert "Traceback" not in told, told
        if done.returncode == 2:
            assert not done.stdout
            assert len(told.splitlines()) == 1, told
            assert told.rstrip("\n").isprintable(), told
            assert sorted(folder.iterdir()) == [file], words


def test_some_of_these_run_and_most_are_refused():
    tried = FATES.total()
    print(f"\n{tried} inputs tried: {FATES[True]} ran, {FATES[False]} were refused in words")
    if tried:
        assert FATES[True] >= 0.05 * tried
        assert FATES[False] >= 0.3 * tried
