"""Which uncertain parameters and structures decide the answers, and how much is replicate noise.

Sobol indices of groups (structure, behaviour, defence, politics, supply), one factor at a time, Morris screening over
all of them, Sobol indices of those that matter. A rival structure, in or out, is a factor like a parameter.

Of fourteen sites, of six, and of the difference; replicate noise is told apart from parameters, and is the floor
above which a parameter counts. See docs/sensitivity.md.

\b
Examples:
  posture sensitivity --quick --out results/try
  posture sensitivity --out results/sensitivity
"""

from experiments.studies.catalogue import Command

COMMAND = Command("sensitivity", __doc__, ("priors",), packages=("SALib",))
