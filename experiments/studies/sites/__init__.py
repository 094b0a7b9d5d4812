"""Which sites are ever fired at, over the priors.

A run of a posture for each draw of the priors: whether a cell can fire at each of its sites, and whether one did.

See docs/structures.md.

\b
Examples:
  posture sites --quick --out results/try
  posture sites --out results/sites
"""

from experiments.studies.catalogue import Command

COMMAND = Command("sites", __doc__, ("priors",))
