"""The tables of the structures."""

from __future__ import annotations

from experiments.studies.forms import FilledForm, cells, fill, forms
from experiments.studies.structures.answers import Structures

_WHO = """
structure | | corrections alone (every rival at its old value), a rival alone at the middle of its prior, or whole prior
base      | | posture
posture   | | posture compared with the base
"""
FORMS = forms(
    f"""
structures: the answer under each structure. One row a structure, pair of postures and measure.
{_WHO}
measure | | name of the measure
unit    | | unit of the measure
level_mean | of the measure | mean of the base over states
level_low  | of the measure | 95% t interval over states
level_high | of the measure | 95% t interval over states
mean   | of the measure | posture − base, mean over states
low    | of the measure | 95% t interval over states
high   | of the measure | 95% t interval over states
lower  | 1 | share of states in which it is strictly lower
equal  | 1 | share of states in which it is equal
higher | 1 | share of states in which it is strictly higher
n      | 1 | states

structures_split: displacement under each structure. One row a structure, pair of postures and part.
{_WHO}
part | | volume + choice + encounter = total; opportunities + going = volume; waiting: bombs left lying at the end
mean | attack/run | posture − base, mean over states
low  | attack/run | 95% t interval over states
high | attack/run | 95% t interval over states

structures_moves: what each structure moves, against the corrections alone in the same states.
structure | | a rival alone at the middle of its prior, or whole prior
what      | | level: of the first posture; difference: of a pair of postures
base      | | posture with which it is compared; empty for a level
posture   | | posture
measure | | name of the measure
unit    | | unit of the measure
mean | of the measure | change against the corrections alone, mean over states
low  | of the measure | 95% t interval over states
high | of the measure | 95% t interval over states

looking_back: draws of the priors beside the record of 2020, without any fitting.
structure | | as in structures.csv
near  | 1 | draws in which fire and convoys of each quarter are all within the factor of what was reported
n     | 1 | draws
share | 1 | near / n
low   | 1 | 95% Wilson interval of the share
high  | 1 | 95% Wilson interval of the share
"""
)


def tables(found: Structures) -> dict[str, FilledForm]:
    """All of them, filled."""
    rows = {
        "structures": [[*cells(answer)] for answer in found.answers],
        "structures_split": [[*cells(part)] for part in found.parts],
        "structures_moves": [[*cells(move)] for move in found.moves],
        "looking_back": [[*cells(back)] for back in found.looking_back],
    }
    return fill(FORMS, rows)
