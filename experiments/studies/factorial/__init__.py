"""Sites × batteries × people: which change makes the difference.

All main effects and interactions of sites, batteries and people, in pairs, with intervals.

At the default values with many replicates, then over draws of the ensemble. See docs/factorial.md.

\b
Examples:
  posture factorial --quick --out results/try
  posture factorial --out results/factorial
"""

from experiments.studies.catalogue import Command

COMMAND = Command("factorial", __doc__, ("ensemble",))
