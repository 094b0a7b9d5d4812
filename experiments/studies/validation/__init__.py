"""The model beside what was reported, and beside null models.

Compare runs with targets: what was reported, in a TOML file with windows of days and tolerances.

Null models predict the same windows from the others, on the same scores. See docs/validation.md.

\b
Examples:
  posture validate --quick --out results/try
  posture validate --targets my_targets.toml --ensemble none --out results/mine
"""

from experiments.studies.catalogue import Command

COMMAND = Command("validate", __doc__, ("targets", "ensemble", "priors"))
