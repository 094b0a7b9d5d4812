"""Results folders of every kind, made by the program itself and by hand, for tests of reports."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner

from experiments.cli import cli

REFERENCE = Path(__file__).parent.parent / "results" / "reference"
SEVERAL = ("six", "six+zone_clearance", "six+surge=0.5", "six+leader_arrests", "six+zone_closure_on_warning")
COMMANDS = {
    "run": ("run", "six", "--seed", "7", "--response", "zone_clearance", "--daily", "--events"),
    "bare_run": ("run", "fourteen", "--seed", "7"),
    "comparison": ("compare", "--ensemble", "none", "fourteen", "six", "--replicates", "30"),
    "responses": ("compare", "--ensemble", "none", *SEVERAL, "--replicates", "20"),
    "levers": ("sweep", "factorial", "--replicates", "5"),
    "sampled": ("sweep", "threat_level", "--replicates", "2"),
}
"""Name → the command that makes the folder, but for --out."""
STUDIES = ("sensitivity", "factorial", "discovery", "claims", "calibration", "validation", "decide", "information")
HAND_MADE = """posture,replicate,status,fire_attacks,convoy_attacks
fourteen,0,ok,50,60
fourteen,1,ok,55,66
fourteen,2,ok,47,63
fourteen,3,failed,,
six,0,ok,41,57
six,1,ok,44,60
six,2,ok,40,54
six,3,ok,39,52
"""


def make(kind: str, folder: Path) -> Path:
    """A folder of a kind: of a command, of a study (from the reference tables), or made by hand."""
    if kind in COMMANDS:
        command, *words = COMMANDS[kind]
        done = CliRunner().invoke(cli, [command, *words, "--out", str(folder)], prog_name="posture")
        assert done.exit_code == 0, done.output
        return folder
    folder.mkdir(parents=True)
    if kind == "by_hand":
        (folder / "runs.csv").write_text(HAND_MADE, encoding="utf-8")
    else:
        assert kind in STUDIES
        for path in REFERENCE.iterdir():
            if path.stem.startswith((kind, "ensemble") if kind == "calibration" else kind):
                shutil.copy(path, folder / path.name)
    return folder


EVERY = (*COMMANDS, *STUDIES, "by_hand")
