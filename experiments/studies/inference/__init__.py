"""Inference from one table of prior runs: pure functions on arrays. They know nothing of the model, its files or its
commands.

The table is of single runs at draws of the prior: places in the unit cube, which rivals are in, and the reports that
each run would have given rise to (counts, with the error of the report added). An observation is one more row of
reports.
"""
