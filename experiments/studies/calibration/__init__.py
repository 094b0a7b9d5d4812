"""Uncertain parameters and rival structures from what was reported, with their uncertainty.

Which values of the uncertain parameters, and which rival structures, go with what was reported?

All inference reads one table of single runs of the prior (posture prior-runs), which is made if it is not there.

\b
Examples:
  posture calibrate --quick --out results/try
  posture calibrate --prior-runs results/prior_runs --out results/calibration --reference results/reference
"""

from experiments.studies.catalogue import Command

COMMAND = Command("calibrate", __doc__, ("targets", "priors", "prior_runs"), packages=("sklearn",))
