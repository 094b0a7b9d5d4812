"""`python -m experiments.cli` is `posture`."""

from experiments.cli import main

main()
