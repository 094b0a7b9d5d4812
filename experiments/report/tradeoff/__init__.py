"""The report on trade-offs between measures: Pareto fronts, figures, section."""
