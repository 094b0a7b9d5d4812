"""Rival structures: the answer with each of them, and without.

Fourteen against six, as they are and with equal budgets, under the corrections alone, with each rival alone (at
the middle of its prior), and over the whole prior: fire, bombs laid, attacks on convoys, hits for every 100 convoys.

States are draws of the priors; those of the rivals count in the last alone. See docs/structures.md.

\b
Examples:
  posture structures --quick --out results/try
  posture structures --out results/structures
"""

from experiments.studies.catalogue import Command

COMMAND = Command("structures", __doc__, ("priors",))
