"""Where the answer flips, and which posture and response is robust.

In which states of the world is fourteen better than six, or a response worse than none? Which pair is robust?

Over the wide priors: boxes by PRIM and by a classification tree, tried again on fresh states with fresh streams;
regret and satisficing of each posture with each response. See docs/discovery.md.

\b
Examples:
  posture discover --quick --out results/try
  posture discover --out results/discovery
"""

from experiments.studies.catalogue import Command

COMMAND = Command("discover", __doc__, ("priors",))
