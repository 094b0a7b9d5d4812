"""Which missing datum would change the decision, and by how much.

What it would be worth to know a parameter, a group of them, or everything, for the choice of a policy and for each
claim that is undetermined: expected value of information, with its interval and the floor of chance.

With --decided it reads the runs of a folder of `posture decide`; else it runs a few policies of its own. See
docs/information.md.

\b
Examples:
  posture information --quick --out results/try
  posture information --decided results/decide --out results/information
"""

from experiments.studies.catalogue import Command

COMMAND = Command("information", __doc__, ("ensemble", "claims", "decided"), packages=("sklearn",))
