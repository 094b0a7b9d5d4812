"""A large table of single runs of the prior, which all inference reads.

Draw every uncertain parameter from its prior, and each rival structure in or out with equal chance; run each draw once,
to the end of September 2020, and keep what was counted on each day.

The table is DIR/prior_runs.parquet. It is large and is made once: calibration and forecasts read it.

\b
Examples:
  posture prior-runs --quick --out results/try
  posture prior-runs --out results/prior_runs
"""

from experiments.studies.catalogue import Command

COMMAND = Command("prior-runs", __doc__, ("targets", "priors", "draws"))
