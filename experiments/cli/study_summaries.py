"""What the studies say on the screen: a few lines each; the tables hold the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.cli.screen import interval, number

if TYPE_CHECKING:
    from experiments.studies.claims import Claims
    from experiments.studies.discovery import Discovery
    from experiments.studies.factorial import Factorial
    from experiments.studies.sensitivity import Sensitivity

_TOP = 3


def sensitivity_lines(found: Sensitivity) -> Iterator[str]:
    """The most influential parameters of each quantity, and the share of luck in a single run."""
    from experiments.studies.sensitivity import rows_above_floor

    for (scope, measure), shares in found.luck.items():
        top = list(rows_above_floor(found, scope, measure))[:_TOP]
        words = ", ".join(f"{index.parameter} {index.total:.2f}" for index in top) or "none above luck"
        yield f"{measure}, {scope.replace('_', ' ')}: luck {100 * shares.luck:.0f}% of a run; total index: {words}"


def factorial_lines(found: Factorial) -> Iterator[str]:
    """Main effects and the total of each measure."""
    over, terms = ("ensemble", found.ensemble) if found.ensemble else ("defaults", found.defaults)
    yield f"Six against fourteen, {over} (mean [95% t interval]):"
    for term in terms:
        if term.kind in ("main effect", "total"):
            yield f"  {term.measure}, {term.effect}: {interval(term.estimate, sign=True)}"


def discovery_lines(found: Discovery) -> Iterator[str]:
    """How often each answer flips, and the most robust pairs."""
    for a in found.answers:
        question = a.question
        yield (
            f"{question.other} worse than {question.base} in {question.measure}: {100 * a.worse:.0f}% of the worlds "
            f"({100 * a.fresh_worse:.0f}% of the fresh ones), surely {100 * a.surely_worse:.0f}%"
        )
    best = sorted(found.satisficing, key=lambda pair: -found.satisficing[pair])[:_TOP]
    yield "Good enough in most worlds: " + ", ".join(f"{p} {100 * found.satisficing[p]:.0f}%" for p in best)


def claims_lines(found: Claims) -> Iterator[str]:
    """A line a claim, and the counts."""
    for f in found.findings:
        yield f"{f.claim.id} {f.verdict} ({number(f.probability)}): {f.claim.statement}"
    counts = Counter(f.verdict for f in found.findings)
    yield ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
