"""The report on a sweep: its runs as arrays, effects, states of the world, figures, section."""
