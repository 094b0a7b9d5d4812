"""The tables of information."""

from __future__ import annotations

from experiments.studies.forms import FilledForm, cells, fill, forms
from experiments.studies.information.findings import Information

FORMS = forms(
    """
information: what knowing something is worth. One row a question and what is known.
question | | choice (of a policy), or the number of a claim that is undetermined
unit     | | unit of the worth: of the deciding objective, or of the chance of being wrong about the claim
kind     | | perfect, all (parameters), group, rival (its parameters together), or parameter
what     | | what is known
words    | | what that is
mean     | of the question | expected loss that knowing it saves, a state on average; a lower bound
low      | of the question | 95% t interval over states
high     | of the question | 95% t interval over states
floor    | of the question | 95th percentile of what it seems worth when states are shuffled, at least 0
changed  | 1 | share of the states in which knowing it changes what is picked
clear    | 1 | 1 if it is above its floor, and above 0 in an interval corrected for all of its kind that were tried
rule     | | of a parameter that is clear: what to pick for which of its values

information_questions: the questions. One row each.
question | | choice, or the number of a claim
unit     | | unit of what is lost
options  | 1 | policies to choose from, within the limits; of a claim: it holds, or it does not
best     | | what is best in the mean, without knowing more
stake    | of the question | what the second best loses more in the mean; of a claim the chance that it is wrong
states   | 1 | states of the world
""",
)


def tables(found: Information) -> dict[str, FilledForm]:
    """Both, filled."""
    rows = {
        "information": [
            [k.question, k.unit, k.kind, k.what, k.words, *list(cells(k.worth))[:-1], int(k.worth.clear), k.rule]
            for k in found.known
        ],
        "information_questions": [[*cells(each)] for each in found.asked],
    }
    return fill(FORMS, rows)
