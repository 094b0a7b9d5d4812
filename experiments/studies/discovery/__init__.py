"""Where the answer flips, and which posture and response is robust.

In which states of the world is six worse than fourteen of equal budget, or does a response do harm? Which pair is
robust?

Over the wide priors, each rival structure in or out: boxes by PRIM and by a classification tree, of which those are
shown that hold on fresh states; regret and satisficing of each posture with each response. See docs/discovery.md.

\b
Examples:
  posture discover --quick --out results/try
  posture discover --out results/discovery
"""

from experiments.studies.catalogue import Command

COMMAND = Command("discover", __doc__, ("priors", "weights"), packages=("ema_workbench", "sklearn"))
