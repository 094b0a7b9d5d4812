"""A fair yardstick: one workload of the size of the base run, in other programs and in C; see docs/performance.md."""
