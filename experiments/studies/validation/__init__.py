"""The model beside what was reported, and beside null models.

Compare runs with targets: what was reported, in a TOML file with windows of days and tolerances.

Months and quarters are forecast from what was reported before them, by the model and by null models, on the same
scores. See docs/validation.md.

\b
Examples:
  posture validate --quick --out results/try
  posture validate --prior-runs results/prior_runs --out results/validation
  posture validate --targets my_targets.toml --ensemble none --out results/mine --json
"""

from experiments.studies.catalogue import Command

COMMAND = Command("validate", __doc__, ("targets", "ensemble", "priors", "prior_runs", "as_json"))
