"""Uncertain parameters from what was reported, with their uncertainty.

Calibrate the uncertain parameters on the reported quarters, and prove by simulation that it can be done.

Likelihood-free (ABC-SMC): the draws that are kept gave runs as near to the report as its own uncertainty asks.

\b
Examples:
  posture calibrate --quick --out results/try
  posture calibrate --out results/calibration --reference results/reference
"""

from experiments.studies.catalogue import Command

COMMAND = Command("calibrate", __doc__, ("targets", "priors"))
