"""Which policy to choose when nobody knows which world it is.

Policies are postures with up to three responses, each with a strength and a day on which it begins.

All sets at full strength from the first day, in rounds that drop what is clearly beaten; then a search over strength
and start; the best of both again on fresh states. Evacuation is shown apart: no attacks because nothing is left. See
docs/decide.md.

\b
Examples:
  posture decide --quick --out results/try
  posture decide --out results/decide
"""

from experiments.studies.catalogue import Command

COMMAND = Command("decide", __doc__, ("ensemble",), packages=("platypus",))
