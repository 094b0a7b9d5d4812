"""The claims of the source, each with a verdict.

Each claim of the source (S15 to S30): supported, contradicted or undetermined over the ensemble, with its interval, and
per rival structure; or assumed; or not to be tested, if not even the same order at full strength changes the answer.

The tests, their windows and ceilings, and the sizes that matter are in configs/claims.toml. Writes the page claims.md.

\b
Examples:
  posture claims --quick --out results/try
  posture claims --out results/claims --page docs/claims.md
"""

from experiments.studies.catalogue import Command

COMMAND = Command("claims", __doc__, ("ensemble", "claims", "page"))
